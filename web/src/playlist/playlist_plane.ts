// The plane with a playlist on it: its path, and each song from its start to its end. A path can be drawn on it.

import { frame, RADIUS, rimText } from "../circumplex/shapes";
import { h, iconButton, svg } from "../common/dom";
import { ICONS } from "../common/icons";
import { RIM_WORDS } from "../curve/mood";
import { simplified } from "../curve/polyline";
import type { PlanePoint, Playlist, PlaylistSong } from "../server/types";

const LABEL = "Playlist on the plane: valence from left to right, arousal from bottom to top";
/** With more songs, their numbers would cover each other. */
const MAX_NUMBERED = 30;

export interface PlaneHandlers {
  /** A path was drawn. */
  drawn(path: PlanePoint[]): void;
  /** A song was clicked. */
  select(index: number): void;
}

export class PlaylistPlane {
  readonly element: HTMLElement;
  private readonly path = svg("path", { class: "wanted", d: "" });
  private readonly songs = svg("g");
  private readonly stroke = svg("path", { class: "stroke", d: "" });
  private readonly plane = svg(
    "svg",
    { class: "plane", viewBox: "-152 -116 304 232", role: "img", "aria-label": LABEL },
    ...frame(),
    ...RIM_WORDS.map(rimText),
    this.path,
    this.songs,
    this.stroke,
  );
  private readonly pen = iconButton("Draw a path", ICONS.pen, () => this.setDrawing(!this.drawing), {
    "aria-pressed": "false",
  });
  private drawing = false;
  private line: PlanePoint[] = [];

  constructor(private readonly handlers: PlaneHandlers) {
    const hint = "Press the pen and draw a path from start to end.";
    this.element = h("div", { class: "plane-box" }, this.plane, this.pen, h("p", { class: "note" }, hint));
    this.watchPointer();
  }

  show({ songs, path }: Playlist): void {
    this.showPath(path);
    this.songs.replaceChildren(...songs.flatMap((song, index) => this.arrow(song, index, songs)));
  }

  showPath(path: PlanePoint[] | null): void {
    this.path.setAttribute("d", path === null ? "" : pathData(path));
  }

  /** Mark the song that plays. */
  mark(index: number | null): void {
    [...this.songs.querySelectorAll("[data-index]")].forEach((element) =>
      element.classList.toggle("here", element.getAttribute("data-index") === String(index)),
    );
  }

  private arrow(song: PlaylistSong, index: number, songs: PlaylistSong[]): SVGElement[] {
    const following = songs[index + 1];
    const [x, y] = onScreen(song.start);
    const numbered = songs.length <= MAX_NUMBERED;
    const dot = svg(
      "g",
      { class: "stop", "data-index": index },
      svg("path", { class: "course", d: pathData([song.start, song.end]) }),
      svg("circle", { cx: x, cy: y, r: numbered ? 5.2 : 2.4 }),
      ...(numbered ? [svg("text", { x, y, dy: "0.35em", "text-anchor": "middle" }, String(index + 1))] : []),
    );
    dot.addEventListener("click", () => this.handlers.select(index));
    if (following === undefined) return [dot];
    return [svg("path", { class: "jump", d: pathData([song.end, following.start]) }), dot];
  }

  private setDrawing(on: boolean): void {
    this.drawing = on;
    this.pen.setAttribute("aria-pressed", String(on));
    this.plane.classList.toggle("drawing", on);
  }

  private watchPointer(): void {
    const { plane } = this;
    plane.addEventListener("pointerdown", (event) => {
      if (!this.drawing || event.button !== 0) return;
      plane.setPointerCapture(event.pointerId);
      this.line = [this.pointOf(event)];
    });
    plane.addEventListener("pointermove", (event) => {
      if (this.line.length === 0) return;
      this.line.push(this.pointOf(event));
      this.stroke.setAttribute("d", pathData(this.line));
    });
    plane.addEventListener("pointerup", () => {
      const path = simplified(this.line);
      this.endLine();
      if (path.length < 2) return;
      this.setDrawing(false);
      this.handlers.drawn(path);
    });
    plane.addEventListener("pointercancel", () => this.endLine());
  }

  private endLine(): void {
    this.line = [];
    this.stroke.setAttribute("d", "");
  }

  private pointOf(event: PointerEvent): PlanePoint {
    const matrix = this.plane.getScreenCTM();
    if (matrix === null) return [0, 0];
    const to = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return [-to.y / RADIUS, to.x / RADIUS];
  }
}

function onScreen([arousal, valence]: PlanePoint): [string, string] {
  return [(RADIUS * valence).toFixed(2), (-RADIUS * arousal).toFixed(2)];
}

function pathData(points: PlanePoint[]): string {
  return `M${points.map((point) => onScreen(point).join(",")).join("L")}`;
}
