// Create elements without parsing HTML, so that file names and tags are never read as markup.

type Child = Node | string;
type Attributes = Record<string, string | number | boolean>;

/** Create an HTML element. `true` sets an attribute without a value, `false` omits it. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return build(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function build<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Set an element's text if it differs: screen readers announce a live region at every write. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** A button with an icon; the name is its label for screen readers and its tooltip. */
export function iconButton(
  name: string,
  icon: string,
  onClick: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = button("", onClick, { "aria-label": name, title: name, class: "icon", ...attributes });
  element.append(svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: icon })));
  return element;
}

/** The current value of a color of the style sheet. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Return true if a key is input to the focused field. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** A canvas font of a size in rem, and that size in pixels. */
export function canvasFont(rem: number): { font: string; px: number } {
  const px = rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { font: `${px}px system-ui, sans-serif`, px };
}
