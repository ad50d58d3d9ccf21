// Both axes over the last minutes with their intervals: the newest at the right, gaps left open, silence shaded.

import { canvasFont, color, h } from "../common/dom";
import { signed } from "../common/format";
import type { LiveRow } from "../server/types";

const SPAN_S = 120;
const NARROW_SPAN_S = 60;
/** Rows farther apart are not joined. */
const GAP_S = 1.25;
const HOP_S = 0.5;
const TICK_S = 15;
const TEXT_REM = 0.75;
const AXES = ["valence", "arousal"] as const;

interface Point {
  t: number;
  row: LiveRow;
}

interface Area {
  left: number;
  width: number;
  height: number;
  /** Limit of the value axis, up and down. */
  top: number;
}

export class RollingChart {
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  readonly element = h("div", { class: "rolling", role: "img" }, this.canvas);
  private points: Point[] = [];

  constructor() {
    this.element.setAttribute("aria-label", "Arousal and valence of the last minutes");
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  add(row: LiveRow): void {
    this.points.push({ t: Date.parse(row.clock) / 1000, row });
    const end = this.points.at(-1)!.t;
    while (this.points[0]!.t < end - SPAN_S - 2) this.points.shift();
    this.draw();
  }

  clear(): void {
    this.points = [];
    this.draw();
  }

  draw(): void {
    const { canvas, element } = this;
    const { clientWidth: width, clientHeight: height } = element;
    const context = canvas.getContext("2d");
    if (context === null || width === 0 || document.hidden) return;
    const ratio = devicePixelRatio;
    const size = [Math.round(width * ratio), Math.round(height * ratio)] as const;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.drawAll(context, width, height);
  }

  private drawAll(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { font, px } = canvasFont(TEXT_REM);
    context.font = font;
    const end = this.points.at(-1)?.t ?? Date.now() / 1000;
    const span = width < 30 * px ? NARROW_SPAN_S : SPAN_S;
    const shown = this.points.filter(({ t }) => t > end - span - HOP_S);
    const area = { left: 3.4 * px, width: width - 4.4 * px, height: height - 2 * px, top: limit(shown) };
    const x = (t: number): number => area.left + area.width * (1 - (end - t) / span);
    drawValueAxis(context, area, px);
    drawTimeAxis(context, area, px, x, end, span);
    context.save();
    context.beginPath();
    context.rect(area.left, 0, area.width + px, area.height);
    context.clip();
    shadeSilence(context, shown, x, area);
    const pieces = unbroken(shown);
    for (const axis of AXES) for (const piece of pieces) drawBand(context, piece, axis, x, area);
    for (const axis of AXES) for (const piece of pieces) drawLine(context, piece, axis, x, area);
    context.restore();
  }
}

function limit(points: Point[]): number {
  let highest = 0;
  for (const { row } of points) {
    const values = [row.arousal, row.valence, row.arousal_low, row.arousal_high, row.valence_low, row.valence_high];
    for (const value of values) highest = Math.max(highest, Math.abs(value ?? 0));
  }
  return highest <= 0.5 ? 0.5 : highest <= 0.75 ? 0.75 : 1;
}

function unbroken(points: Point[]): Point[][] {
  const pieces: Point[][] = [];
  points.forEach((point, i) => {
    if (i === 0 || point.t - points[i - 1]!.t > GAP_S) pieces.push([]);
    pieces.at(-1)!.push(point);
  });
  return pieces;
}

function yOf(value: number, { top, height }: Area): number {
  return ((top - value) / (2 * top)) * height;
}

function drawValueAxis(context: CanvasRenderingContext2D, area: Area, px: number): void {
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (let value = -area.top; value <= area.top; value += 0.25) {
    const y = yOf(value, area);
    context.strokeStyle = color(value === 0 ? "zero" : "grid");
    context.beginPath();
    context.moveTo(area.left, y);
    context.lineTo(area.left + area.width, y);
    context.stroke();
    context.fillStyle = color("soft");
    if (Math.abs(value) < area.top) context.fillText(signed(value), area.left - 0.5 * px, y);
  }
}

function drawTimeAxis(
  context: CanvasRenderingContext2D,
  area: Area,
  px: number,
  x: (t: number) => number,
  end: number,
  span: number,
): void {
  const step = (area.width * TICK_S) / span < 5.5 * px ? 2 * TICK_S : TICK_S;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillStyle = color("soft");
  const first = Math.ceil((end - span) / step) * step;
  for (let t = first; t <= end; t += step) {
    if (x(t) < area.left + 2 * px || x(t) > area.left + area.width - 1.5 * px) continue;
    context.fillText(clockTime(t), x(t), area.height + 0.5 * px);
  }
}

function clockTime(t: number): string {
  return new Date(1000 * t).toTimeString().slice(0, 8);
}

function shadeSilence(context: CanvasRenderingContext2D, points: Point[], x: (t: number) => number, area: Area): void {
  context.fillStyle = color("faint");
  for (const { t, row } of points) {
    if (row.silent) context.fillRect(x(t - HOP_S), 0, x(t) - x(t - HOP_S) + 0.5, area.height);
  }
}

function drawBand(
  context: CanvasRenderingContext2D,
  points: Point[],
  axis: "arousal" | "valence",
  x: (t: number) => number,
  area: Area,
): void {
  if (points[0]?.row[`${axis}_low`] === undefined) return;
  const edge = (end: "low" | "high") =>
    points.map(({ t, row }) => [x(t), yOf(row[`${axis}_${end}`] ?? 0, area)] as const);
  context.beginPath();
  for (const [left, y] of [...edge("high"), ...edge("low").reverse()]) context.lineTo(left, y);
  context.closePath();
  context.fillStyle = `${color(axis)}22`;
  context.fill();
}

function drawLine(
  context: CanvasRenderingContext2D,
  points: Point[],
  axis: "arousal" | "valence",
  x: (t: number) => number,
  area: Area,
): void {
  context.beginPath();
  for (const { t, row } of points) context.lineTo(x(t), yOf(row[axis], area));
  const last = points.at(-1)!;
  context.strokeStyle = context.fillStyle = color(axis);
  context.lineWidth = 2.1;
  context.lineJoin = "round";
  context.stroke();
  context.beginPath();
  context.arc(x(last.t), yOf(last.row[axis], area), 3, 0, 2 * Math.PI);
  context.fill();
}
