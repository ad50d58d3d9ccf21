// The map moved and zoomed: by drag, wheel and fingers (d3-zoom), by keys and by buttons.

import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";

const CLOSEST = 80;
const PAN_PX = 60;
const STEP = 1.6;
const PANS: Record<string, [number, number]> = {
  ArrowLeft: [PAN_PX, 0],
  ArrowRight: [-PAN_PX, 0],
  ArrowUp: [0, PAN_PX],
  ArrowDown: [0, -PAN_PX],
};

export interface Moves {
  closer(): void;
  wider(): void;
  whole(): void;
}

/** `held` says whether a drag belongs to somebody else; `moved` is told each new place. */
export function watchMoves(canvas: HTMLCanvasElement, held: () => boolean, moved: (to: ZoomTransform) => void): Moves {
  let at = zoomIdentity;
  const zooming = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([1, CLOSEST])
    // fingers have no button
    .filter((event: MouseEvent) => !held() && !event.shiftKey && !event.button)
    .on("zoom", ({ transform }: { transform: ZoomTransform }) => {
      at = transform;
      moved(transform);
    });
  const chosen = select(canvas).call(zooming).on("dblclick.zoom", null);
  const moves: Moves = {
    closer: () => zooming.scaleBy(chosen, STEP),
    wider: () => zooming.scaleBy(chosen, 1 / STEP),
    whole: () => zooming.transform(chosen, zoomIdentity),
  };
  const acts: Record<string, () => void> = { "+": moves.closer, "=": moves.closer, "-": moves.wider, "0": moves.whole };
  canvas.addEventListener("keydown", (event) => {
    const pan = PANS[event.key];
    const act = acts[event.key];
    if (pan !== undefined) zooming.translateBy(chosen, pan[0] / at.k, pan[1] / at.k);
    else if (act !== undefined) act();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return moves;
}
