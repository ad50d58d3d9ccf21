// Pointers on the chart: one drags, two pinch, a mouse that only passes over hovers, and the wheel zooms or moves.

const WHEEL_PX = 200;

export interface Touched {
  /** Places are in pixels of the window. */
  drag(x: number): void;
  hover(x: number | null): void;
  pinch(x: number, factor: number): void;
  /** Move sideways by so many pixels; tell whether there was anywhere to go. */
  shift(pixels: number): boolean;
}

export function watchTouch(element: HTMLElement, told: Touched): void {
  watchPointers(element, told);
  element.addEventListener("wheel", (event) => wheel(event, told), { passive: false });
}

function watchPointers(element: HTMLElement, told: Touched): void {
  const down = new Map<number, number>();
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event.clientX);
    if (down.size === 1) told.drag(event.clientX);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") told.hover(event.clientX);
    if (!down.has(event.pointerId)) return;
    const before = [...down.values()];
    down.set(event.pointerId, event.clientX);
    const [one = 0, two = 0] = down.values();
    if (down.size === 1) told.drag(event.clientX);
    else if (down.size === 2) {
      const apart = Math.abs((before[0] ?? 0) - (before[1] ?? 0));
      told.pinch((one + two) / 2, Math.max(10, Math.abs(one - two)) / Math.max(10, apart));
    }
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  element.addEventListener("pointerleave", () => told.hover(null));
}

/** Alone the wheel scrolls the page, as everywhere. */
function wheel(event: WheelEvent, told: Touched): void {
  const across = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const sideways = across ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (event.ctrlKey || event.metaKey) told.pinch(event.clientX, Math.exp(-event.deltaY / WHEEL_PX));
  else if (sideways === 0 || !told.shift(sideways)) return;
  event.preventDefault();
}
