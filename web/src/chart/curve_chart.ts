// Arousal and valence over time with their intervals, drawn by uPlot, of one song or two.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { options, seriesOf, tables, type Drawing } from "./plot_options";
import { lengthS } from "../curve/sampling";
import { valueLimit } from "../curve/statistics";
import type { Curve } from "../curve/curve";
import { h } from "../common/dom";
import { ALL_LAYERS, type Layers } from "./legend";
import { lastVisibleValue, createLineLabels, type Area } from "./line_labels";
import type { Viewport } from "./viewport";

/** More points than this are averaged, so that an hour is drawn as a line and not as noise. */
const MAX_POINTS = 600;

export class CurveChart {
  private readonly labels = h("div", { class: "line-labels", "aria-hidden": "true" });
  private drawing: Drawing = {
    curves: [],
    viewport: { from: 0, to: 1 },
    top: 0.5,
    layers: ALL_LAYERS,
    provisional: false,
  };
  private plot: uPlot | null = null;
  /** The series that the plot was built for. */
  private builtFor = "";
  /** How many points of the curve each plotted point averages; 0 before the first drawing. */
  private averaged = 0;

  /** `onLayout` is called after each drawing, when uPlot knows its plot area. */
  constructor(
    private readonly container: HTMLElement,
    private readonly onLayout: () => void,
  ) {
    new ResizeObserver(() => this.resize()).observe(container);
  }

  /** Draw these curves, the second dashed; `length` is the end of the time axis. */
  show(curves: Curve[], length: number, provisional: boolean): void {
    const { curves: previous, viewport } = this.drawing;
    const changed = curves.length !== previous.length || curves.some((curve, i) => curve !== previous[i]);
    const clamped = { from: Math.min(viewport.from, length), to: Math.min(viewport.to, length) };
    this.drawing = { ...this.drawing, curves, provisional, top: valueLimit(curves), viewport: clamped };
    this.build();
    if (changed) this.averaged = 0;
    this.resize();
    this.draw();
  }

  setViewport(viewport: Viewport): void {
    this.drawing.viewport = viewport;
    this.draw();
  }

  setLayers(layers: Layers): void {
    this.drawing.layers = layers;
    this.plot?.redraw(false);
  }

  /** The plot area, in pixels from the top left of the element. */
  area(): Area {
    const ratio = devicePixelRatio;
    const box = this.plot?.bbox ?? { left: 0, top: 0, width: ratio, height: ratio };
    return { left: box.left / ratio, top: box.top / ratio, width: box.width / ratio, height: box.height / ratio };
  }

  /** The distance of a value from the top of the plot area, in pixels. */
  yOf(value: number): number {
    const { top } = this.drawing;
    return ((top - value) / (2 * top)) * this.area().height;
  }

  redraw(): void {
    this.plot?.redraw(false, true);
  }

  private build(): void {
    const { curves } = this.drawing;
    const series = curves.map((curve) => seriesOf(curve).join()).join("|");
    if (this.plot !== null && series === this.builtFor) return;
    this.plot?.destroy();
    this.builtFor = series;
    this.averaged = 0;
    this.plot = new uPlot(
      options(
        curves,
        () => this.drawing,
        () => this.onDrawn(),
      ),
      [[0]],
      this.container,
    );
    this.plot.root.append(this.labels);
  }

  private resize(): void {
    this.plot?.setSize({ width: this.container.clientWidth, height: this.container.clientHeight });
  }

  private draw(): void {
    const { plot, drawing } = this;
    if (plot === null) return;
    this.setPoints(plot);
    plot.batch(() => {
      plot.setScale("x", { min: drawing.viewport.from, max: drawing.viewport.to });
      plot.setScale("y", { min: -drawing.top, max: drawing.top });
    });
  }

  /** Set the plot's points, averaged as far as the viewport needs. */
  private setPoints(plot: uPlot): void {
    const { curves, viewport } = this.drawing;
    const longest = Math.max(...curves.map((curve) => curve.times_s.length), 1);
    const end = Math.max(...curves.map(lengthS), 1e-3);
    const k = Math.max(1, Math.ceil((longest * Math.min(1, (viewport.to - viewport.from) / end)) / MAX_POINTS));
    if (k === this.averaged) return;
    this.averaged = k;
    const [one, ...others] = tables(this.drawing, k);
    plot.setData(one === undefined ? [[0]] : others.length === 0 ? one : uPlot.join([one, ...others]), false);
  }

  private onDrawn(): void {
    this.labels.replaceChildren(...this.createLabels());
    this.onLayout();
  }

  private createLabels(): HTMLElement[] {
    const { curves, provisional, layers, viewport } = this.drawing;
    const [curve] = curves;
    if (curve === undefined || curves.length > 1 || provisional) return [];
    const axes = (["arousal", "valence"] as const).filter((axis) => layers[axis]);
    const labels = axes.map((axis) => ({ axis, y: this.yOf(lastVisibleValue(curve, axis, viewport.to)) }));
    return createLineLabels(labels, this.area());
  }
}
