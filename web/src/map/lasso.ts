// The lasso: a line drawn around songs, by button, key or Shift and drag.

import type { XY } from "./projection";

/** A line with fewer corners is ignored. */
const MIN_CORNERS = 4;

export interface Lasso {
  /** Turn the lasso on or off for the next drag. */
  set(on: boolean): void;
  readonly on: boolean;
  /** The line so far, in pixels of the canvas; empty while none is drawn. */
  readonly line: XY[];
  /** Return true for the click that ends a line. */
  consumeClick(): boolean;
}

export interface LassoHandlers {
  toggled(on: boolean): void;
  drawing(): void;
  /** The finished line, or null if it is too short. */
  finished(line: XY[] | null): void;
}

export function createLasso(canvas: HTMLCanvasElement, handlers: LassoHandlers): Lasso {
  let on = false;
  let line: XY[] = [];
  let ended = false;

  function set(next: boolean): void {
    on = next;
    canvas.classList.toggle("lassoing", on);
    handlers.toggled(on);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !(on || event.shiftKey)) return;
    canvas.setPointerCapture(event.pointerId);
    line = [[event.offsetX, event.offsetY]];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (line.length === 0) return;
    line.push([event.offsetX, event.offsetY]);
    handlers.drawing();
  });
  canvas.addEventListener("pointerup", () => {
    if (line.length === 0) return;
    const done = line;
    line = [];
    ended = true;
    set(false);
    handlers.finished(done.length < MIN_CORNERS ? null : done);
  });
  canvas.addEventListener("pointercancel", () => {
    line = [];
    handlers.drawing();
  });
  return {
    set,
    get on() {
      return on;
    },
    get line() {
      return line;
    },
    consumeClick() {
      const result = ended;
      ended = false;
      return result;
    },
  };
}
