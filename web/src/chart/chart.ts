// The chart: waveform above, curves below, and one cursor through both. Click or drag to seek; wheel or pinch to zoom.

import { CurveChart } from "./curve_chart";
import type { Curve } from "../curve/curve";
import { h } from "../common/dom";
import { ALL_LAYERS, type Layers } from "./legend";
import { createCursor } from "./cursor";
import { createOverview } from "./overview";
import { clampViewport, followPlayhead, fractionOf, zoomViewport, type Viewport } from "./viewport";
import { watchGestures } from "./gestures";
import { createWaveform, type Waveform } from "./waveform";

export class Chart {
  readonly slider: HTMLElement;
  readonly element: HTMLElement;
  readonly waveform: Waveform;
  readonly curveChart: CurveChart;
  private readonly waveContainer = h("div", { class: "waveform", "aria-hidden": "true" });
  private readonly curveContainer = h("div", { class: "curves", "aria-hidden": "true" });
  private readonly cursor = createCursor();
  private readonly overview = createOverview((fraction) => this.scrollTo(fraction * this.length - this.span / 2));
  private length = 1;
  private viewport: Viewport = { from: 0, to: 1 };
  private position = { t: 0, arousal: 0, valence: 0 };
  private layers: Layers = ALL_LAYERS;
  private provisional = false;
  /** Offset in pixels from the top of the slider to the plot area of the curves. */
  private plotTop = 0;

  constructor(audio: HTMLAudioElement, seek: (t: number) => void) {
    this.slider = h("div", SLIDER, ...this.cursor.elements);
    this.element = h(
      "div",
      { class: "chart" },
      this.waveContainer,
      this.curveContainer,
      this.slider,
      this.overview.element,
    );
    this.curveChart = new CurveChart(this.curveContainer, () => this.layout());
    this.waveform = createWaveform(this.waveContainer, audio);
    watchGestures(this.slider, {
      drag: (x) => seek(this.timeAt(x)),
      hover: (x) => this.cursor.hover(x === null ? null : { fraction: this.fractionAt(x), t: this.timeAt(x) }),
      pinch: (x, factor) => this.setViewport(zoomViewport(this.viewport, this.timeAt(x), factor, this.length)),
      pan: (pixels) => this.pan(pixels),
    });
  }

  show(curves: Curve[], length: number, provisional: boolean): void {
    const showAll = this.span >= this.length - 1e-6 || length !== this.length;
    this.length = length;
    this.provisional = provisional;
    this.curveChart.show(curves, length, provisional);
    this.slider.setAttribute("aria-valuemax", String(Math.floor(length)));
    this.setViewport(showAll ? { from: 0, to: length } : clampViewport(this.viewport.from, this.span, length));
  }

  /** Move the cursor to a time, with dots on the lines at these values. */
  moveTo(t: number, arousal: number, valence: number, playing: boolean): void {
    this.position = { t, arousal, valence };
    const next = followPlayhead(this.viewport, t, playing, this.length);
    if (next === this.viewport) this.drawCursor();
    else this.setViewport(next);
  }

  /** Zoom at the cursor; a factor of 0 shows the whole song. */
  zoom(factor: number): void {
    this.setViewport(zoomViewport(this.viewport, this.position.t, factor, this.length));
  }

  setLayers(layers: Layers): void {
    this.layers = layers;
    this.curveChart.setLayers(layers);
    this.drawCursor();
  }

  private get span(): number {
    return this.viewport.to - this.viewport.from;
  }

  private setViewport(next: Viewport): void {
    this.viewport = next;
    this.curveChart.setViewport(next);
    this.waveform.setViewport(next);
    this.overview.show(next, this.length);
    this.element.dataset.from = next.from.toFixed(2);
    this.element.dataset.to = next.to.toFixed(2);
    this.drawCursor();
  }

  private scrollTo(from: number): void {
    this.setViewport(clampViewport(from, this.span, this.length));
  }

  private pan(pixels: number): boolean {
    if (this.span >= this.length) return false;
    this.scrollTo(this.viewport.from + (pixels / this.slider.clientWidth) * this.span);
    return true;
  }

  private drawCursor(): void {
    const height = (axis: "arousal" | "valence"): number | null =>
      this.layers[axis] && !this.provisional ? this.plotTop + this.curveChart.yOf(this.position[axis]) : null;
    this.cursor.moveTo(fractionOf(this.viewport, this.position.t), {
      arousal: height("arousal"),
      valence: height("valence"),
    });
  }

  /** Align the slider and the waveform with the plot area of the curves, without its axes. */
  private layout(): void {
    const { left, top, width, height } = this.curveChart.area();
    for (const element of [this.waveContainer, this.slider, this.overview.element]) {
      element.style.marginLeft = `${left}px`;
      element.style.width = `${width}px`;
    }
    this.plotTop = this.curveContainer.offsetTop - this.waveContainer.offsetTop + top;
    this.slider.style.height = `${this.plotTop + height}px`;
    this.drawCursor();
  }

  private fractionAt(clientX: number): number {
    const box = this.slider.getBoundingClientRect();
    return Math.max(0, Math.min(1, (clientX - box.left) / box.width));
  }

  private timeAt(clientX: number): number {
    return this.viewport.from + this.fractionAt(clientX) * this.span;
  }
}

const SLIDER = {
  id: "seek-slider",
  role: "slider",
  tabindex: 0,
  "aria-label": "Position in the song",
  "aria-valuemin": 0,
  "aria-valuemax": 1,
  "aria-valuenow": 0,
};
