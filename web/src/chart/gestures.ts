// Gestures on the chart: drag, pinch, hover and wheel.

const WHEEL_PX = 200;

export interface GestureHandlers {
  /** Positions are in pixels of the window. */
  drag(x: number): void;
  hover(x: number | null): void;
  pinch(x: number, factor: number): void;
  /** Scroll sideways; return false if the whole song is visible. */
  pan(pixels: number): boolean;
}

export function watchGestures(element: HTMLElement, handlers: GestureHandlers): void {
  watchPointers(element, handlers);
  element.addEventListener("wheel", (event) => wheel(event, handlers), { passive: false });
}

function watchPointers(element: HTMLElement, handlers: GestureHandlers): void {
  const down = new Map<number, number>();
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event.clientX);
    if (down.size === 1) handlers.drag(event.clientX);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") handlers.hover(event.clientX);
    if (!down.has(event.pointerId)) return;
    const before = [...down.values()];
    down.set(event.pointerId, event.clientX);
    const [one = 0, two = 0] = down.values();
    if (down.size === 1) handlers.drag(event.clientX);
    else if (down.size === 2) {
      const apart = Math.abs((before[0] ?? 0) - (before[1] ?? 0));
      handlers.pinch((one + two) / 2, Math.max(10, Math.abs(one - two)) / Math.max(10, apart));
    }
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    element.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  element.addEventListener("pointerleave", () => handlers.hover(null));
}

/** Zoom with Ctrl or Cmd, scroll with Shift or sideways; without these the wheel scrolls the page. */
function wheel(event: WheelEvent, handlers: GestureHandlers): void {
  const across = Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const sideways = across ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (event.ctrlKey || event.metaKey) handlers.pinch(event.clientX, Math.exp(-event.deltaY / WHEEL_PX));
  else if (sideways === 0 || !handlers.pan(sideways)) return;
  event.preventDefault();
}
