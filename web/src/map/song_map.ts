// The map: every song is a dot on the circumplex. Drag to pan, scroll or pinch to zoom, use the lasso to select.

import { quadtree, type Quadtree } from "d3-quadtree";
import { pointAt, type Trajectory } from "../curve/trajectory";
import { h, iconButton } from "../common/dom";
import { ICONS } from "../common/icons";
import type { MapColumns, PlanePoint } from "../server/types";
import { createDots } from "./dots";
import { createLasso, type Lasso } from "./lasso";
import { drawFrame, drawLasso, drawSelection, drawTrajectory } from "./drawing";
import { createZoom, type ZoomControls } from "./zoom";
import { Projection, type XY } from "./projection";
import { rowsInside } from "./polygon";

const HIT_RADIUS_PX = 14;
/** With more dots than this, only some are drawn while the map moves. */
const MAX_MOVING_DOTS = 15_000;
const MOVE_END_MS = 120;
const LABEL = "Map of songs: valence from left to right, arousal from bottom to top";

type Dot = [number, number, number]; // valence, arousal, row of the columns

export interface MapHandlers {
  hover(row: number | null, x: number, y: number): void;
  select(row: number): void;
  /** The rows inside a lasso, or null if it is too short, and its corners (arousal, valence). */
  enclose(rows: Set<number> | null, corners: PlanePoint[]): void;
}

export class SongMap {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", {
    tabindex: 0,
    role: "img",
    "aria-label": LABEL,
    "aria-describedby": "map-keys",
  });
  private readonly context = this.canvas.getContext("2d")!;
  private readonly projection = new Projection();
  private readonly dots = createDots();
  private readonly lassoButton = iconButton("Lasso", ICONS.lasso, () => this.lasso.set(!this.lasso.on), {
    "aria-pressed": "false",
    "aria-keyshortcuts": "l",
  });
  private readonly lasso: Lasso = createLasso(this.canvas, {
    toggled: (on) => this.lassoButton.setAttribute("aria-pressed", String(on)),
    drawing: () => this.redraw(),
    finished: (line) => this.enclose(line),
  });
  private readonly zoomControls: ZoomControls = createZoom(
    this.canvas,
    () => this.lasso.on,
    (transform) => this.setTransform(transform),
  );
  private columns: MapColumns | null = null;
  private tree: Quadtree<Dot> = quadtree<Dot>();
  private highlighted: Set<number> | null = null;
  private selected: number | null = null;
  private trajectory: Trajectory | null = null;
  private trajectoryTime = 0;
  /** A timer while the map moves, else 0. */
  private moveTimer = 0;
  private frame = 0;

  constructor(private readonly handlers: MapHandlers) {
    const tools = h(
      "div",
      { class: "tools", role: "group", "aria-label": "Map" },
      this.lassoButton,
      iconButton("Zoom in", ICONS.zoomIn, this.zoomControls.zoomIn),
      iconButton("Zoom out", ICONS.zoomOut, this.zoomControls.zoomOut),
      iconButton("Show all", ICONS.showAll, this.zoomControls.showAll),
    );
    this.element = h("div", { class: "map" }, this.canvas, tools);
    this.watchPointer();
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  show(columns: MapColumns): void {
    this.columns = columns;
    this.selected = this.trajectory = this.highlighted = null;
    const dots = columns.id.map((_, row): Dot => [columns.valence[row]!, columns.arousal[row]!, row]);
    this.tree = quadtree<Dot>(
      dots,
      (dot) => dot[0],
      (dot) => dot[1],
    );
    this.redraw();
  }

  /** Highlight rows and fade all others; null shows all alike. */
  highlight(rows: Set<number> | null): void {
    this.highlighted = rows;
    this.redraw();
  }

  select(row: number | null): void {
    this.selected = row;
    this.trajectory = null;
    this.redraw();
  }

  /** Show the trajectory of the selected song and the playback position. */
  showTrajectory(trajectory: Trajectory | null, t: number): void {
    this.trajectory = trajectory;
    this.trajectoryTime = t;
    this.redraw();
  }

  startLasso(): void {
    this.lasso.set(true);
  }

  redraw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private watchPointer(): void {
    const { canvas, handlers } = this;
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || event.buttons !== 0) return;
      const row = this.rowAt(event.offsetX, event.offsetY);
      canvas.classList.toggle("over", row !== null);
      handlers.hover(row, event.offsetX, event.offsetY);
    });
    canvas.addEventListener("pointerleave", () => handlers.hover(null, 0, 0));
    // d3-zoom suppresses the click that ends a drag; a click that ends a lasso selects nothing either
    canvas.addEventListener("click", (event) => {
      const row = this.lasso.consumeClick() ? null : this.rowAt(event.offsetX, event.offsetY);
      if (row !== null) handlers.select(row);
    });
  }

  /** The row of the nearest dot within reach, or null. */
  private rowAt(x: number, y: number): number | null {
    const { projection } = this;
    const [valence, arousal] = projection.onPlane(x, y);
    return this.tree.find(valence, arousal, HIT_RADIUS_PX / projection.circle.r)?.[2] ?? null;
  }

  private setTransform(transform: Projection["transform"]): void {
    this.projection.transform = transform;
    clearTimeout(this.moveTimer);
    this.moveTimer = window.setTimeout(() => {
      this.moveTimer = 0;
      this.redraw();
    }, MOVE_END_MS);
    this.handlers.hover(null, 0, 0);
    this.redraw();
  }

  private enclose(line: XY[] | null): void {
    const corners = (line ?? []).map(([x, y]) => this.projection.onPlane(x, y));
    const rows = line === null || this.columns === null ? null : rowsInside(this.columns, corners);
    this.handlers.enclose(
      rows,
      corners.map(([valence, arousal]): PlanePoint => [arousal, valence]),
    );
    this.redraw();
  }

  private draw(): void {
    this.frame = 0;
    const { canvas, context, projection } = this;
    projection.measure(canvas);
    const { width, height } = projection;
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    canvas.dataset.view = JSON.stringify(projection.circle);
    drawFrame(context, projection.circle);
    if (this.columns !== null) this.drawSongs(this.columns);
    if (this.lasso.line.length > 1) drawLasso(context, this.lasso.line);
  }

  private drawSongs(columns: MapColumns): void {
    const { canvas, context, projection, highlighted, selected, trajectory } = this;
    const { width, height } = projection;
    const count = columns.id.length;
    const step = this.moveTimer !== 0 && count > MAX_MOVING_DOTS ? Math.ceil(count / MAX_MOVING_DOTS) : 1;
    const radius = dotRadius(count, projection);
    const style = { width, height, radius, opacity: radius < 2.5 ? 0.62 : 0.85, step, highlighted };
    canvas.dataset.dots = String(this.dots.draw(context, columns, projection.circle, style));
    if (trajectory !== null)
      drawTrajectory(
        context,
        trajectory.arousal.map((a, i) => projection.onScreen(trajectory.valence[i]!, a)),
      );
    if (selected === null) return;
    const mean = { arousal: columns.arousal[selected]!, valence: columns.valence[selected]! };
    const { arousal, valence } = trajectory === null ? mean : pointAt(trajectory, this.trajectoryTime);
    drawSelection(context, projection.onScreen(valence, arousal));
  }
}

/** The radius of a dot in pixels: smaller with many songs, larger when zoomed in. */
function dotRadius(count: number, { unit, transform }: Projection): number {
  const base = count > 3000 ? 1.8 : count > 400 ? 2.8 : 4.2;
  return Math.min(6, base * Math.min(1, 0.4 + unit / 400) * transform.k ** 0.35);
}
