// The static shapes of the circumplex: circle, axes, words and trajectories.

import type { Curve } from "../curve/curve";
import { downsample } from "../curve/sampling";
import { type Trajectory } from "../curve/trajectory";
import { svg } from "../common/dom";
import { wordPoint } from "../curve/mood";

/** Radius of the unit circle in SVG units. */
export const RADIUS = 100;
const SEGMENTS = 40;
const MAX_POINTS = 600;

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
  const { arousal, valence } = wordPoint(word);
  const anchor = valence > 0.12 ? "start" : valence < -0.12 ? "end" : "middle";
  const [x, y] = [valence * RADIUS * 1.05, -arousal * RADIUS * 1.08];
  return svg("text", { class: "word", x: x.toFixed(1), y: y.toFixed(1), dy: "0.35em", "text-anchor": anchor }, word);
}

/** The points of a trajectory in SVG units, averaged for long songs. */
function svgPoints(trajectory: Trajectory): string[] {
  const k = Math.max(1, Math.ceil(trajectory.times.length / MAX_POINTS));
  const arousal = downsample(trajectory.arousal, k);
  return downsample(trajectory.valence, k).map(
    (v, i) => `${(RADIUS * v).toFixed(1)},${(-RADIUS * arousal[i]!).toFixed(1)}`,
  );
}

/** A trajectory that darkens toward its end, with a marker at each end. */
export function gradientPath(trajectory: Trajectory): SVGElement[] {
  const points = svgPoints(trajectory);
  const segments = Math.min(SEGMENTS, points.length);
  const edge = (i: number): number => Math.round((i * (points.length - 1)) / segments);
  const lines = Array.from({ length: segments }, (_, i) => {
    const opacity = 0.2 + (0.6 * (i + 1)) / segments;
    const segment = points.slice(edge(i), edge(i + 1) + 1);
    return svg("path", { class: "path", "stroke-opacity": opacity.toFixed(2), d: `M${segment.join("L")}` });
  });
  return [...lines, marker("start", points[0]!), marker("end", points.at(-1)!)];
}

/** A trajectory as a plain line. */
export function linePath(trajectory: Trajectory, name: string): SVGElement[] {
  return trajectory.times.length === 0 ? [] : [svg("path", { class: name, d: `M${svgPoints(trajectory).join("L")}` })];
}

function marker(name: string, point: string): SVGElement {
  const [cx = "0", cy = "0"] = point.split(",");
  return svg("circle", { class: name, cx, cy, r: 2.6 });
}

/** The 90 % interval of the song's mean, if the model provides one. */
export function meanBox({ song }: Curve): SVGElement[] {
  if (song?.arousal_low === undefined || song.arousal_high === undefined) return [];
  if (song.valence_low === undefined || song.valence_high === undefined) return [];
  const [x, y] = [RADIUS * song.valence_low, -RADIUS * song.arousal_high];
  const width = RADIUS * (song.valence_high - song.valence_low);
  const height = RADIUS * (song.arousal_high - song.arousal_low);
  return [svg("rect", { class: "song", x, y, width, height, rx: 3 })];
}
