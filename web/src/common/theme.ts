// Light or dark: as the system says, unless the reader says otherwise; on paper light.

import { h, iconButton, write } from "./dom";
import { ICONS } from "./icons";

const KEY = "moodcurve-theme";
const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");
const paper = matchMedia("print");

export interface ThemeSwitch {
  element: HTMLElement;
  next(): void;
}

/** Set the theme, and call `changed` whenever it becomes another: what is drawn on a canvas must be drawn anew. */
export function createThemeSwitch(changed: () => void): ThemeSwitch {
  let chosen = kept();
  const button = iconButton("", ICONS.moon, next, { "aria-keyshortcuts": "t" });
  const said = h("span", { class: "unseen", role: "status" });

  /** Write on the root what it comes to, `light` or `dark`; the style sheet goes by that. */
  function apply(printing = paper.matches): void {
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = printing ? "light" : chosen === "system" ? system : chosen;
    button.title = `Theme: ${chosen}`;
    button.setAttribute("aria-label", button.title);
  }

  function next(): void {
    chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]!;
    keep(chosen);
    apply();
    write(said, button.title);
    changed();
  }

  function reapply(printing?: boolean): void {
    apply(printing);
    changed();
  }

  apply();
  for (const media of [dark, contrast, paper]) media.addEventListener("change", () => reapply());
  addEventListener("beforeprint", () => reapply(true)); // before the window is laid out for paper
  addEventListener("afterprint", () => reapply());
  return { element: h("span", {}, button, said), next };
}

/** What was chosen; where the browser keeps nothing for a page, it holds while the page is open. */
function kept(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return THEMES.find((one) => one === text) ?? "system";
  } catch {
    return "system";
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // the browser does not let this page keep anything
  }
}
