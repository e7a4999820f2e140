/** The monsters' parts. A slime is painted in greys and tinted; wolf and boar face right and are turned when they walk left. */
import { type Drawing, drawing, fillEllipse, fillPolygon } from "./drawing.js";

type Pen = CanvasRenderingContext2D;
const OUTLINE = "#2b2430";

function paintSlime(pen: Pen): void {
  const trace = () => {
    pen.beginPath();
    pen.moveTo(4, 36);
    pen.quadraticCurveTo(3, 6, 26, 5);
    pen.quadraticCurveTo(49, 6, 48, 36);
    pen.quadraticCurveTo(44, 42, 26, 42);
    pen.quadraticCurveTo(8, 42, 4, 36);
    pen.closePath();
  };
  trace();
  pen.strokeStyle = OUTLINE;
  pen.lineWidth = 3;
  pen.stroke();
  const jelly = pen.createRadialGradient(18, 16, 3, 26, 26, 28);
  jelly.addColorStop(0, "#ffffff");
  jelly.addColorStop(0.55, "#d8d8d8");
  jelly.addColorStop(1, "#8f8f8f");
  pen.fillStyle = jelly;
  pen.fill();
  fillEllipse(pen, "#ffffffcc", 15, 14, 5, 3.4);
  fillEllipse(pen, "#ffffff99", 22, 10, 2, 1.4);
  fillEllipse(pen, "#00000018", 35, 33, 3.6, 2.6);
  fillEllipse(pen, "#00000014", 14, 34, 2.6, 2);
}

function paintSlimeFace(pen: Pen): void {
  for (const x of [5, 19]) {
    fillEllipse(pen, OUTLINE, x, 6, 3.2, 4.6);
    fillEllipse(pen, "#ffffff", x - 1, 4.2, 1.3);
  }
  pen.strokeStyle = OUTLINE;
  pen.lineWidth = 1.8;
  pen.lineCap = "round";
  pen.beginPath();
  pen.arc(12, 9.4, 3, 0.2, Math.PI - 0.2);
  pen.stroke();
}

interface Coat {
  readonly dark: string;
  readonly body: string;
  readonly light: string;
}
const WOLF: Coat = { dark: "#4b5263", body: "#6d7688", light: "#a3abb9" };
const BOAR: Coat = { dark: "#4a3326", body: "#7a543b", light: "#a67c57" };

function paintTrunkOfBody(pen: Pen, coat: Coat, width: number, height: number): void {
  fillEllipse(pen, OUTLINE, width / 2, height / 2, width / 2, height / 2);
  fillEllipse(pen, coat.body, width / 2, height / 2, width / 2 - 1.6, height / 2 - 1.6);
  fillEllipse(pen, coat.light, width * 0.44, height * 0.66, width * 0.34, height * 0.2);
}

function paintMane(pen: Pen, coat: Coat, width: number, spikes: number): void {
  for (let i = 0; i < spikes; i++) {
    const x = width * (0.2 + (0.6 * i) / (spikes - 1));
    fillPolygon(pen, coat.dark, [x - 4, 8, x - 2.4, 0.6, x + 4, 7]);
  }
}

function paintWolfBody(pen: Pen): void {
  paintTrunkOfBody(pen, WOLF, 46, 25);
  paintMane(pen, WOLF, 46, 6);
}

function paintWolfHead(pen: Pen): void {
  fillPolygon(pen, OUTLINE, [5, 11, 6, 0, 14, 6]);
  fillPolygon(pen, OUTLINE, [14, 6, 18, 0, 21, 9]);
  fillPolygon(pen, WOLF.dark, [6.6, 9, 7.4, 2.6, 12.6, 7]);
  fillPolygon(pen, WOLF.light, [15, 6.4, 17.6, 2.4, 19.6, 8]);
  fillEllipse(pen, OUTLINE, 13, 15, 11.4, 10.4);
  fillEllipse(pen, OUTLINE, 24, 18.6, 9, 6);
  fillEllipse(pen, WOLF.body, 13, 15, 9.8, 8.8);
  fillEllipse(pen, WOLF.light, 23.4, 18.6, 7.6, 4.6);
  fillEllipse(pen, WOLF.light, 14, 20, 6.4, 4);
  fillEllipse(pen, OUTLINE, 31, 17, 2.4, 2);
  fillEllipse(pen, "#ffd85a", 17, 12.4, 2.5, 2.2);
  fillEllipse(pen, OUTLINE, 17.7, 12.6, 1.1, 1.7);
  fillPolygon(pen, "#ffffff", [23, 22, 25, 22, 24, 25.4]);
}

function paintWolfTail(pen: Pen): void {
  pen.beginPath();
  pen.moveTo(22, 12);
  pen.quadraticCurveTo(14, 2, 2, 4);
  pen.quadraticCurveTo(6, 15, 21, 17);
  pen.closePath();
  pen.fillStyle = OUTLINE;
  pen.fill();
  fillPolygon(pen, WOLF.body, [20, 12.4, 12, 6, 5, 5.6, 9, 11.6, 20, 15.6]);
  fillPolygon(pen, WOLF.light, [9, 6.6, 5, 5.6, 8, 10.4]);
}

function paintBoarBody(pen: Pen): void {
  paintTrunkOfBody(pen, BOAR, 50, 33);
  paintMane(pen, BOAR, 50, 8);
  fillEllipse(pen, "#00000014", 16, 17, 5, 4);
}

function paintBoarHead(pen: Pen): void {
  fillPolygon(pen, OUTLINE, [4, 8, 3, 0, 13, 5]);
  fillPolygon(pen, BOAR.dark, [5.4, 7, 5, 2, 11, 5.4]);
  fillEllipse(pen, OUTLINE, 14, 15, 13, 12.4);
  fillEllipse(pen, OUTLINE, 27, 19, 6.6, 7);
  fillEllipse(pen, BOAR.body, 14, 15, 11.4, 10.8);
  fillEllipse(pen, BOAR.light, 26.6, 19, 5, 5.4);
  fillEllipse(pen, OUTLINE, 28, 17.4, 1.1, 1.6);
  fillEllipse(pen, OUTLINE, 28, 21.4, 1.1, 1.6);
  fillEllipse(pen, "#ffffff", 17, 11.4, 2.6);
  fillEllipse(pen, OUTLINE, 17.8, 11.8, 1.5);
  fillPolygon(pen, OUTLINE, [19, 10, 12, 6.6, 12.6, 9]);
  fillPolygon(pen, OUTLINE, [19, 25, 25, 12, 26, 26]);
  fillPolygon(pen, "#fff4dc", [20.4, 24, 24.6, 15, 24.8, 25]);
}

function paintBoarTail(pen: Pen): void {
  pen.strokeStyle = OUTLINE;
  pen.lineWidth = 3;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(12, 10);
  pen.bezierCurveTo(4, 10, 10, 2, 4, 3);
  pen.stroke();
}

function leg(name: string, coat: Coat, height: number): Drawing {
  return drawing(name, 10, height, 0.5, 0.12, (pen) => {
    pen.fillStyle = OUTLINE;
    pen.beginPath();
    pen.roundRect(0.6, 0, 8.8, height, 4);
    pen.fill();
    pen.fillStyle = coat.body;
    pen.beginPath();
    pen.roundRect(2, 0, 6, height - 1.6, 3);
    pen.fill();
    pen.fillStyle = coat.dark;
    pen.fillRect(2, height - 5.4, 6.2, 3.8);
  });
}

export const MONSTERS: readonly Drawing[] = [
  drawing("slime", 52, 46, 0.5, 0.91, paintSlime),
  drawing("slime-face", 24, 15, 0.5, 0.5, paintSlimeFace),
  drawing("wolf-body", 46, 26, 0.5, 0.5, paintWolfBody),
  drawing("wolf-head", 34, 27, 0.3, 0.6, paintWolfHead),
  drawing("wolf-tail", 24, 18, 0.92, 0.8, paintWolfTail),
  leg("wolf-leg", WOLF, 19),
  drawing("boar-body", 50, 34, 0.5, 0.5, paintBoarBody),
  drawing("boar-head", 34, 30, 0.3, 0.5, paintBoarHead),
  drawing("boar-tail", 14, 14, 0.9, 0.75, paintBoarTail),
  leg("boar-leg", BOAR, 15),
];
