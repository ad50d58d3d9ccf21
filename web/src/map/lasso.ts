// A line drawn around songs: with the button or its key, or with Shift held.

import type { Place } from "./projection";

/** A line of fewer corners encloses nothing. */
const LEAST_CORNERS = 4;

export interface Lasso {
  /** Whether the next drag draws a line. */
  set(on: boolean): void;
  readonly on: boolean;
  /** The line so far, in pixels of the canvas; empty while none is drawn. */
  readonly loop: Place[];
  /** Whether a click is the end of a line; asked once for each. */
  endedByClick(): boolean;
}

export interface LassoTold {
  switched(on: boolean): void;
  drawing(): void;
  /** The finished line, null where it encloses nothing. */
  drawn(loop: Place[] | null): void;
}

export function createLasso(canvas: HTMLCanvasElement, told: LassoTold): Lasso {
  let on = false;
  let loop: Place[] = [];
  let ended = false;

  function set(next: boolean): void {
    on = next;
    canvas.classList.toggle("lassoing", on);
    told.switched(on);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !(on || event.shiftKey)) return;
    canvas.setPointerCapture(event.pointerId);
    loop = [[event.offsetX, event.offsetY]];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (loop.length === 0) return;
    loop.push([event.offsetX, event.offsetY]);
    told.drawing();
  });
  canvas.addEventListener("pointerup", () => {
    if (loop.length === 0) return;
    const done = loop;
    loop = [];
    ended = true;
    set(false);
    told.drawn(done.length < LEAST_CORNERS ? null : done);
  });
  canvas.addEventListener("pointercancel", () => {
    loop = [];
    told.drawing();
  });
  return {
    set,
    get on() {
      return on;
    },
    get loop() {
      return loop;
    },
    endedByClick() {
      const was = ended;
      ended = false;
      return was;
    },
  };
}
