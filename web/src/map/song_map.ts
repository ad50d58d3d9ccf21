// The map: every song a dot on the plane. Drag to move, wheel or pinch to zoom, a lasso to choose a region.

import { quadtree, type Quadtree } from "d3-quadtree";
import { pathAt, type Path } from "../curve/trajectory";
import { h, iconButton } from "../common/dom";
import { ICONS } from "../common/icons";
import type { MapColumns } from "../server/types";
import { createDots } from "./dots";
import { createLasso, type Lasso } from "./lasso";
import { drawFrame, drawLoop, drawMark, drawPath } from "./drawing";
import { watchMoves, type Moves } from "./zoom";
import { Projection, type Place } from "./projection";
import { inside } from "./polygon";

const REACH_PX = 14;
/** More dots than these are thinned while the map moves, and drawn in full when it rests. */
const MOVING_DOTS = 15_000;
const REST_MS = 120;
const LABEL = "Map of the songs: valence from left to right, arousal from bottom to top";

type Dot = [number, number, number]; // valence, arousal, row of the columns

export interface MapTold {
  hover(row: number | null, x: number, y: number): void;
  pick(row: number): void;
  lassoed(rows: Set<number> | null): void;
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
    switched: (on) => this.lassoButton.setAttribute("aria-pressed", String(on)),
    drawing: () => this.redraw(),
    drawn: (loop) => this.enclose(loop),
  });
  private readonly moves: Moves = watchMoves(
    this.canvas,
    () => this.lasso.on,
    (to) => this.move(to),
  );
  private columns: MapColumns | null = null;
  private tree: Quadtree<Dot> = quadtree<Dot>();
  private chosen: Set<number> | null = null;
  private marked: number | null = null;
  private path: Path | null = null;
  private pathTime = 0;
  /** The timer of a map that moves, 0 while it rests. */
  private moving = 0;
  private frame = 0;

  constructor(private readonly told: MapTold) {
    const tools = h(
      "div",
      { class: "tools", role: "group", "aria-label": "Map" },
      this.lassoButton,
      iconButton("Zoom in", ICONS.closer, this.moves.closer),
      iconButton("Zoom out", ICONS.wider, this.moves.wider),
      iconButton("Whole map", ICONS.whole, this.moves.whole),
    );
    this.element = h("div", { class: "map" }, this.canvas, tools);
    this.watchPointer();
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
  }

  show(columns: MapColumns): void {
    this.columns = columns;
    this.marked = this.path = this.chosen = null;
    const dots = columns.id.map((_, row): Dot => [columns.valence[row]!, columns.arousal[row]!, row]);
    this.tree = quadtree<Dot>(
      dots,
      (dot) => dot[0],
      (dot) => dot[1],
    );
    this.redraw();
  }

  /** Rows that are chosen: all others are pale; null chooses none and leaves all as they are. */
  choose(rows: Set<number> | null): void {
    this.chosen = rows;
    this.redraw();
  }

  mark(row: number | null): void {
    this.marked = row;
    this.path = null;
    this.redraw();
  }

  /** The course of the marked song, and where in it the sound is. */
  course(path: Path | null, t: number): void {
    this.path = path;
    this.pathTime = t;
    this.redraw();
  }

  startLasso(): void {
    this.lasso.set(true);
  }

  redraw(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private watchPointer(): void {
    const { canvas, told } = this;
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch" || event.buttons !== 0) return;
      const row = this.under(event.offsetX, event.offsetY);
      canvas.classList.toggle("over", row !== null);
      told.hover(row, event.offsetX, event.offsetY);
    });
    canvas.addEventListener("pointerleave", () => told.hover(null, 0, 0));
    // d3-zoom swallows the click that ends a drag; that which ends a lasso chooses nothing either
    canvas.addEventListener("click", (event) => {
      const row = this.lasso.endedByClick() ? null : this.under(event.offsetX, event.offsetY);
      if (row !== null) told.pick(row);
    });
  }

  /** The row of the dot that lies nearest, if it is near. */
  private under(x: number, y: number): number | null {
    const { projection } = this;
    const [valence, arousal] = projection.onPlane(x, y);
    return this.tree.find(valence, arousal, REACH_PX / projection.disc.r)?.[2] ?? null;
  }

  private move(to: Projection["transform"]): void {
    this.projection.transform = to;
    clearTimeout(this.moving);
    this.moving = window.setTimeout(() => {
      this.moving = 0;
      this.redraw();
    }, REST_MS);
    this.told.hover(null, 0, 0);
    this.redraw();
  }

  private enclose(loop: Place[] | null): void {
    const corners = loop?.map(([x, y]) => this.projection.onPlane(x, y));
    this.told.lassoed(corners === undefined || this.columns === null ? null : inside(this.columns, corners));
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
    canvas.dataset.view = JSON.stringify(projection.disc);
    drawFrame(context, projection.disc);
    if (this.columns !== null) this.drawSongs(this.columns);
    if (this.lasso.loop.length > 1) drawLoop(context, this.lasso.loop);
  }

  private drawSongs(columns: MapColumns): void {
    const { canvas, context, projection, chosen, marked, path } = this;
    const { width, height } = projection;
    const count = columns.id.length;
    const step = this.moving !== 0 && count > MOVING_DOTS ? Math.ceil(count / MOVING_DOTS) : 1;
    const radius = dotRadius(count, projection);
    const look = { width, height, radius, opacity: radius < 2.5 ? 0.62 : 0.85, step, chosen };
    canvas.dataset.dots = String(this.dots.draw(context, columns, projection.disc, look));
    if (path !== null)
      drawPath(
        context,
        path.arousal.map((a, i) => projection.onScreen(path.valence[i]!, a)),
      );
    if (marked === null) return;
    const of = { arousal: columns.arousal[marked]!, valence: columns.valence[marked]! };
    const { arousal, valence } = path === null ? of : pathAt(path, this.pathTime);
    drawMark(context, projection.onScreen(valence, arousal));
  }
}

/** Smaller where there are many, larger the closer the map is. */
function dotRadius(count: number, { unit, transform }: Projection): number {
  const base = count > 3000 ? 1.8 : count > 400 ? 2.8 : 4.2;
  return Math.min(6, base * Math.min(1, 0.4 + unit / 400) * transform.k ** 0.35);
}
