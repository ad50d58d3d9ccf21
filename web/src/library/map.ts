// The map: every song a dot on the plane. Drag to move, wheel or pinch to zoom, a lasso to choose a region.

import { quadtree, type Quadtree } from "d3-quadtree";
import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";
import { color, h, iconButton } from "../song/dom";
import { pathAt, type Path } from "../song/curve";
import { createDots, type Disc } from "./dots";
import { drawFrame } from "./map_drawing";
import { inside } from "./region";
import type { MapColumns } from "../types";

/** Room for the words at the rim, in pixels. */
const MARGIN = { side: 74, narrow: 62, end: 34 };
const NARROW_PX = 480;
const CLOSEST = 80;
const REACH_PX = 14;
/** More dots than these are thinned while the map moves, and drawn in full when it rests. */
const MOVING_DOTS = 15_000;
const REST_MS = 120;
const PAN_PX = 60;
const LASSO_ICON =
  "M12 4c5 0 8.5 2.4 8.5 5.800S17 15.6 12 15.600c-1 0-1.9-.1-2.8-.3-.3 1.5-1.3 3-3.2 4.700l-1.3-1.500c1.5-1.3 2.2-2.3 2.5-3.300C4.9 14.2 3.5 12.3 3.5 9.8 3.5 6.4 7 4 12 4zm0 2C8.2 6 5.5 7.6 5.5 9.800s2.7 3.8 6.5 3.8 6.5-1.6 6.5-3.800S15.8 6 12 6z";

type Dot = [number, number, number]; // valence, arousal, row of the columns

export interface SongMap {
  element: HTMLElement;
  show(columns: MapColumns): void;
  /** Rows that are chosen: all others are pale; null chooses none and leaves all as they are. */
  choose(rows: Set<number> | null): void;
  mark(row: number | null): void;
  /** The course of the marked song, and where in it the sound is. */
  course(path: Path | null, t: number): void;
  lasso(on: boolean): void;
  redraw(): void;
}

export interface MapTold {
  hover(row: number | null, x: number, y: number): void;
  pick(row: number): void;
  lassoed(rows: Set<number> | null): void;
}

export function createMap(told: MapTold): SongMap {
  const canvas = h("canvas", {
    tabindex: 0,
    role: "img",
    "aria-label": "Map of the songs: valence from left to right, arousal from bottom to top",
    "aria-describedby": "map-keys",
  });
  const context = canvas.getContext("2d")!;
  const lassoButton = iconButton("Lasso", LASSO_ICON, () => setLasso(!lassoing), {
    "aria-pressed": "false",
    "aria-keyshortcuts": "l",
  });
  const tools = h(
    "div",
    { class: "tools", role: "group", "aria-label": "Map" },
    lassoButton,
    iconButton("Zoom in", "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z", () => scaleBy(1.6)),
    iconButton("Zoom out", "M5 11h14v2H5z", () => scaleBy(1 / 1.6)),
    iconButton("Whole map", "M4 9V4h5v2H6v3zm11-5h5v5h-2V6h-3zM4 15h2v3h3v2H4zm14 0h2v5h-5v-2h3z", reset),
  );
  const element = h("div", { class: "map" }, canvas, tools);
  const dots = createDots();
  let columns: MapColumns | null = null;
  let tree: Quadtree<Dot> = quadtree<Dot>();
  let transform: ZoomTransform = zoomIdentity;
  let chosen: Set<number> | null = null;
  let marked: number | null = null;
  let path: Path | null = null;
  let pathTime = 0;
  let lassoing = false;
  let lassoed = false;
  let loop: [number, number][] = []; // in pixels
  let moving = 0;
  let frame = 0;

  // ---- places

  function size(): { width: number; height: number; unit: number } {
    const { clientWidth: width, clientHeight: height } = canvas;
    return {
      width,
      height,
      unit: Math.max(
        10,
        Math.min(width / 2 - (width < NARROW_PX ? MARGIN.narrow : MARGIN.side), height / 2 - MARGIN.end),
      ),
    };
  }

  function onScreen(valence: number, arousal: number): [number, number] {
    const { width, height, unit } = size();
    return [transform.applyX(width / 2 + unit * valence), transform.applyY(height / 2 - unit * arousal)];
  }

  function onPlane(x: number, y: number): [number, number] {
    const { width, height, unit } = size();
    return [(transform.invertX(x) - width / 2) / unit, (height / 2 - transform.invertY(y)) / unit];
  }

  function under(x: number, y: number): number | null {
    const [valence, arousal] = onPlane(x, y);
    const found = tree.find(valence, arousal, REACH_PX / (size().unit * transform.k));
    return found?.[2] ?? null;
  }

  // ---- moving

  const zooming = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([1, CLOSEST])
    // fingers have no button
    .filter((event: MouseEvent) => !lassoing && !event.shiftKey && !event.button)
    .on("zoom", ({ transform: next }: { transform: ZoomTransform }) => {
      transform = next;
      clearTimeout(moving);
      moving = window.setTimeout(() => {
        moving = 0;
        redraw();
      }, REST_MS);
      told.hover(null, 0, 0);
      redraw();
    });
  const chosenCanvas = select(canvas).call(zooming).on("dblclick.zoom", null);

  function scaleBy(factor: number): void {
    zooming.scaleBy(chosenCanvas, factor);
  }

  function reset(): void {
    zooming.transform(chosenCanvas, zoomIdentity);
  }

  canvas.addEventListener("keydown", (event) => {
    const by: Record<string, [number, number]> = {
      ArrowLeft: [PAN_PX, 0],
      ArrowRight: [-PAN_PX, 0],
      ArrowUp: [0, PAN_PX],
      ArrowDown: [0, -PAN_PX],
    };
    const pan = by[event.key];
    if (pan !== undefined) zooming.translateBy(chosenCanvas, pan[0] / transform.k, pan[1] / transform.k);
    else if (event.key === "+" || event.key === "=") scaleBy(1.6);
    else if (event.key === "-") scaleBy(1 / 1.6);
    else if (event.key === "0") reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // ---- pointing and lasso

  function setLasso(on: boolean): void {
    lassoing = on;
    lassoButton.setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("lassoing", on);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !(lassoing || event.shiftKey)) return;
    canvas.setPointerCapture(event.pointerId);
    loop = [[event.offsetX, event.offsetY]];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (loop.length > 0) {
      loop.push([event.offsetX, event.offsetY]);
      redraw();
    } else if (event.pointerType !== "touch" && event.buttons === 0) {
      const row = under(event.offsetX, event.offsetY);
      canvas.classList.toggle("over", row !== null);
      told.hover(row, event.offsetX, event.offsetY);
    }
  });
  canvas.addEventListener("pointerup", () => {
    if (loop.length === 0) return;
    const corners = loop.map(([x, y]) => onPlane(x, y));
    loop = [];
    lassoed = true;
    setLasso(false);
    told.lassoed(corners.length < 4 || columns === null ? null : inside(columns, corners));
    redraw();
  });
  canvas.addEventListener("pointercancel", () => {
    loop = [];
    redraw();
  });
  canvas.addEventListener("pointerleave", () => told.hover(null, 0, 0));
  // d3-zoom swallows the click that ends a drag; that which ends a lasso chooses nothing either
  canvas.addEventListener("click", (event) => {
    const ended = lassoed;
    lassoed = false;
    if (ended) return;
    const row = under(event.offsetX, event.offsetY);
    if (row !== null) told.pick(row);
  });

  // ---- drawing

  function redraw(): void {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw(): void {
    frame = 0;
    const { width, height, unit } = size();
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const [x, y] = onScreen(0, 0);
    const r = unit * transform.k;
    canvas.dataset.view = JSON.stringify({ x, y, r });
    drawFrame(context, { x, y, r });
    if (columns !== null) drawDots(columns, { x, y, r }, width, height);
    drawPath();
    drawMark();
    drawLoop();
  }

  function drawDots(all: MapColumns, disc: Disc, width: number, height: number): void {
    const count = all.id.length;
    const radius = Math.min(
      6,
      (count > 3000 ? 1.8 : count > 400 ? 2.8 : 4.2) * Math.min(1, 0.4 + size().unit / 400) * transform.k ** 0.35,
    );
    const step = moving !== 0 && count > MOVING_DOTS ? Math.ceil(count / MOVING_DOTS) : 1;
    const look = { width, height, radius, opacity: radius < 2.5 ? 0.62 : 0.85, step, chosen };
    canvas.dataset.dots = String(dots.draw(context, all, disc, look));
  }

  function drawPath(): void {
    if (path === null) return;
    context.strokeStyle = color("ink");
    context.lineWidth = 1.4;
    context.globalAlpha = 0.65;
    context.beginPath();
    path.arousal.forEach((arousal, i) => context.lineTo(...onScreen(path!.valence[i]!, arousal)));
    context.stroke();
    context.globalAlpha = 1;
  }

  function drawMark(): void {
    if (marked === null || columns === null) return;
    const at = path === null ? null : pathAt(path, pathTime);
    const [x, y] =
      at === null ? onScreen(columns.valence[marked]!, columns.arousal[marked]!) : onScreen(at.valence, at.arousal);
    context.beginPath();
    context.arc(x, y, 6.5, 0, 2 * Math.PI);
    context.fillStyle = color("here");
    context.strokeStyle = color("card");
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }

  function drawLoop(): void {
    if (loop.length < 2) return;
    context.beginPath();
    for (const [x, y] of loop) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = `${color("here")}1f`;
    context.strokeStyle = color("here");
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.fill();
    context.stroke();
    context.setLineDash([]);
  }

  new ResizeObserver(redraw).observe(canvas);

  return {
    element,
    show(next) {
      columns = next;
      marked = null;
      path = null;
      chosen = null;
      tree = quadtree<Dot>(
        next.id.map((_, row): Dot => [next.valence[row]!, next.arousal[row]!, row]),
        ([v]) => v,
        ([, a]) => a,
      );
      redraw();
    },
    choose(rows) {
      chosen = rows;
      redraw();
    },
    mark(row) {
      marked = row;
      path = null;
      redraw();
    },
    course(next, t) {
      path = next;
      pathTime = t;
      redraw();
    },
    lasso: setLasso,
    redraw,
  };
}
