// Mood, quadrant and duration of a song in one line, and warnings.

import { h } from "../common/dom";
import { duration, displayText } from "../common/format";
import type { Curve } from "../curve/curve";
import { describe, QUADRANTS, quadrant } from "../curve/mood";
import { means } from "../curve/statistics";

/** The mood, quadrant and duration of a song, followed by details such as its artist. */
export function headline(curve: Curve, details: string[]): Node[] {
  const mean = means(curve);
  const quadrantName = QUADRANTS[quadrant(mean)]!;
  const texts = [...(quadrantName === "neutral" ? [] : [quadrantName]), duration(curve.duration_s), ...details];
  return [h("strong", {}, describe(mean)), ...texts.map((text) => h("span", { dir: "auto" }, text))];
}

export function warningList({ warnings = [] }: Curve): Node[] {
  return warnings.length === 0 ? [] : [h("ul", {}, ...warnings.map((warning) => h("li", {}, displayText(warning))))];
}
