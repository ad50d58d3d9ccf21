// The theme: the system's unless the user picks one; always light when printing.

import { h, iconButton, setText } from "./dom";
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

/** Create the theme button. `onChange` is called at each change, since canvases must be redrawn. */
export function createThemeSwitch(onChange: () => void): ThemeSwitch {
  let theme = storedTheme();
  const button = iconButton("", ICONS.moon, next, { "aria-keyshortcuts": "t" });
  const status = h("span", { class: "visually-hidden", role: "status" });

  /** Set `light` or `dark` on the root element, for the style sheet. */
  function apply(printing = paper.matches): void {
    const system = dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = printing ? "light" : theme === "system" ? system : theme;
    button.title = `Theme: ${theme}`;
    button.setAttribute("aria-label", button.title);
  }

  function next(): void {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    storeTheme(theme);
    apply();
    setText(status, button.title);
    onChange();
  }

  function reapply(printing?: boolean): void {
    apply(printing);
    onChange();
  }

  apply();
  for (const media of [dark, contrast, paper]) media.addEventListener("change", () => reapply());
  addEventListener("beforeprint", () => reapply(true)); // before the print layout
  addEventListener("afterprint", () => reapply());
  return { element: h("span", {}, button, status), next };
}

/** The stored theme; without storage, the choice lasts until the page is closed. */
function storedTheme(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return THEMES.find((name) => name === text) ?? "system";
  } catch {
    return "system";
  }
}

function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // storage is disabled
  }
}
