// What the map shows besides its dots.

import { canvasFont, color } from "../common/dom";
import { wordPoint, RIM_WORDS } from "../curve/mood";
import type { Circle } from "./dots";
import type { XY } from "./projection";

type Context = CanvasRenderingContext2D;

/** Circle, axes and words. */
export function drawFrame(context: Context, { x, y, r }: Circle): void {
  context.strokeStyle = color("line");
  context.lineWidth = 1;
  for (const radius of [0.5, 1]) {
    context.beginPath();
    context.arc(x, y, r * radius, 0, 2 * Math.PI);
    context.stroke();
  }
  context.beginPath();
  context.moveTo(x - r, y);
  context.lineTo(x + r, y);
  context.moveTo(x, y - r);
  context.lineTo(x, y + r);
  context.stroke();
  context.fillStyle = color("soft");
  context.font = canvasFont(r < 150 ? 0.6875 : 0.75).font;
  context.textBaseline = "middle";
  for (const word of RIM_WORDS) {
    const { arousal, valence } = wordPoint(word);
    context.textAlign = valence > 0.12 ? "left" : valence < -0.12 ? "right" : "center";
    context.fillText(word, x + r * valence + 8 * valence, y - r * arousal - 12 * arousal);
  }
}

/** The trajectory of the selected song. */
export function drawTrajectory(context: Context, points: XY[]): void {
  context.strokeStyle = color("ink");
  context.lineWidth = 1.4;
  context.globalAlpha = 0.65;
  line(context, points);
  context.stroke();
  context.globalAlpha = 1;
}

/** The selected song, or its current point during playback. */
export function drawSelection(context: Context, [x, y]: XY): void {
  context.beginPath();
  context.arc(x, y, 6.5, 0, 2 * Math.PI);
  context.fillStyle = color("here");
  context.strokeStyle = color("card");
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

/** The lasso while it is drawn. */
export function drawLasso(context: Context, points: XY[]): void {
  line(context, points);
  context.closePath();
  context.fillStyle = `${color("here")}1f`;
  context.strokeStyle = color("here");
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
}

function line(context: Context, points: XY[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
}
