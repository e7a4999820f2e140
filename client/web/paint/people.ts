/**
 * The parts an avatar is put together from. What gets a colour of its own (tunic, hair) is painted in white and greys and tinted when
 * shown; skin, eyes and sword have theirs.
 */
import { type Drawing, drawing, fillEllipse, fillPolygon } from "./drawing.js";

type Pen = CanvasRenderingContext2D;
const OUTLINE = "#2b2430";

function outlined(pen: Pen, width: number): void {
  pen.strokeStyle = OUTLINE;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.stroke();
}

function paintTunic(pen: Pen): void {
  pen.beginPath();
  pen.moveTo(8, 5);
  pen.quadraticCurveTo(14, 1, 20, 5);
  pen.quadraticCurveTo(24, 14, 24, 22);
  pen.quadraticCurveTo(14, 27, 4, 22);
  pen.quadraticCurveTo(4, 14, 8, 5);
  pen.closePath();
  outlined(pen, 3);
  const cloth = pen.createLinearGradient(4, 0, 24, 0);
  cloth.addColorStop(0, "#ffffff");
  cloth.addColorStop(0.55, "#e2e2e2");
  cloth.addColorStop(1, "#a9a9a9");
  pen.fillStyle = cloth;
  pen.fill();
  pen.fillStyle = "#5b4330";
  pen.fillRect(4.6, 15.6, 18.8, 3.2);
  pen.fillStyle = "#f3cf6b";
  pen.fillRect(12, 15, 4, 4.4);
}

function paintHead(pen: Pen): void {
  pen.beginPath();
  pen.ellipse(15, 14, 11, 10.6, 0, 0, Math.PI * 2);
  outlined(pen, 3);
  const skin = pen.createRadialGradient(11, 10, 1, 15, 14, 13);
  skin.addColorStop(0, "#ffe3c4");
  skin.addColorStop(0.7, "#f6c79c");
  skin.addColorStop(1, "#dda277");
  pen.fillStyle = skin;
  pen.fill();
}

/** Hair from the front: a fringe over the forehead, sides to the ears. */
function paintFringe(pen: Pen): void {
  pen.beginPath();
  pen.moveTo(3.4, 16);
  pen.quadraticCurveTo(2, 3, 15, 2);
  pen.quadraticCurveTo(28, 3, 26.6, 16);
  pen.quadraticCurveTo(24.6, 11.4, 22, 10);
  pen.quadraticCurveTo(18, 11.6, 14, 8.6);
  pen.quadraticCurveTo(10, 11.6, 7, 10.4);
  pen.quadraticCurveTo(5, 12, 3.4, 16);
  pen.closePath();
  paintHair(pen);
}

/** Hair from behind: it covers the head. */
function paintCrown(pen: Pen): void {
  pen.beginPath();
  pen.moveTo(3, 15);
  pen.quadraticCurveTo(2, 2.4, 15, 2);
  pen.quadraticCurveTo(28, 2.4, 27, 15);
  pen.quadraticCurveTo(26, 24, 20, 23.4);
  pen.quadraticCurveTo(15, 25.6, 10, 23.4);
  pen.quadraticCurveTo(4, 24, 3, 15);
  pen.closePath();
  paintHair(pen);
}

function paintHair(pen: Pen): void {
  outlined(pen, 2.4);
  const hair = pen.createLinearGradient(5, 0, 26, 16);
  hair.addColorStop(0, "#ffffff");
  hair.addColorStop(0.5, "#d6d6d6");
  hair.addColorStop(1, "#9c9c9c");
  pen.fillStyle = hair;
  pen.fill();
}

function paintFace(pen: Pen): void {
  for (const x of [4, 12]) {
    fillEllipse(pen, OUTLINE, x, 5, 1.8, 2.7);
    fillEllipse(pen, "#ffffff", x - 0.6, 4, 0.8);
  }
  pen.globalAlpha = 0.35;
  fillEllipse(pen, "#e2566a", 1.8, 8.8, 1.8, 1.2);
  fillEllipse(pen, "#e2566a", 14.2, 8.8, 1.8, 1.2);
  pen.globalAlpha = 1;
}

function paintBall(pen: Pen, size: number, fill: string): void {
  fillEllipse(pen, OUTLINE, size / 2, size / 2, size / 2, size / 2);
  fillEllipse(pen, fill, size / 2, size / 2, size / 2 - 1.4);
}

function paintSword(pen: Pen): void {
  fillPolygon(pen, OUTLINE, [4, 8, 7, 1, 10, 8, 10, 24, 4, 24]);
  fillPolygon(pen, "#dfe7ee", [5, 9, 7, 3.4, 9, 9, 9, 23, 5, 23]);
  fillPolygon(pen, "#a7b4c2", [7, 3.4, 9, 9, 9, 23, 7, 23]);
  pen.fillStyle = "#c9973f";
  pen.fillRect(1.5, 22.6, 11, 3);
  pen.fillStyle = "#6b4526";
  pen.fillRect(5.4, 25.6, 3.2, 6);
}

export const PEOPLE: readonly Drawing[] = [
  drawing("tunic", 28, 28, 0.5, 0.9, paintTunic),
  drawing("head", 30, 28, 0.5, 0.85, paintHead),
  drawing("fringe", 30, 28, 0.5, 0.85, paintFringe),
  drawing("crown", 30, 28, 0.5, 0.85, paintCrown),
  drawing("face", 16, 11, 0.5, 0.5, paintFace),
  drawing("hand", 8, 8, 0.5, 0.5, (pen) => paintBall(pen, 8, "#f6c79c")),
  drawing("foot", 11, 8, 0.5, 0.5, (pen) => {
    fillEllipse(pen, OUTLINE, 5.5, 4, 5.5, 4);
    fillEllipse(pen, "#6b4a33", 5.5, 3.6, 4.2, 2.8);
  }),
  drawing("sword", 14, 32, 0.5, 0.84, paintSword),
];
