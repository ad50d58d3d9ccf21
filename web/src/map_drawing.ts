// What the map is drawn of.

import { color, h } from "./dom";
import { place, QUADRANTS, RIM_WORDS } from "./mood";

/** The circle of the plane on the screen, in pixels. */
export interface Disc {
  x: number;
  y: number;
  r: number;
}

/** Circle, axes and words, behind the dots. */
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
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const word of RIM_WORDS) {
    const { arousal, valence } = place(word);
    context.textAlign = valence > 0.12 ? "left" : valence < -0.12 ? "right" : "center";
    context.fillText(word, x + r * valence + 8 * valence, y - r * arousal - 12 * arousal);
  }
}

export interface Sprites {
  radius: number;
  ratio: number;
  size: number;
  plain: HTMLCanvasElement[];
  pale: HTMLCanvasElement;
}

/** A dot of each color, drawn once: ten thousand copies of a picture are quicker than ten thousand circles. */
export function makeSprites(radius: number): Sprites {
  const ratio = devicePixelRatio;
  const size = 2 * Math.ceil(radius + 1);
  const dot = (fill: string, alpha: number): HTMLCanvasElement => {
    const canvas = h("canvas", { width: size * ratio, height: size * ratio });
    const context = canvas.getContext("2d")!;
    context.scale(ratio, ratio);
    context.globalAlpha = alpha;
    context.fillStyle = fill;
    context.beginPath();
    context.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
    context.fill();
    return canvas;
  };
  return { radius, ratio, size, plain: QUADRANTS.map((name) => dot(color(`q-${name}`), radius < 2.5 ? 0.62 : 0.85)), pale: dot(color("zero"), 0.28) };
}
