// The chart as one thing to touch: waveform above, curves below, one cursor through both; click or drag to seek,
// wheel, pinch and keys to zoom.

import { createCourse, type Course, type Shown } from "./course";
import { h, write } from "./dom";
import type { CurveObject } from "./curve_object";
import { createWave, type Wave } from "./wave";
import { clock } from "./words";

const LEAST_WINDOW_S = 4;
const PAGE = 0.1;

export interface Stage {
  element: HTMLElement;
  slider: HTMLElement;
  wave: Wave;
  course: Course;
  show(curves: CurveObject[], length: number, provisional: boolean): void;
  /** Put the cursor at a moment, with dots on the lines at these values. */
  at(t: number, arousal: number, valence: number, playing: boolean): void;
  /** Zoom about the cursor: by 2 twice as close, by 0 the whole song. */
  zoom(factor: number): void;
  layers(shown: Shown): void;
}

export function createStage(audio: HTMLAudioElement, seek: (t: number) => void): Stage {
  const waveHome = h("div", { class: "wave", "aria-hidden": "true" });
  const courseHome = h("div", { class: "course", "aria-hidden": "true" });
  const hover = h("div", { id: "hover", hidden: true });
  const cursor = h("div", { id: "cursor" }, h("i"));
  const dots = { arousal: h("i", { class: "dot arousal" }), valence: h("i", { class: "dot valence" }) };
  const slider = h(
    "div",
    {
      id: "stage",
      role: "slider",
      tabindex: 0,
      "aria-label": "Position in the song",
      "aria-valuemin": 0,
      "aria-valuemax": 1,
      "aria-valuenow": 0,
    },
    hover,
    cursor,
    dots.arousal,
    dots.valence,
  );
  const thumb = h("i");
  const overview = h("div", { class: "overview", "aria-hidden": "true" }, thumb);
  const element = h("div", { class: "chart" }, waveHome, courseHome, slider, overview);
  const course = createCourse(courseHome, fit);
  const wave = createWave(waveHome, audio);
  let length = 1;
  let [from, to] = [0, 1];
  let now = { t: 0, arousal: 0, valence: 0 };

  function view(nextFrom: number, span: number): void {
    const wide = Math.min(length, Math.max(Math.min(LEAST_WINDOW_S, length), span));
    from = Math.min(Math.max(0, nextFrom), length - wide);
    to = from + wide;
    course.view(from, to);
    wave.view(from, to);
    overview.classList.toggle("whole", wide >= length);
    thumb.style.left = `${(100 * from) / length}%`;
    thumb.style.width = `${(100 * wide) / length}%`;
    element.dataset.from = from.toFixed(2);
    element.dataset.to = to.toFixed(2);
    mark();
  }

  function zoomAbout(t: number, factor: number): void {
    if (factor === 0) return view(0, length);
    const span = Math.max(Math.min(LEAST_WINDOW_S, length), (to - from) / factor);
    view(t - ((t - from) / (to - from)) * span, span);
  }

  function mark(): void {
    const share = (now.t - from) / (to - from);
    const seen = share >= -1e-6 && share <= 1 + 1e-6;
    cursor.hidden = !seen;
    cursor.style.left = `${100 * Math.min(1, share)}%`;
    const above = courseHome.offsetTop - slider.offsetTop + course.area().top;
    for (const axis of ["arousal", "valence"] as const) {
      dots[axis].hidden = !seen || !layers[axis] || provisional;
      dots[axis].style.left = cursor.style.left;
      dots[axis].style.top = `${above + course.height(now[axis])}px`;
    }
  }

  let layers: Shown = { arousal: true, valence: true, bands: true };
  let provisional = false;

  // the slider lies over the waveform and over the area of the curves, without their axes
  function fit(): void {
    const { left, top, width, height } = course.area();
    for (const part of [waveHome, slider, overview]) {
      part.style.marginLeft = `${left}px`;
      part.style.width = `${width}px`;
    }
    slider.style.height = `${courseHome.offsetTop - waveHome.offsetTop + top + height}px`;
    mark();
  }

  function timeAt(clientX: number): number {
    const box = slider.getBoundingClientRect();
    return from + Math.max(0, Math.min(1, (clientX - box.left) / box.width)) * (to - from);
  }

  pointers(slider, {
    drag: (x) => seek(timeAt(x)),
    hover(x) {
      hover.hidden = x === null;
      if (x === null) return;
      const t = timeAt(x);
      write(hover, clock(t));
      hover.style.left = `${(100 * (t - from)) / (to - from)}%`;
    },
    pinch: (x, factor) => zoomAbout(timeAt(x), factor),
  });
  slider.addEventListener(
    "wheel",
    (event) => {
      const sideways =
        Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
      if (event.ctrlKey || event.metaKey) zoomAbout(timeAt(event.clientX), Math.exp(-event.deltaY / 200));
      else if (sideways !== 0 && to - from < length)
        view(from + (sideways / slider.clientWidth) * (to - from), to - from);
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
  overview.addEventListener("pointerdown", (event) => overview.setPointerCapture(event.pointerId));
  for (const name of ["pointerdown", "pointermove"] as const) {
    overview.addEventListener(name, (event) => {
      if (!overview.hasPointerCapture(event.pointerId)) return;
      const box = overview.getBoundingClientRect();
      const span = to - from;
      view(((event.clientX - box.left) / box.width) * length - span / 2, span);
    });
  }
  return {
    element,
    slider,
    wave,
    course,
    show(curves, nextLength, isProvisional) {
      const whole = to - from >= length - 1e-6 || nextLength !== length;
      length = nextLength;
      provisional = isProvisional;
      course.show(curves, length, provisional);
      slider.setAttribute("aria-valuemax", String(Math.floor(length)));
      view(whole ? 0 : from, whole ? length : to - from);
    },
    at(t, arousal, valence, playing) {
      now = { t, arousal, valence };
      if (t < from || t > to) view(t - (playing ? PAGE : 0.5) * (to - from), to - from);
      mark();
    },
    zoom: (factor) => zoomAbout(now.t, factor),
    layers(next) {
      layers = next;
      course.layers(next);
      mark();
    },
  };
}

interface Touches {
  drag(x: number): void;
  hover(x: number | null): void;
  pinch(x: number, factor: number): void;
}

/** One pointer drags, two pinch; a mouse that only passes over hovers. */
function pointers(element: HTMLElement, told: Touches): void {
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
