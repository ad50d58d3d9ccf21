// What lies behind the dots of the map.

import { color } from "../song/dom";
import type { Disc } from "./dots";
import { place, RIM_WORDS } from "../song/mood";

/** Circle, axes and words. */
export function drawFrame(context: CanvasRenderingContext2D, { x, y, r }: Disc): void {
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
  context.font = `${r < 150 ? 11 : 12}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const word of RIM_WORDS) {
    const { arousal, valence } = place(word);
    context.textAlign = valence > 0.12 ? "left" : valence < -0.12 ? "right" : "center";
    context.fillText(word, x + r * valence + 8 * valence, y - r * arousal - 12 * arousal);
  }
}
