// Pan and zoom the map by drag, wheel and touch (d3-zoom), by keys and by buttons.

import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";

const MAX_ZOOM = 80;
const PAN_PX = 60;
const ZOOM_STEP = 1.6;
const PANS: Record<string, [number, number]> = {
  ArrowLeft: [PAN_PX, 0],
  ArrowRight: [-PAN_PX, 0],
  ArrowUp: [0, PAN_PX],
  ArrowDown: [0, -PAN_PX],
};

export interface ZoomControls {
  zoomIn(): void;
  zoomOut(): void;
  showAll(): void;
}

/** `isBlocked` returns true while drags belong to the lasso; `onZoom` receives each new transform. */
export function createZoom(
  canvas: HTMLCanvasElement,
  isBlocked: () => boolean,
  onZoom: (transform: ZoomTransform) => void,
): ZoomControls {
  let current = zoomIdentity;
  const zooming = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([1, MAX_ZOOM])
    // touches have no button
    .filter((event: MouseEvent) => !isBlocked() && !event.shiftKey && !event.button)
    .on("zoom", ({ transform }: { transform: ZoomTransform }) => {
      current = transform;
      onZoom(transform);
    });
  const selection = select(canvas).call(zooming).on("dblclick.zoom", null);
  const controls: ZoomControls = {
    zoomIn: () => zooming.scaleBy(selection, ZOOM_STEP),
    zoomOut: () => zooming.scaleBy(selection, 1 / ZOOM_STEP),
    showAll: () => zooming.transform(selection, zoomIdentity),
  };
  const actions: Record<string, () => void> = {
    "+": controls.zoomIn,
    "=": controls.zoomIn,
    "-": controls.zoomOut,
    "0": controls.showAll,
  };
  canvas.addEventListener("keydown", (event) => {
    const pan = PANS[event.key];
    const action = actions[event.key];
    if (pan !== undefined) zooming.translateBy(selection, pan[0] / current.k, pan[1] / current.k);
    else if (action !== undefined) action();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return controls;
}
