// Light or dark: as the system says, unless the reader says otherwise.

const KEY = "moodcurve-theme";
const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What was chosen. */
export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((one) => one === kept) ?? "system";
}

/** Write on the root what it comes to, `light` or `dark`; the style sheet goes by that. */
export function applyTheme(): void {
  const chosen = theme();
  document.documentElement.dataset.theme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
}

export function nextTheme(): void {
  localStorage.setItem(KEY, THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]!);
  applyTheme();
}

/** Call back when the system turns light or dark. */
export function onSystemTheme(changed: () => void): void {
  dark.addEventListener("change", () => {
    applyTheme();
    changed();
  });
}
