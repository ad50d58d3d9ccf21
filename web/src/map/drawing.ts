// What is drawn on the map besides its dots.

import { canvasFont, color } from "../common/dom";
import { place, RIM_WORDS } from "../curve/mood";
import type { Disc } from "./dots";
import type { Place } from "./projection";

type Context = CanvasRenderingContext2D;

/** Circle, axes and words. */
export function drawFrame(context: Context, { x, y, r }: Disc): void {
  context.strokeStyle = color("wave");
  context.lineWidth = 1;
  for (const part of [0.5, 1]) {
    context.beginPath();
    context.arc(x, y, r * part, 0, 2 * Math.PI);
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
    const { arousal, valence } = place(word);
    context.textAlign = valence > 0.12 ? "left" : valence < -0.12 ? "right" : "center";
    context.fillText(word, x + r * valence + 8 * valence, y - r * arousal - 12 * arousal);
  }
}

/** The path of the marked song. */
export function drawPath(context: Context, points: Place[]): void {
  context.strokeStyle = color("ink");
  context.lineWidth = 1.4;
  context.globalAlpha = 0.65;
  line(context, points);
  context.stroke();
  context.globalAlpha = 1;
}

/** The marked song, or where it is while it plays. */
export function drawMark(context: Context, [x, y]: Place): void {
  context.beginPath();
  context.arc(x, y, 6.5, 0, 2 * Math.PI);
  context.fillStyle = color("here");
  context.strokeStyle = color("card");
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

/** The lasso while it is drawn. */
export function drawLoop(context: Context, points: Place[]): void {
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

function line(context: Context, points: Place[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
}
