// The chart as one thing to touch: waveform above, curves below, one cursor through both; click or drag to seek,
// wheel, pinch and keys to zoom.

import { Course } from "./curve_chart";
import type { CurveObject } from "../curve/curve";
import { h } from "../common/dom";
import { ALL_SHOWN, type Shown } from "./legend";
import { createMarks } from "./cursor";
import { createOverview } from "./overview";
import { fitted, following, shareOf, zoomed, type Sight } from "./viewport";
import { watchTouch } from "./gestures";
import { createWave, type Wave } from "./waveform";

export class Stage {
  readonly slider: HTMLElement;
  readonly element: HTMLElement;
  readonly wave: Wave;
  readonly course: Course;
  private readonly waveHome = h("div", { class: "wave", "aria-hidden": "true" });
  private readonly courseHome = h("div", { class: "course", "aria-hidden": "true" });
  private readonly marks = createMarks();
  private readonly overview = createOverview((share) => this.moveTo(share * this.length - this.span / 2));
  private length = 1;
  private sight: Sight = { from: 0, to: 1 };
  private now = { t: 0, arousal: 0, valence: 0 };
  private shown: Shown = ALL_SHOWN;
  private provisional = false;
  /** From the top of the slider to that of the curves' area, in pixels. */
  private above = 0;

  constructor(audio: HTMLAudioElement, seek: (t: number) => void) {
    this.slider = h("div", SLIDER, ...this.marks.elements);
    this.element = h("div", { class: "chart" }, this.waveHome, this.courseHome, this.slider, this.overview.element);
    this.course = new Course(this.courseHome, () => this.fit());
    this.wave = createWave(this.waveHome, audio);
    watchTouch(this.slider, {
      drag: (x) => seek(this.timeAt(x)),
      hover: (x) => this.marks.hover(x === null ? null : { share: this.shareAt(x), t: this.timeAt(x) }),
      pinch: (x, factor) => this.look(zoomed(this.sight, this.timeAt(x), factor, this.length)),
      shift: (pixels) => this.shift(pixels),
    });
  }

  show(curves: CurveObject[], length: number, provisional: boolean): void {
    const whole = this.span >= this.length - 1e-6 || length !== this.length;
    this.length = length;
    this.provisional = provisional;
    this.course.show(curves, length, provisional);
    this.slider.setAttribute("aria-valuemax", String(Math.floor(length)));
    this.look(whole ? { from: 0, to: length } : fitted(this.sight.from, this.span, length));
  }

  /** Put the cursor at a moment, with dots on the lines at these values. */
  at(t: number, arousal: number, valence: number, playing: boolean): void {
    this.now = { t, arousal, valence };
    const next = following(this.sight, t, playing, this.length);
    if (next === this.sight) this.mark();
    else this.look(next);
  }

  /** Zoom about the cursor: by 2 twice as close, by 0 the whole song. */
  zoom(factor: number): void {
    this.look(zoomed(this.sight, this.now.t, factor, this.length));
  }

  layers(shown: Shown): void {
    this.shown = shown;
    this.course.layers(shown);
    this.mark();
  }

  private get span(): number {
    return this.sight.to - this.sight.from;
  }

  private look(next: Sight): void {
    this.sight = next;
    this.course.view(next);
    this.wave.view(next);
    this.overview.show(next, this.length);
    this.element.dataset.from = next.from.toFixed(2);
    this.element.dataset.to = next.to.toFixed(2);
    this.mark();
  }

  private moveTo(from: number): void {
    this.look(fitted(from, this.span, this.length));
  }

  private shift(pixels: number): boolean {
    if (this.span >= this.length) return false;
    this.moveTo(this.sight.from + (pixels / this.slider.clientWidth) * this.span);
    return true;
  }

  private mark(): void {
    const height = (axis: "arousal" | "valence"): number | null =>
      this.shown[axis] && !this.provisional ? this.above + this.course.height(this.now[axis]) : null;
    this.marks.at(shareOf(this.sight, this.now.t), { arousal: height("arousal"), valence: height("valence") });
  }

  /** Lay the slider over the waveform and over the area of the curves, without their axes. */
  private fit(): void {
    const { left, top, width, height } = this.course.area();
    for (const part of [this.waveHome, this.slider, this.overview.element]) {
      part.style.marginLeft = `${left}px`;
      part.style.width = `${width}px`;
    }
    this.above = this.courseHome.offsetTop - this.waveHome.offsetTop + top;
    this.slider.style.height = `${this.above + height}px`;
    this.mark();
  }

  private shareAt(clientX: number): number {
    const box = this.slider.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - box.left) / box.width));
  }

  private timeAt(clientX: number): number {
    return this.sight.from + this.shareAt(clientX) * this.span;
  }
}

const SLIDER = {
  id: "stage",
  role: "slider",
  tabindex: 0,
  "aria-label": "Position in the song",
  "aria-valuemin": 0,
  "aria-valuemax": 1,
  "aria-valuenow": 0,
};
