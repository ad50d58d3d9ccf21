// How uPlot draws curves: its axes, a line for each row of each curve, and the bands between them.

import type uPlot from "uplot";
import type { CurveObject } from "../curve/curve";
import { lengthS, ROWS, thinned, timeTicks, type Row } from "../curve/sampling";
import { canvasFont, color } from "../common/dom";
import type { Shown } from "./legend";
import type { Sight } from "./viewport";
import { clock, signed } from "../common/format";

/** Sizes as multiples of the text beside the axes. */
const TEXT = 0.75;
const LEFT = 3.7;
const FOOT = 2.2;
/** Right of the area, for the names of the lines where there is room for them. */
const RIGHT = 5.5;
const NARROW_RIGHT = 1.4;
/** Room for a moment below the area; where there is less, each second one is left out. */
const MOMENT = 3.7;
const LEVEL = 0.25;

const narrow = matchMedia("(max-width: 38rem)");

/** What of the curves is drawn, at the moment of drawing. */
export interface Drawing {
  curves: CurveObject[];
  sight: Sight;
  /** The end of the value axis, above and below. */
  top: number;
  shown: Shown;
  provisional: boolean;
}

/** Rows that a curve has, in the order of drawing. */
export function rowsOf(curve: CurveObject): Row[] {
  return ROWS.filter((row) => curve[row] !== undefined);
}

/** Times and all rows of the curves, means of each `k` points; a curve's last value holds to its end. */
export function tables({ curves, provisional }: Drawing, k: number): uPlot.AlignedData[] {
  return curves.map((curve) => {
    const held = provisional ? [] : [lengthS(curve)];
    const rows = rowsOf(curve).map((row) => {
      const values = thinned(curve[row]!, k);
      return held.length > 0 ? [...values, values.at(-1) ?? null] : values;
    });
    return [[...thinned(curve.times_s, k), ...held], ...rows];
  });
}

/** Options for a drawing; what changes without other rows is asked of `now`. */
export function options(curves: CurveObject[], now: () => Drawing, drawn: () => void): uPlot.Options {
  const lines = curves.flatMap((curve, which) => rowsOf(curve).map((row) => line(row, which, now)));
  let first = 1;
  const bands = curves.flatMap((curve, which) => {
    const found = bandsOf(rowsOf(curve), first, which, now);
    first += rowsOf(curve).length;
    return found;
  });
  return {
    width: 100,
    height: 100,
    padding: [6, () => (narrow.matches ? NARROW_RIGHT : RIGHT) * canvasFont(TEXT).px, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    series: [{}, ...lines],
    bands,
    scales: { x: { time: false, auto: false }, y: { auto: false, range: () => [-now().top, now().top] } },
    axes: [timeAxis(now), valueAxis(now)],
    hooks: { drawAxes: [zeroLine], draw: [drawn] },
  };
}

function bandsOf(rows: Row[], first: number, which: number, now: () => Drawing): uPlot.Band[] {
  return (["arousal", "valence"] as const).flatMap((axis) => {
    const [high, low] = [rows.indexOf(`${axis}_high`), rows.indexOf(`${axis}_low`)];
    if (high < 0 || low < 0) return [];
    return [{ series: [first + high, first + low], fill: () => bandInk(axis, which === 0 ? "22" : "12", now()) }];
  });
}

function bandInk(axis: "arousal" | "valence", opacity: string, { shown }: Drawing): string {
  return shown.bands && shown[axis] ? `${color(axis)}${opacity}` : "transparent";
}

function line(row: Row, which: number, now: () => Drawing): uPlot.Series {
  if (row !== "arousal" && row !== "valence") {
    const axis = row.startsWith("arousal") ? "arousal" : "valence";
    // where the bands of both axes overlap, only their edges tell them apart
    const edge = (): string => bandInk(axis, which === 0 ? "55" : "30", now());
    return { stroke: edge, width: 1, points: { show: false }, spanGaps: true };
  }
  return {
    stroke: () => (now().shown[row] ? `${color(row)}${now().provisional ? "99" : ""}` : "transparent"),
    width: 2.1,
    dash: which === 0 ? [] : [7, 4],
    points: { show: false },
    spanGaps: true,
  };
}

function axis(size: number, gap: number): uPlot.Axis {
  const { font, px } = canvasFont(TEXT);
  return {
    size: size * px,
    gap,
    stroke: () => color("soft"),
    font,
    grid: { stroke: () => color("grid"), width: 1 },
    ticks: { show: false },
  };
}

function timeAxis(now: () => Drawing): uPlot.Axis {
  return {
    ...axis(FOOT, 6),
    splits: () => moments(now().sight),
    values: (plot, at) => {
      const wide = plot.bbox.width / devicePixelRatio / at.length > MOMENT * canvasFont(TEXT).px;
      return at.map((t, i) => (wide || i % 2 === 0 ? clock(t) : ""));
    },
  };
}

function moments({ from, to }: Sight): number[] {
  const [first = 0, second = 1] = timeTicks(Math.max(to - from, 1));
  const step = second - first;
  const found: number[] = [];
  for (let t = Math.ceil(from / step - 1e-9) * step; t <= to; t += step) found.push(t);
  return found;
}

function valueAxis(now: () => Drawing): uPlot.Axis {
  return { ...axis(LEFT, 8), splits: () => levels(now().top), values: (_, at) => at.map(signed) };
}

function levels(top: number): number[] {
  return Array.from({ length: Math.round(top / LEVEL) * 2 + 1 }, (_, i) => -top + i * LEVEL);
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
