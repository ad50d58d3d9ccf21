// The circumplex as a card: the drawing, what its marks mean, and the mood of the moment in words.

import { lengthS } from "../curve/sampling";
import { pathSpanS } from "../curve/trajectory";
import type { CurveObject } from "../curve/curve";
import { h, write } from "../common/dom";
import { describe } from "../curve/mood";
import { createPlane } from "./circumplex";

export interface PlaneCard {
  element: HTMLElement;
  show(curves: CurveObject[], provisional: boolean): void;
  /** Move to a moment; give the words of the first song's mood, empty while nothing is known. */
  at(t: number): string;
}

/** `seek` is told the moment of the path that lies nearest to a click. */
export function createPlaneCard(seek: (t: number) => void): PlaneCard {
  const plane = createPlane(seek);
  const marks = h("p", { class: "note" });
  const mood = h("span", { id: "mood" });
  const otherMood = h("span", { id: "other-mood" });
  const now = h("p", { class: "now" }, h("span", { class: "label" }, "now"), mood, otherMood);
  return {
    element: h("section", { class: "card plane", "aria-label": "Circumplex" }, plane.element, marks, now),
    show(curves, provisional) {
      plane.show(curves, provisional);
      write(marks, provisional || curves[0] === undefined ? "" : meaning(curves));
    },
    at(t) {
      const [words = "", others = ""] = plane.at(t).map((place) => describe(place));
      write(mood, words);
      write(otherMood, others);
      return words;
    },
  };
}

function meaning(curves: CurveObject[]): string {
  const box = curves[0]?.song?.arousal_low === undefined ? "" : "  ▢ 90 % interval of its mean";
  const span = `means over ${pathSpanS(lengthS(curves[0]!))} s`;
  return curves.length > 1 ? `solid: first song  dashed: second  ·  ${span}` : `○ start of the song  ● its end${box}`;
}
