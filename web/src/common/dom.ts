// Elements without HTML: every text goes in as text, so that no name of a file or tag is ever read as markup.

type Child = Node | string;
type Attributes = Record<string, string | number | boolean>;

/** Make an element; `true` sets an attribute without a value, `false` leaves it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Write a text only where it differs: a live region speaks at every write. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function button(label: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", press);
  return element;
}

/** A button that shows a drawing; its name is for those who do not see it, and its hint. */
export function iconButton(
  name: string,
  icon: string,
  press: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = button("", press, { "aria-label": name, title: name, class: "icon", ...attributes });
  element.append(svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: icon })));
  return element;
}

/** A color of the style sheet, as it is at the moment. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Does a key belong to the field that has the focus? */
export function typing(event: KeyboardEvent): boolean {
  const at = event.target;
  if (!(at instanceof Element)) return false;
  return at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Text of so many times the reader's size, as a canvas takes it; with the size in pixels. */
export function canvasFont(times: number): { font: string; px: number } {
  const px = times * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { font: `${px}px system-ui, sans-serif`, px };
}
