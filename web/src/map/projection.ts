// Where on the screen a place of the plane lies, and the other way, however the map is moved and zoomed.

import { zoomIdentity, type ZoomTransform } from "d3-zoom";
import { canvasFont } from "../common/dom";
import type { Disc } from "./dots";

/** Room for the words at the rim, as multiples of the reader's text. */
const MARGIN = { side: 4.6, narrow: 3.9, end: 2.1 };
const NARROW_PX = 480;
const LEAST_PX = 10;

export type Place = [number, number];

export class Projection {
  transform: ZoomTransform = zoomIdentity;
  width = 1;
  height = 1;
  /** The radius of the circle while the whole map is seen. */
  unit = LEAST_PX;

  /** Take the size of the canvas as it is now. */
  measure({ clientWidth: width, clientHeight: height }: HTMLCanvasElement): void {
    const { px } = canvasFont(1);
    const side = width < NARROW_PX ? MARGIN.narrow : MARGIN.side;
    this.width = width;
    this.height = height;
    this.unit = Math.max(LEAST_PX, Math.min(width / 2 - side * px, height / 2 - MARGIN.end * px));
  }

  get disc(): Disc {
    const [x, y] = this.onScreen(0, 0);
    return { x, y, r: this.unit * this.transform.k };
  }

  onScreen(valence: number, arousal: number): Place {
    const { width, height, unit, transform } = this;
    return [transform.applyX(width / 2 + unit * valence), transform.applyY(height / 2 - unit * arousal)];
  }

  /** Valence and arousal. */
  onPlane(x: number, y: number): Place {
    const { width, height, unit, transform } = this;
    return [(transform.invertX(x) - width / 2) / unit, (height / 2 - transform.invertY(y)) / unit];
  }
}
