// Arousal and valence over time with their intervals, drawn by uPlot: one song, or two over one another.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { options, rowsOf, tables, type Drawing } from "./plot_options";
import { lengthS } from "../curve/sampling";
import { reach } from "../curve/statistics";
import type { CurveObject } from "../curve/curve";
import { h } from "../common/dom";
import { ALL_SHOWN, type Shown } from "./legend";
import { lastSeen, nameElements, type Area } from "./line_labels";
import type { Sight } from "./viewport";

/** A window shows this many points at most, above by means: an hour is a line instead of a hedge. */
const MOST_POINTS = 600;

export class Course {
  private readonly names = h("div", { class: "names", "aria-hidden": "true" });
  private drawing: Drawing = { curves: [], sight: { from: 0, to: 1 }, top: 0.5, shown: ALL_SHOWN, provisional: false };
  private plot: uPlot | null = null;
  /** What rows the plot was built for. */
  private built = "";
  /** Of how many points the plot holds means; 0: of none yet. */
  private step = 0;

  /** `laid` is told after each drawing: only then does uPlot know where its area is. */
  constructor(
    private readonly home: HTMLElement,
    private readonly laid: () => void,
  ) {
    new ResizeObserver(() => this.fit()).observe(home);
  }

  /** Draw these curves, the second dashed; `length` is the end of the time axis. */
  show(curves: CurveObject[], length: number, provisional: boolean): void {
    const { curves: before, sight } = this.drawing;
    const renewed = curves.length !== before.length || curves.some((curve, i) => curve !== before[i]);
    const inside = { from: Math.min(sight.from, length), to: Math.min(sight.to, length) };
    this.drawing = { ...this.drawing, curves, provisional, top: reach(curves), sight: inside };
    this.build();
    if (renewed) this.step = 0;
    this.fit();
    this.draw();
  }

  view(sight: Sight): void {
    this.drawing.sight = sight;
    this.draw();
  }

  layers(shown: Shown): void {
    this.drawing.shown = shown;
    this.plot?.redraw(false);
  }

  /** Where the lines are drawn, in pixels of the element. */
  area(): Area {
    const ratio = devicePixelRatio;
    const box = this.plot?.bbox ?? { left: 0, top: 0, width: ratio, height: ratio };
    return { left: box.left / ratio, top: box.top / ratio, width: box.width / ratio, height: box.height / ratio };
  }

  /** The height of a value within the area, in pixels from above. */
  height(value: number): number {
    const { top } = this.drawing;
    return ((top - value) / (2 * top)) * this.area().height;
  }

  redraw(): void {
    this.plot?.redraw(false, true);
  }

  private build(): void {
    const { curves } = this.drawing;
    const rows = curves.map((curve) => rowsOf(curve).join()).join("|");
    if (this.plot !== null && rows === this.built) return;
    this.plot?.destroy();
    this.built = rows;
    this.step = 0;
    this.plot = new uPlot(
      options(
        curves,
        () => this.drawing,
        () => this.drawn(),
      ),
      [[0]],
      this.home,
    );
    this.plot.root.append(this.names);
  }

  private fit(): void {
    this.plot?.setSize({ width: this.home.clientWidth, height: this.home.clientHeight });
  }

  private draw(): void {
    const { plot, drawing } = this;
    if (plot === null) return;
    this.refill(plot);
    plot.batch(() => {
      plot.setScale("x", { min: drawing.sight.from, max: drawing.sight.to });
      plot.setScale("y", { min: -drawing.top, max: drawing.top });
    });
  }

  /** Give the plot the points of this window, thinned as far as it asks for. */
  private refill(plot: uPlot): void {
    const { curves, sight } = this.drawing;
    const longest = Math.max(...curves.map((curve) => curve.times_s.length), 1);
    const end = Math.max(...curves.map(lengthS), 1e-3);
    const k = Math.max(1, Math.ceil((longest * Math.min(1, (sight.to - sight.from) / end)) / MOST_POINTS));
    if (k === this.step) return;
    this.step = k;
    const [one, ...others] = tables(this.drawing, k);
    plot.setData(one === undefined ? [[0]] : others.length === 0 ? one : uPlot.join([one, ...others]), false);
  }

  private drawn(): void {
    this.names.replaceChildren(...this.named());
    this.laid();
  }

  private named(): HTMLElement[] {
    const { curves, provisional, shown, sight } = this.drawing;
    const [curve] = curves;
    if (curve === undefined || curves.length > 1 || provisional) return [];
    const axes = (["arousal", "valence"] as const).filter((axis) => shown[axis]);
    const places = axes.map((axis) => ({ axis, y: this.height(lastSeen(curve, axis, sight.to)) }));
    return nameElements(places, this.area());
  }
}
