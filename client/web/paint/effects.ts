/** Small things: shadows, lights, ripples, sparks, a duck, a butterfly. White where they are tinted when shown. */
import { type Drawing, drawing, fillEllipse, fillPolygon, softLight } from "./drawing.js";

type Pen = CanvasRenderingContext2D;

function paintShadow(pen: Pen): void {
  pen.save();
  pen.scale(1, 0.5);
  const dark = pen.createRadialGradient(32, 32, 6, 32, 32, 31);
  dark.addColorStop(0, "#0a1a1466");
  dark.addColorStop(0.65, "#0a1a144d");
  dark.addColorStop(1, "#0a1a1400");
  pen.fillStyle = dark;
  pen.fillRect(0, 0, 64, 64);
  pen.restore();
}

function paintArc(pen: Pen): void {
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 2;
  pen.lineCap = "round";
  pen.beginPath();
  pen.moveTo(2, 6);
  pen.quadraticCurveTo(8, 1, 14, 5);
  pen.quadraticCurveTo(20, 9, 26, 4);
  pen.stroke();
}

function paintRing(pen: Pen): void {
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 2.4;
  pen.beginPath();
  pen.ellipse(24, 24, 21, 21, 0, 0, Math.PI * 2);
  pen.stroke();
}

function paintPortalSwirl(pen: Pen): void {
  softLight(pen, "#ffffffd0", 48, 48, 46);
  pen.strokeStyle = "#ffffff";
  pen.lineCap = "round";
  for (let arm = 0; arm < 3; arm++) {
    for (let i = 0; i < 22; i++) {
      const angle = (arm / 3) * Math.PI * 2 + i * 0.16;
      const away = 8 + i * 1.6;
      pen.globalAlpha = 0.75 - i * 0.03;
      pen.lineWidth = 5 - i * 0.18;
      pen.beginPath();
      pen.arc(48, 48, away, angle, angle + 0.22);
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
}

/** Two stones with a lintel, standing behind the swirl. */
function paintPortalGate(pen: Pen): void {
  const stone = (x: number, y: number, width: number, height: number) => {
    pen.fillStyle = "#3d3f49";
    pen.beginPath();
    pen.roundRect(x, y, width, height, 6);
    pen.fill();
    pen.fillStyle = "#787d8b";
    pen.beginPath();
    pen.roundRect(x + 2, y + 2, width - 7, height - 5, 5);
    pen.fill();
    pen.fillStyle = "#9aa0ad";
    pen.beginPath();
    pen.roundRect(x + 3, y + 3, width * 0.3, height - 10, 4);
    pen.fill();
  };
  stone(6, 24, 24, 84);
  stone(98, 24, 24, 84);
  stone(0, 4, 128, 26);
  pen.fillStyle = "#bfe9ff";
  for (const x of [26, 64, 102]) fillPolygon(pen, "#bfe9ff", [x, 9, x + 5, 16, x, 23, x - 5, 16]);
}

function paintDuck(pen: Pen): void {
  fillEllipse(pen, "#ffffff40", 15, 18, 14, 4);
  fillEllipse(pen, "#2b2430", 14, 14, 11, 7);
  fillEllipse(pen, "#f4f1e6", 14, 13.6, 9.6, 5.6);
  fillPolygon(pen, "#f4f1e6", [3, 13, 1, 7, 9, 11]);
  fillEllipse(pen, "#d8d2bf", 12.6, 13.4, 5.4, 3);
  fillEllipse(pen, "#2b2430", 23, 7.4, 5.4);
  fillEllipse(pen, "#2f7d57", 23, 7.4, 4.2);
  fillPolygon(pen, "#f2a33a", [26.4, 7, 31.6, 8.6, 26.4, 10.4]);
  fillEllipse(pen, "#10120f", 24, 6.2, 0.9);
}

function paintSlash(pen: Pen): void {
  pen.fillStyle = "#ffffff";
  pen.beginPath();
  pen.arc(30, 30, 28, -1.2, 1.2);
  pen.arc(20, 30, 30, 0.95, -0.95, true);
  pen.closePath();
  pen.globalAlpha = 0.9;
  pen.fill();
  pen.globalAlpha = 1;
}

function paintSpark(pen: Pen): void {
  fillPolygon(pen, "#ffffff", [8, 0, 10, 6, 16, 8, 10, 10, 8, 16, 6, 10, 0, 8, 6, 6]);
}

export const EFFECTS: readonly Drawing[] = [
  drawing("white", 8, 8, 0, 0, (pen) => {
    pen.fillStyle = "#ffffff";
    pen.fillRect(-1, -1, 10, 10);
  }),
  drawing("shadow", 64, 32, 0.5, 0.5, paintShadow),
  drawing("glint", 28, 10, 0.5, 0.5, paintArc),
  drawing("ring", 48, 48, 0.5, 0.5, paintRing),
  drawing("swirl", 96, 96, 0.5, 0.5, paintPortalSwirl),
  drawing("portal-gate", 128, 110, 0.5, 0.96, paintPortalGate),
  drawing("duck", 32, 22, 0.5, 0.75, paintDuck),
  drawing("wing", 8, 10, 0, 0.5, (pen) => {
    fillEllipse(pen, "#ffffff", 4, 3.4, 3.8, 3.4);
    fillEllipse(pen, "#e6e6e6", 3.2, 7.6, 2.8, 2.2);
  }),
  drawing("mote", 16, 16, 0.5, 0.5, (pen) => softLight(pen, "#ffffffff", 8, 8, 8)),
  drawing("puff", 32, 32, 0.5, 0.5, (pen) => softLight(pen, "#ffffffdd", 16, 16, 16)),
  drawing("spark", 16, 16, 0.5, 0.5, paintSpark),
  drawing("slash", 60, 60, 0.5, 0.5, paintSlash),
  drawing("marker", 40, 24, 0.5, 0.5, (pen) => {
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 3;
    pen.beginPath();
    pen.ellipse(20, 12, 17, 9.5, 0, 0, Math.PI * 2);
    pen.stroke();
  }),
];
