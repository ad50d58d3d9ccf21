// The circumplex: circle, axes, mood words at the rim, the paths of one or two songs, and the point that moves.

import { lengthS } from "../curve/sampling";
import { pathAt, smoothPath, type Path } from "../curve/trajectory";
import type { CurveObject } from "../curve/curve";
import { calm, svg } from "../common/dom";
import { rimWord, RIM_WORDS, type Point } from "../curve/mood";
import { frame, meanBox, outline, RADIUS, rimText, shaded } from "./shapes";

const TRAIL_POINTS = 16;
const TRAIL_STEP_S = 0.3;
const LABEL = "Path of the song on the plane of valence, from left to right, and arousal, from bottom to top.";

export interface Plane {
  element: SVGSVGElement;
  show(curves: CurveObject[], provisional: boolean): void;
  /** Move to a moment; give the places of the songs. */
  at(t: number): Point[];
}

/** `seek` is told the moment of the path that lies nearest to a click. */
export function createPlane(seek: (t: number) => void): Plane {
  const song = svg("g");
  const trail = createTrail();
  const other = svg("circle", { id: "other-point", r: 5, visibility: "hidden" });
  const point = svg("circle", { id: "point", r: 5.5, visibility: "hidden" });
  const words = RIM_WORDS.map(rimText);
  const drawing = { id: "circumplex", viewBox: "-152 -116 304 232", role: "img", "aria-label": LABEL };
  const element = svg("svg", drawing, ...frame(), ...words, song, trail.element, other, point);
  let paths: Path[] = [];
  let ends: number[] = [];

  element.addEventListener("click", (event) => {
    const [path] = paths;
    const at = placeOf(event, element);
    if (path !== undefined && at !== null) seek(nearestTime(path, at));
  });

  return {
    element,
    show(curves, provisional) {
      paths = curves.map(smoothPath);
      ends = curves.map(lengthS);
      const known = (paths[0]?.times.length ?? 0) > 0;
      song.replaceChildren(...drawings(curves, paths, provisional));
      point.setAttribute("visibility", known ? "visible" : "hidden");
      trail.element.setAttribute("visibility", known ? "visible" : "hidden");
    },
    at(t) {
      const [first] = paths;
      if (first === undefined || first.times.length === 0) return [];
      const [here, there] = paths.map((path, i) => pathAt(path, Math.min(t, ends[i] ?? t)));
      if (here === undefined) return [];
      move(point, here);
      trail.at(first, t);
      const over = there === undefined || t > (ends[1] ?? t); // the shorter song has ended
      other.setAttribute("visibility", over ? "hidden" : "visible");
      if (there !== undefined) move(other, there);
      const near = rimWord(here);
      words.forEach((word) => word.classList.toggle("here", word.textContent === near));
      return over ? [here] : [here, there];
    },
  };
}

/** Where the point has been: circles that grow smaller and fainter. */
function createTrail(): { element: SVGGElement; at(path: Path, t: number): void } {
  const circles = Array.from({ length: TRAIL_POINTS }, (_, i) => {
    const rest = 1 - i / TRAIL_POINTS;
    return svg("circle", { r: (4.6 * rest).toFixed(2), opacity: (0.5 * rest).toFixed(2) });
  });
  return {
    element: svg("g", { id: "trail", visibility: "hidden" }, ...circles),
    at(path, t) {
      if (calm.matches) return;
      circles.forEach((circle, i) => move(circle, pathAt(path, Math.max(0, t - (i + 1) * TRAIL_STEP_S))));
    },
  };
}

function drawings(curves: CurveObject[], paths: Path[], provisional: boolean): SVGElement[] {
  const [first, ...others] = paths;
  if (first === undefined) return [];
  if (provisional) return outline(first, "path forming");
  return [...meanBox(curves[0]!), ...others.flatMap((path) => outline(path, "path other")), ...shaded(first)];
}

function move(circle: SVGCircleElement, { arousal, valence }: Point): void {
  circle.setAttribute("cx", (RADIUS * valence).toFixed(2));
  circle.setAttribute("cy", (-RADIUS * arousal).toFixed(2));
}

function placeOf(event: MouseEvent, element: SVGSVGElement): Point | null {
  const matrix = element.getScreenCTM();
  if (matrix === null) return null;
  const to = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  return { arousal: -to.y / RADIUS, valence: to.x / RADIUS };
}

export function nearestTime(path: Path, to: Point): number {
  let best = 0;
  let least = Infinity;
  path.times.forEach((t, i) => {
    const far = Math.hypot(path.arousal[i]! - to.arousal, path.valence[i]! - to.valence);
    if (far < least) [best, least] = [t, far];
  });
  return best;
}
