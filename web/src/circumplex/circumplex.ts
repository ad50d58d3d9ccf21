// The circumplex: circle, axes, mood words, the trajectories of one or two songs, and a moving point.

import { lengthS } from "../curve/sampling";
import { pointAt, smoothTrajectory, type Trajectory } from "../curve/trajectory";
import type { Curve } from "../curve/curve";
import { reducedMotion, svg } from "../common/dom";
import { rimWord, RIM_WORDS, type Point } from "../curve/mood";
import { frame, meanBox, linePath, RADIUS, rimText, gradientPath } from "./shapes";

const TRAIL_POINTS = 16;
const TRAIL_STEP_S = 0.3;
const LABEL = "Path of the song: valence from left to right, arousal from bottom to top.";

export interface Circumplex {
  element: SVGSVGElement;
  show(curves: Curve[], provisional: boolean): void;
  /** Move to a time; return the point of each song that has not ended. */
  moveTo(t: number): Point[];
}

/** `seek` receives the time of the trajectory point nearest to a click. */
export function createCircumplex(seek: (t: number) => void): Circumplex {
  const song = svg("g");
  const trail = createTrail();
  const other = svg("circle", { id: "other-point", r: 5, visibility: "hidden" });
  const point = svg("circle", { id: "point", r: 5.5, visibility: "hidden" });
  const words = RIM_WORDS.map(rimText);
  const drawing = { id: "circumplex", viewBox: "-152 -116 304 232", role: "img", "aria-label": LABEL };
  const element = svg("svg", drawing, ...frame(), ...words, song, trail.element, other, point);
  let trajectories: Trajectory[] = [];
  let ends: number[] = [];

  element.addEventListener("click", (event) => {
    const [trajectory] = trajectories;
    const clicked = pointOf(event, element);
    if (trajectory !== undefined && clicked !== null) seek(nearestTime(trajectory, clicked));
  });

  return {
    element,
    show(curves, provisional) {
      trajectories = curves.map(smoothTrajectory);
      ends = curves.map(lengthS);
      const known = (trajectories[0]?.times.length ?? 0) > 0;
      song.replaceChildren(...drawings(curves, trajectories, provisional));
      point.setAttribute("visibility", known ? "visible" : "hidden");
      trail.element.setAttribute("visibility", known ? "visible" : "hidden");
    },
    moveTo(t) {
      const [first] = trajectories;
      if (first === undefined || first.times.length === 0) return [];
      const [here, there] = trajectories.map((trajectory, i) => pointAt(trajectory, Math.min(t, ends[i] ?? t)));
      if (here === undefined) return [];
      setCenter(point, here);
      trail.moveTo(first, t);
      const ended = there === undefined || t > (ends[1] ?? t); // the shorter song has ended
      other.setAttribute("visibility", ended ? "hidden" : "visible");
      if (there !== undefined) setCenter(other, there);
      const near = rimWord(here);
      words.forEach((word) => word.classList.toggle("here", word.textContent === near));
      return ended ? [here] : [here, there];
    },
  };
}

/** The recent path of the point, as circles that get smaller and fainter. */
function createTrail(): { element: SVGGElement; moveTo(trajectory: Trajectory, t: number): void } {
  const circles = Array.from({ length: TRAIL_POINTS }, (_, i) => {
    const remaining = 1 - i / TRAIL_POINTS;
    return svg("circle", { r: (4.6 * remaining).toFixed(2), opacity: (0.5 * remaining).toFixed(2) });
  });
  return {
    element: svg("g", { id: "trail", visibility: "hidden" }, ...circles),
    moveTo(trajectory, t) {
      if (reducedMotion.matches) return;
      circles.forEach((circle, i) => setCenter(circle, pointAt(trajectory, Math.max(0, t - (i + 1) * TRAIL_STEP_S))));
    },
  };
}

function drawings(curves: Curve[], trajectories: Trajectory[], provisional: boolean): SVGElement[] {
  const [first, ...others] = trajectories;
  if (first === undefined) return [];
  if (provisional) return linePath(first, "path forming");
  return [
    ...meanBox(curves[0]!),
    ...others.flatMap((trajectory) => linePath(trajectory, "path other")),
    ...gradientPath(first),
  ];
}

function setCenter(circle: SVGCircleElement, { arousal, valence }: Point): void {
  circle.setAttribute("cx", (RADIUS * valence).toFixed(2));
  circle.setAttribute("cy", (-RADIUS * arousal).toFixed(2));
}

function pointOf(event: MouseEvent, element: SVGSVGElement): Point | null {
  const matrix = element.getScreenCTM();
  if (matrix === null) return null;
  const to = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  return { arousal: -to.y / RADIUS, valence: to.x / RADIUS };
}

function nearestTime(trajectory: Trajectory, to: Point): number {
  let best = 0;
  let least = Infinity;
  trajectory.times.forEach((t, i) => {
    const distance = Math.hypot(trajectory.arousal[i]! - to.arousal, trajectory.valence[i]! - to.valence);
    if (distance < least) [best, least] = [t, distance];
  });
  return best;
}
