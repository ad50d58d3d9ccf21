// Draw tens of thousands of dots: copying a dot's pixels into an image takes a fifth of the time of drawing circles
// when there is no graphics card.

import { color, h } from "../common/dom";
import { QUADRANTS } from "../curve/mood";
import type { MapColumns } from "../server/types";

/** The unit circle of the plane, in CSS pixels. */
export interface Circle {
  x: number;
  y: number;
  r: number;
}

/** Stamps per pixel and axis, so that dots move smoothly. */
const SUBPIXELS = 4;

interface Stamps {
  radius: number;
  side: number;
  shapes: Float32Array[];
}

export interface Dots {
  /** Draw every `step`th song; return how many were visible. Songs not in `highlighted` are faded, unless it is null. */
  draw(target: CanvasRenderingContext2D, columns: MapColumns, circle: Circle, style: DotStyle): number;
}

export interface DotStyle {
  width: number;
  height: number;
  radius: number;
  opacity: number;
  step: number;
  highlighted: Set<number> | null;
}

export function createDots(): Dots {
  const canvas = h("canvas");
  const context = canvas.getContext("2d")!;
  let stamps: Stamps = { radius: 0, side: 0, shapes: [] };

  return {
    draw(target, columns, circle, { width, height, radius, opacity, step, highlighted }) {
      const ratio = devicePixelRatio;
      [canvas.width, canvas.height] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
      if (stamps.radius !== radius * ratio) stamps = makeStamps(radius * ratio);
      const image = context.createImageData(canvas.width, canvas.height);
      const colors = QUADRANTS.map((name) => rgba(`q-${name}`, opacity));
      const faded = rgba("zero", 0.28);
      let visible = 0;
      // faded dots first, so that none covers a highlighted one
      for (const highlight of highlighted === null ? [true] : [false, true]) {
        for (let row = 0; row < columns.id.length; row += step) {
          if (highlighted !== null && highlighted.has(row) !== highlight) continue;
          const x = (circle.x + circle.r * columns.valence[row]!) * ratio;
          const y = (circle.y - circle.r * columns.arousal[row]!) * ratio;
          if (stamp(image, stamps, x, y, highlight ? colors[columns.quadrant[row]!]! : faded)) visible++;
        }
      }
      context.putImageData(image, 0, 0);
      target.drawImage(canvas, 0, 0, width, height);
      return visible;
    },
  };
}

type Rgba = [number, number, number, number];

/** A color of the style sheet, #rrggbb, with an opacity. */
function rgba(name: string, opacity: number): Rgba {
  const value = parseInt(color(name).slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, opacity];
}

/** How much of each pixel a dot covers, for each subpixel offset of its center. */
function makeStamps(radius: number): Stamps {
  const side = 2 * Math.ceil(radius + 1);
  const shapes = Array.from({ length: SUBPIXELS * SUBPIXELS }, (_, offset) => {
    const [cx, cy] = [
      side / 2 + (offset % SUBPIXELS) / SUBPIXELS,
      side / 2 + Math.floor(offset / SUBPIXELS) / SUBPIXELS,
    ];
    return Float32Array.from({ length: side * side }, (_, i) => {
      const distance = Math.hypot((i % side) + 0.5 - cx, Math.floor(i / side) + 0.5 - cy);
      return Math.max(0, Math.min(1, radius + 0.5 - distance));
    });
  });
  return { radius, side, shapes };
}

/** Blend a dot into the image; return true if any of it is visible. */
function stamp(
  { data, width, height }: ImageData,
  { side, shapes }: Stamps,
  x: number,
  y: number,
  [r, g, b, opacity]: Rgba,
): boolean {
  const [left, top] = [Math.floor(x) - side / 2, Math.floor(y) - side / 2];
  if (left <= -side || top <= -side || left >= width || top >= height) return false;
  const shape =
    shapes[Math.floor((y - Math.floor(y)) * SUBPIXELS) * SUBPIXELS + Math.floor((x - Math.floor(x)) * SUBPIXELS)]!;
  for (let row = Math.max(0, -top); row < Math.min(side, height - top); row++) {
    for (let column = Math.max(0, -left); column < Math.min(side, width - left); column++) {
      const cover = shape[row * side + column]! * opacity;
      if (cover === 0) continue;
      const pixel = 4 * ((top + row) * width + left + column);
      const background = (data[pixel + 3]! / 255) * (1 - cover);
      const total = cover + background;
      data[pixel] = (r * cover + data[pixel]! * background) / total;
      data[pixel + 1] = (g * cover + data[pixel + 1]! * background) / total;
      data[pixel + 2] = (b * cover + data[pixel + 2]! * background) / total;
      data[pixel + 3] = 255 * total;
    }
  }
  return true;
}
