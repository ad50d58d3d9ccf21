// Arousal and valence over time with their intervals, drawn by uPlot: one song, or two over one another.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { color, h } from "./dom";
import { lengthS, reach, ROWS, thinned, timeTicks, type Row } from "./curve";
import type { CurveObject } from "./curve_object";
import { clock, signed } from "./words";

/** A window shows this many points at most, above by means: an hour is a line instead of a hedge. */
const MOST_POINTS = 600;
const LEFT = 44;
const FOOT = 26;
/** Right of the area, for the names of the lines where there is room for them. */
const RIGHT = 66;
const NARROW_RIGHT = 16;

const narrow = matchMedia("(max-width: 38rem)");

export interface Shown {
  arousal: boolean;
  valence: boolean;
  bands: boolean;
}

export interface Course {
  /** Draw these curves, the second dashed; `length` is the end of the time axis. */
  show(curves: CurveObject[], length: number, provisional: boolean): void;
  view(from: number, to: number): void;
  layers(shown: Shown): void;
  /** Where the lines are drawn, in pixels of the element. */
  area(): { left: number; top: number; width: number; height: number };
  /** The height of a value within the area, in pixels from above. */
  height(value: number): number;
  redraw(): void;
}

/** `laid` is told after each drawing: only then does uPlot know where its area is. */
export function createCourse(home: HTMLElement, laid: () => void): Course {
  let curves: CurveObject[] = [];
  let top = 0.5;
  let [from, to] = [0, 1];
  let shown: Shown = { arousal: true, valence: true, bands: true };
  let provisional = false;
  let plot: uPlot | null = null;
  let built = "";
  let step = 0;
  const names = h("div", { class: "names", "aria-hidden": "true" });

  function build(): void {
    const what = curves.map((curve) => ROWS.filter((row) => curve[row] !== undefined).join()).join("|");
    if (plot !== null && what === built) return;
    plot?.destroy();
    built = what;
    step = 0;
    plot = new uPlot(
      options(curves, () => ({ from, to, top, shown, provisional }), drawn),
      [[0]],
      home,
    );
    plot.root.append(names);
  }

  function refill(): void {
    const longest = Math.max(...curves.map((curve) => curve.times_s.length), 1);
    const end = Math.max(...curves.map(lengthS), 1e-3);
    const k = Math.max(1, Math.ceil((longest * Math.min(1, (to - from) / end)) / MOST_POINTS));
    if (plot === null || k === step) return;
    step = k;
    plot.setData(tables(curves, k, provisional), false);
  }

  function draw(): void {
    if (plot === null) return;
    refill();
    plot.batch(() => {
      plot!.setScale("x", { min: from, max: to });
      plot!.setScale("y", { min: -top, max: top });
    });
  }

  function drawn(): void {
    label();
    laid();
  }

  function label(): void {
    names.replaceChildren();
    const [first] = curves;
    if (first === undefined || curves.length > 1 || provisional) return;
    const { left, width, top: above, height: tall } = area();
    const rows = (["arousal", "valence"] as const).filter((axis) => shown[axis]);
    const ends = rows.map((axis) => ({ axis, y: height(lastSeen(first, axis, to)) }));
    const [one, other] = ends;
    if (one !== undefined && other !== undefined && Math.abs(one.y - other.y) < 18) {
      const away = (18 - Math.abs(one.y - other.y)) / 2;
      const up = one.y <= other.y ? -away : away;
      one.y += up;
      other.y -= up;
    }
    for (const { axis, y } of ends) {
      const name = h("span", { class: axis }, axis);
      name.style.left = `${left + width + 8}px`;
      name.style.top = `${above + Math.min(tall - 8, Math.max(8, y))}px`;
      names.append(name);
    }
  }

  function area(): { left: number; top: number; width: number; height: number } {
    const ratio = devicePixelRatio;
    const box = plot?.bbox ?? { left: 0, top: 0, width: ratio, height: ratio };
    return { left: box.left / ratio, top: box.top / ratio, width: box.width / ratio, height: box.height / ratio };
  }

  function height(value: number): number {
    return ((top - value) / (2 * top)) * area().height;
  }

  function fit(): void {
    plot?.setSize({ width: home.clientWidth, height: home.clientHeight });
  }

  new ResizeObserver(fit).observe(home);

  return {
    show(next, length, isProvisional) {
      const renewed = next.length !== curves.length || next.some((curve, i) => curve !== curves[i]);
      curves = next;
      provisional = isProvisional;
      top = reach(curves);
      [from, to] = [Math.min(from, length), Math.min(to, length)];
      build();
      if (renewed) step = 0;
      fit();
      draw();
    },
    view(nextFrom, nextTo) {
      [from, to] = [nextFrom, nextTo];
      draw();
    },
    layers(next) {
      shown = next;
      plot?.redraw(false);
    },
    area,
    height,
    redraw() {
      plot?.redraw(false, true);
    },
  };
}

function lastSeen(curve: CurveObject, axis: Row, to: number): number {
  const values = curve[axis] ?? [];
  const at = curve.times_s.findIndex((t) => t > to);
  return values[at < 0 ? values.length - 1 : Math.max(0, at - 1)] ?? 0;
}

/** Times and all rows of the curves, in the order of `options`; a curve's last value holds to its end. */
function tables(curves: CurveObject[], k: number, provisional: boolean): uPlot.AlignedData {
  const each = curves.map((curve): uPlot.AlignedData => {
    const held = provisional ? [] : [lengthS(curve)];
    const rows = ROWS.filter((row) => curve[row] !== undefined).map((row) => {
      const values = thinned(curve[row]!, k);
      return held.length > 0 ? [...values, values.at(-1) ?? null] : values;
    });
    return [[...thinned(curve.times_s, k), ...held], ...rows];
  });
  return each.length === 1 ? each[0]! : uPlot.join(each);
}

interface State {
  from: number;
  to: number;
  top: number;
  shown: Shown;
  provisional: boolean;
}

function options(curves: CurveObject[], state: () => State, drawn: () => void): uPlot.Options {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  curves.forEach((curve, which) => {
    const rows = ROWS.filter((row) => curve[row] !== undefined);
    const first = series.length;
    for (const row of rows) series.push(line(row, which, state));
    for (const axis of ["arousal", "valence"] as const) {
      const [high, low] = [rows.indexOf(`${axis}_high`), rows.indexOf(`${axis}_low`)];
      if (high < 0 || low < 0) continue;
      bands.push({
        series: [first + high, first + low],
        fill: () =>
          state().shown.bands && state().shown[axis] ? `${color(axis)}${which === 0 ? "22" : "12"}` : "transparent",
      });
    }
  });
  return {
    width: 100,
    height: 100,
    padding: [6, () => (narrow.matches ? NARROW_RIGHT : RIGHT), 0, 0],
    legend: { show: false },
    cursor: { show: false },
    series,
    bands,
    scales: { x: { time: false, auto: false }, y: { auto: false, range: () => [-state().top, state().top] } },
    axes: [
      {
        ...axis(FOOT),
        gap: 6,
        splits: () => ticks(state()),
        values: (plot, at) => {
          const wide = plot.bbox.width / devicePixelRatio / at.length > 44;
          return at.map((t, i) => (wide || i % 2 === 0 ? clock(t) : ""));
        },
      },
      {
        ...axis(LEFT),
        gap: 8,
        splits: () => levels(state().top),
        values: (_, at) => at.map(signed),
      },
    ],
    hooks: { drawAxes: [zeroLine], draw: [drawn] },
  };
}

function axis(size: number): uPlot.Axis {
  return {
    size,
    stroke: () => color("soft"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: () => color("grid"), width: 1 },
    ticks: { show: false },
  };
}

function line(row: Row, which: number, state: () => State): uPlot.Series {
  if (row !== "arousal" && row !== "valence") {
    const axis = row.startsWith("arousal") ? "arousal" : "valence";
    // where the bands of both axes overlap, only their edges tell them apart
    const edge = (): string =>
      state().shown.bands && state().shown[axis] ? `${color(axis)}${which === 0 ? "55" : "30"}` : "transparent";
    return { stroke: edge, width: 1, points: { show: false }, spanGaps: true };
  }
  return {
    stroke: () => (state().shown[row] ? `${color(row)}${state().provisional ? "99" : ""}` : "transparent"),
    width: 2.1,
    dash: which === 0 ? [] : [7, 4],
    points: { show: false },
    spanGaps: true,
  };
}

function levels(top: number): number[] {
  return Array.from({ length: Math.round(top / 0.25) * 2 + 1 }, (_, i) => -top + i * 0.25);
}

function ticks({ from, to }: State): number[] {
  const [first = 0, second = 1] = timeTicks(Math.max(to - from, 1));
  const step = second - first;
  const found: number[] = [];
  for (let t = Math.ceil(from / step - 1e-9) * step; t <= to; t += step) found.push(t);
  return found;
}

function zeroLine(plot: uPlot): void {
  const y = Math.round(plot.valToPos(0, "y", true)) + 0.5;
  plot.ctx.save();
  plot.ctx.strokeStyle = color("zero");
  plot.ctx.lineWidth = devicePixelRatio;
  plot.ctx.beginPath();
  plot.ctx.moveTo(plot.bbox.left, y);
  plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
  plot.ctx.stroke();
  plot.ctx.restore();
}
