// What stands below the name of a song: its mood, quadrant and length, and warnings.

import { h } from "../common/dom";
import { duration, shown } from "../common/format";
import type { CurveObject } from "../curve/curve";
import { describe, QUADRANTS, quadrant } from "../curve/mood";
import { means } from "../curve/statistics";

/** The song in a line: its mood, its quadrant, its length, and what else is known of it. */
export function headline(curve: CurveObject, known: string[]): Node[] {
  const at = means(curve);
  const where = QUADRANTS[quadrant(at)]!;
  const texts = [...(where === "neutral" ? [] : [where]), duration(curve.duration_s), ...known];
  return [h("strong", {}, describe(at)), ...texts.map((text) => h("span", { dir: "auto" }, text))];
}

export function warningList({ warnings = [] }: CurveObject): Node[] {
  return warnings.length === 0 ? [] : [h("ul", {}, ...warnings.map((warning) => h("li", {}, shown(warning))))];
}
