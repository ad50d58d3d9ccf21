// What stands still on the circumplex: circle, axes and words, and the paths of songs.

import type { CurveObject } from "../curve/curve";
import { thinned } from "../curve/sampling";
import { type Path } from "../curve/trajectory";
import { svg } from "../common/dom";
import { place } from "../curve/mood";

/** Of the unit circle, in units of the drawing. */
export const RADIUS = 100;
const PATH_PIECES = 40;
const MOST_POINTS = 600;

export function frame(): SVGElement[] {
  const pole = (x: number, y: number, anchor: string, text: string): SVGElement =>
    svg("text", { class: "pole", x, y, "text-anchor": anchor }, text);
  return [
    svg("circle", { class: "ring", r: RADIUS / 2 }),
    svg("circle", { class: "ring", r: RADIUS }),
    svg("path", { class: "axis", d: `M-${RADIUS},0H${RADIUS}M0,-${RADIUS}V${RADIUS}` }),
    pole(97, 9, "end", "positive"),
    pole(-97, 9, "start", "negative"),
    pole(3, -85, "start", "high arousal"),
    pole(3, 90, "start", "low arousal"),
  ];
}

export function rimText(word: string): SVGTextElement {
  const { arousal, valence } = place(word);
  const anchor = valence > 0.12 ? "start" : valence < -0.12 ? "end" : "middle";
  const [x, y] = [valence * RADIUS * 1.05, -arousal * RADIUS * 1.08];
  return svg("text", { class: "word", x: x.toFixed(1), y: y.toFixed(1), dy: "0.35em", "text-anchor": anchor }, word);
}

/** Points of a path in the drawing's units; of a long song, means. */
function drawn(path: Path): string[] {
  const k = Math.max(1, Math.ceil(path.times.length / MOST_POINTS));
  const arousal = thinned(path.arousal, k);
  return thinned(path.valence, k).map((v, i) => `${(RADIUS * v).toFixed(1)},${(-RADIUS * arousal[i]!).toFixed(1)}`);
}

/** The path, darker towards its end, with marks at both ends. */
export function shaded(path: Path): SVGElement[] {
  const points = drawn(path);
  const pieces = Math.min(PATH_PIECES, points.length);
  const edge = (i: number): number => Math.round((i * (points.length - 1)) / pieces);
  const lines = Array.from({ length: pieces }, (_, i) => {
    const opacity = 0.2 + (0.6 * (i + 1)) / pieces;
    const part = points.slice(edge(i), edge(i + 1) + 1);
    return svg("path", { class: "path", "stroke-opacity": opacity.toFixed(2), d: `M${part.join("L")}` });
  });
  return [...lines, mark("start", points[0]!), mark("end", points.at(-1)!)];
}

export function outline(path: Path, name: string): SVGElement[] {
  return path.times.length === 0 ? [] : [svg("path", { class: name, d: `M${drawn(path).join("L")}` })];
}

function mark(name: string, point: string): SVGElement {
  const [cx = "0", cy = "0"] = point.split(",");
  return svg("circle", { class: name, cx, cy, r: 2.6 });
}

/** The 90 % interval of the song's mean, where the model has one. */
export function meanBox({ song }: CurveObject): SVGElement[] {
  if (song?.arousal_low === undefined || song.arousal_high === undefined) return [];
  if (song.valence_low === undefined || song.valence_high === undefined) return [];
  const [x, y] = [RADIUS * song.valence_low, -RADIUS * song.arousal_high];
  const width = RADIUS * (song.valence_high - song.valence_low);
  const height = RADIUS * (song.arousal_high - song.arousal_low);
  return [svg("rect", { class: "song", x, y, width, height, rx: 3 })];
}
