// uPlot options: axes, a line for each series of each curve, and the bands between them.

import type uPlot from "uplot";
import type { Curve } from "../curve/curve";
import { lengthS, SERIES, downsample, timeTicks, type Series } from "../curve/sampling";
import { canvasFont, color } from "../common/dom";
import type { Layers } from "./legend";
import type { Viewport } from "./viewport";
import { clock, signed } from "../common/format";

/** Text size of the axes, in rem; the other sizes are multiples of it. */
const TEXT_REM = 0.75;
const VALUE_AXIS_WIDTH = 3.7;
const TIME_AXIS_HEIGHT = 2.2;
/** Right of the plot area, for the labels of the lines on wide screens. */
const RIGHT_PADDING = 5.5;
const NARROW_RIGHT_PADDING = 1.4;
/** Width of a time label; with less room, every second label is left out. */
const TIME_LABEL_WIDTH = 3.7;
const VALUE_STEP = 0.25;

const narrow = matchMedia("(max-width: 38rem)");

/** What is currently drawn. */
export interface Drawing {
  curves: Curve[];
  viewport: Viewport;
  /** The limit of the value axis, up and down. */
  top: number;
  layers: Layers;
  provisional: boolean;
}

/** The series that a curve has, in drawing order. */
export function seriesOf(curve: Curve): Series[] {
  return SERIES.filter((series) => curve[series] !== undefined);
}

/** Times and series of each curve, averaged over `k` points; the last value holds to the end of the song. */
export function tables({ curves, provisional }: Drawing, k: number): uPlot.AlignedData[] {
  return curves.map((curve) => {
    const end = provisional ? [] : [lengthS(curve)];
    const columns = seriesOf(curve).map((series) => {
      const values = downsample(curve[series]!, k);
      return end.length > 0 ? [...values, values.at(-1) ?? null] : values;
    });
    return [[...downsample(curve.times_s, k), ...end], ...columns];
  });
}

/** uPlot options for curves; `current` returns what changes while the series stay the same. */
export function options(curves: Curve[], current: () => Drawing, onDrawn: () => void): uPlot.Options {
  const lines = curves.flatMap((curve, curveIndex) =>
    seriesOf(curve).map((series) => line(series, curveIndex, current)),
  );
  let first = 1;
  const bands = curves.flatMap((curve, curveIndex) => {
    const curveBands = bandsOf(seriesOf(curve), first, curveIndex, current);
    first += seriesOf(curve).length;
    return curveBands;
  });
  return {
    width: 100,
    height: 100,
    padding: [6, () => (narrow.matches ? NARROW_RIGHT_PADDING : RIGHT_PADDING) * canvasFont(TEXT_REM).px, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    series: [{}, ...lines],
    bands,
    scales: { x: { time: false, auto: false }, y: { auto: false, range: () => [-current().top, current().top] } },
    axes: [timeAxis(current), valueAxis(current)],
    hooks: { drawAxes: [zeroLine], draw: [onDrawn] },
  };
}

function bandsOf(series: Series[], first: number, curveIndex: number, current: () => Drawing): uPlot.Band[] {
  return (["arousal", "valence"] as const).flatMap((axis) => {
    const [high, low] = [series.indexOf(`${axis}_high`), series.indexOf(`${axis}_low`)];
    if (high < 0 || low < 0) return [];
    return [
      { series: [first + high, first + low], fill: () => bandColor(axis, curveIndex === 0 ? "22" : "12", current()) },
    ];
  });
}

function bandColor(axis: "arousal" | "valence", opacity: string, { layers }: Drawing): string {
  return layers.bands && layers[axis] ? `${color(axis)}${opacity}` : "transparent";
}

function line(series: Series, curveIndex: number, current: () => Drawing): uPlot.Series {
  if (series !== "arousal" && series !== "valence") {
    const axis = series.startsWith("arousal") ? "arousal" : "valence";
    // where the bands of both axes overlap, their edges tell them apart
    const edge = (): string => bandColor(axis, curveIndex === 0 ? "55" : "30", current());
    return { stroke: edge, width: 1, points: { show: false }, spanGaps: true };
  }
  return {
    stroke: () => (current().layers[series] ? `${color(series)}${current().provisional ? "99" : ""}` : "transparent"),
    width: 2.1,
    dash: curveIndex === 0 ? [] : [7, 4],
    points: { show: false },
    spanGaps: true,
  };
}

function axis(size: number, gap: number): uPlot.Axis {
  const { font, px } = canvasFont(TEXT_REM);
  return {
    size: size * px,
    gap,
    stroke: () => color("soft"),
    font,
    grid: { stroke: () => color("grid"), width: 1 },
    ticks: { show: false },
  };
}

function timeAxis(current: () => Drawing): uPlot.Axis {
  return {
    ...axis(TIME_AXIS_HEIGHT, 6),
    splits: () => timeSplits(current().viewport),
    values: (plot, at) => {
      const wide = plot.bbox.width / devicePixelRatio / at.length > TIME_LABEL_WIDTH * canvasFont(TEXT_REM).px;
      return at.map((t, i) => (wide || i % 2 === 0 ? clock(t) : ""));
    },
  };
}

function timeSplits({ from, to }: Viewport): number[] {
  const [first = 0, second = 1] = timeTicks(Math.max(to - from, 1));
  const step = second - first;
  const splits: number[] = [];
  for (let t = Math.ceil(from / step - 1e-9) * step; t <= to; t += step) splits.push(t);
  return splits;
}

function valueAxis(current: () => Drawing): uPlot.Axis {
  return { ...axis(VALUE_AXIS_WIDTH, 8), splits: () => valueSplits(current().top), values: (_, at) => at.map(signed) };
}

function valueSplits(top: number): number[] {
  return Array.from({ length: Math.round(top / VALUE_STEP) * 2 + 1 }, (_, i) => -top + i * VALUE_STEP);
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
