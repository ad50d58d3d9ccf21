// The card with the circumplex, a key to its symbols, and the current mood in words.

import { lengthS } from "../curve/sampling";
import { smoothingWindowS } from "../curve/trajectory";
import type { Curve } from "../curve/curve";
import { h, setText } from "../common/dom";
import { describe } from "../curve/mood";
import { createCircumplex } from "./circumplex";

export interface CircumplexCard {
  element: HTMLElement;
  show(curves: Curve[], provisional: boolean): void;
  /** Move to a time; return the mood of the first song, empty while unknown. */
  moveTo(t: number): string;
}

/** `seek` receives the time of the trajectory point nearest to a click. */
export function createCircumplexCard(seek: (t: number) => void): CircumplexCard {
  const circumplex = createCircumplex(seek);
  const key = h("p", { class: "note" });
  const mood = h("span", { id: "mood" });
  const otherMood = h("span", { id: "other-mood" });
  const now = h("p", { class: "now" }, h("span", { class: "label" }, "now"), mood, otherMood);
  return {
    element: h("section", { class: "card circumplex-card", "aria-label": "Circumplex" }, circumplex.element, key, now),
    show(curves, provisional) {
      circumplex.show(curves, provisional);
      setText(key, provisional || curves[0] === undefined ? "" : keyText(curves));
    },
    moveTo(t) {
      const [first = "", second = ""] = circumplex.moveTo(t).map((point) => describe(point));
      setText(mood, first);
      setText(otherMood, second);
      return first;
    },
  };
}

function keyText(curves: Curve[]): string {
  const box = curves[0]?.song?.arousal_low === undefined ? "" : " · ▢ 90 % interval of the mean";
  const span = `smoothed over ${smoothingWindowS(lengthS(curves[0]!))} s`;
  return curves.length > 1 ? `solid: first song · dashed: second song · ${span}` : `○ start · ● end${box}`;
}
