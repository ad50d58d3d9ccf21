// The circumplex with the current point and a tail of the last half minute.

import { setText, svg } from "../common/dom";
import { describe, rimWord, RIM_WORDS, type Point } from "../curve/mood";
import { frame, RADIUS, rimText } from "../circumplex/shapes";

const TAIL_POINTS = 60;
const LABEL = "Current mood: valence from left to right, arousal from bottom to top.";

export class LivePlane {
  private readonly words = RIM_WORDS.map(rimText);
  private readonly tail = Array.from({ length: TAIL_POINTS }, (_, i) =>
    svg("line", { class: "tail", "stroke-opacity": (0.7 * (1 - i / TAIL_POINTS)).toFixed(2) }),
  );
  private readonly point = svg("circle", { class: "live-point", r: 6, visibility: "hidden" });
  private readonly title = svg("title", {}, LABEL);
  readonly element = svg(
    "svg",
    { class: "plane live-plane", viewBox: "-152 -116 304 232", role: "img" },
    this.title,
    ...frame(),
    ...this.words,
    ...this.tail,
    this.point,
  );
  private points: Point[] = [];

  /** Move the point; a gap before it leaves no tail. */
  add(point: Point, silent: boolean, afterGap: boolean): void {
    if (afterGap) this.points = [];
    this.points = [point, ...this.points].slice(0, TAIL_POINTS + 1);
    this.point.setAttribute("visibility", "visible");
    this.point.style.transform = `translate(${(RADIUS * point.valence).toFixed(2)}px, ${(-RADIUS * point.arousal).toFixed(2)}px)`;
    this.element.classList.toggle("silent", silent);
    this.tail.forEach((line, i) => setEnds(line, this.points[i], this.points[i + 1]));
    const near = rimWord(point);
    for (const word of this.words) word.classList.toggle("here", word.textContent === near);
    setText(this.title, `${LABEL} ${silent ? "Silent" : describe(point)}.`);
  }

  clear(): void {
    this.points = [];
    this.point.setAttribute("visibility", "hidden");
    for (const line of this.tail) setEnds(line, undefined, undefined);
    for (const word of this.words) word.classList.remove("here");
    setText(this.title, LABEL);
  }
}

function setEnds(line: SVGLineElement, from: Point | undefined, to: Point | undefined): void {
  const known = from !== undefined && to !== undefined;
  line.setAttribute("visibility", known ? "visible" : "hidden");
  if (!known) return;
  const ends = { x1: from.valence, y1: -from.arousal, x2: to.valence, y2: -to.arousal };
  for (const [name, value] of Object.entries(ends)) line.setAttribute(name, (RADIUS * value).toFixed(2));
}
