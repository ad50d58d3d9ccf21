// The circumplex: circle, axes, mood words at the rim, the paths of one or two songs, and the point that moves.

import { lengthS, pathAt, smoothPath, thinned, type Path } from "./curve";
import { calm, svg } from "./dom";
import { place, rimWord, RIM_WORDS, type Point } from "./mood";
import type { CurveObject } from "./curve_object";

export const RADIUS = 100;
const PATH_PIECES = 40;
const MOST_POINTS = 600;
const TRAIL_POINTS = 16;
const TRAIL_STEP_S = 0.3;

export interface Plane {
  element: SVGSVGElement;
  show(curves: CurveObject[], provisional: boolean): void;
  /** Move to a moment; give the places of the songs. */
  at(t: number): Point[];
}

/** `seek` is told the moment of the path that lies nearest to a click. */
export function createPlane(seek: (t: number) => void): Plane {
  const song = svg("g");
  const trail = svg("g", { id: "trail", visibility: "hidden" });
  const other = svg("circle", { id: "other-point", r: 5, visibility: "hidden" });
  const point = svg("circle", { id: "point", r: 5.5, visibility: "hidden" });
  const words = RIM_WORDS.map(rimText);
  const element = svg(
    "svg",
    { id: "circumplex", viewBox: "-152 -116 304 232", role: "img", "aria-label": LABEL },
    ...frame(),
    ...words,
    song,
    trail,
    other,
    point,
  );
  const circles = Array.from({ length: TRAIL_POINTS }, (_, i) => {
    const rest = 1 - i / TRAIL_POINTS;
    return svg("circle", { r: (4.6 * rest).toFixed(2), opacity: (0.5 * rest).toFixed(2) });
  });
  trail.append(...circles);
  let paths: Path[] = [];
  let ends: number[] = [];

  function move(circle: SVGCircleElement, { arousal, valence }: Point): void {
    circle.setAttribute("cx", (RADIUS * valence).toFixed(2));
    circle.setAttribute("cy", (-RADIUS * arousal).toFixed(2));
  }

  function at(t: number): Point[] {
    const [first] = paths;
    if (first === undefined || first.times.length === 0) return [];
    const [here, there] = paths.map((path, i) => pathAt(path, Math.min(t, ends[i] ?? t)));
    if (here === undefined) return [];
    move(point, here);
    if (!calm.matches)
      circles.forEach((circle, i) => move(circle, pathAt(first, Math.max(0, t - (i + 1) * TRAIL_STEP_S))));
    const over = there === undefined || t > (ends[1] ?? t); // the shorter song has ended
    other.setAttribute("visibility", over ? "hidden" : "visible");
    if (there !== undefined) move(other, there);
    const near = rimWord(here);
    words.forEach((word) => word.classList.toggle("here", word.textContent === near));
    return over ? [here] : [here, there];
  }

  element.addEventListener("click", (event) => {
    const [path] = paths;
    const matrix = element.getScreenCTM();
    if (path === undefined || matrix === null) return;
    const to = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    seek(nearestTime(path, { arousal: -to.y / RADIUS, valence: to.x / RADIUS }));
  });

  return {
    element,
    show(curves, provisional) {
      paths = curves.map(smoothPath);
      ends = curves.map(lengthS);
      const drawn = curves.length > 0 && (paths[0]?.times.length ?? 0) > 0;
      song.replaceChildren(
        ...(provisional ? [] : curves.slice(0, 1).flatMap(meanBox)),
        ...paths.slice(1).flatMap((path) => outline(path, "path other")),
        ...(paths[0] === undefined ? [] : provisional ? outline(paths[0], "path forming") : shaded(paths[0])),
      );
      point.setAttribute("visibility", drawn ? "visible" : "hidden");
      trail.setAttribute("visibility", drawn ? "visible" : "hidden");
    },
    at,
  };
}

const LABEL = "Path of the song on the plane of valence, from left to right, and arousal, from bottom to top.";

export function nearestTime(path: Path, to: Point): number {
  let best = 0;
  let least = Infinity;
  path.times.forEach((t, i) => {
    const far = Math.hypot(path.arousal[i]! - to.arousal, path.valence[i]! - to.valence);
    if (far < least) [best, least] = [t, far];
  });
  return best;
}

function frame(): SVGElement[] {
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

function rimText(word: string): SVGTextElement {
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
function shaded(path: Path): SVGElement[] {
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

function outline(path: Path, name: string): SVGElement[] {
  return path.times.length === 0 ? [] : [svg("path", { class: name, d: `M${drawn(path).join("L")}` })];
}

function mark(name: string, point: string): SVGElement {
  const [cx = "0", cy = "0"] = point.split(",");
  return svg("circle", { class: name, cx, cy, r: 2.6 });
}

/** The 90 % interval of the song's mean, where the model has one. */
function meanBox({ song }: CurveObject): SVGElement[] {
  if (song?.arousal_low === undefined || song.arousal_high === undefined) return [];
  if (song.valence_low === undefined || song.valence_high === undefined) return [];
  const [x, y] = [RADIUS * song.valence_low, -RADIUS * song.arousal_high];
  const width = RADIUS * (song.valence_high - song.valence_low);
  const height = RADIUS * (song.arousal_high - song.arousal_low);
  return [svg("rect", { class: "song", x, y, width, height, rx: 3 })];
}
