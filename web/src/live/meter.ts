// The level of the microphone.

import { h } from "../common/dom";

const LOWEST_DB = -60;

export interface Meter {
  element: HTMLElement;
  /** Show a root mean square, full scale 1. */
  show(level: number): void;
}

export function createMeter(): Meter {
  const bar = h("i");
  const element = h("div", { class: "meter", role: "meter", "aria-label": "Level" }, bar);
  element.setAttribute("aria-valuemin", String(LOWEST_DB));
  element.setAttribute("aria-valuemax", "0");
  const show = (level: number): void => {
    const db = Math.max(LOWEST_DB, Math.min(0, 20 * Math.log10(Math.max(level, 1e-9))));
    element.setAttribute("aria-valuenow", db.toFixed(0));
    element.setAttribute("aria-valuetext", db === LOWEST_DB ? "no sound" : `${db.toFixed(0)} dB`);
    bar.style.transform = `scaleX(${(1 - db / LOWEST_DB).toFixed(3)})`;
  };
  show(0);
  return { element, show };
}
