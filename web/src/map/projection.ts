// The projection between the plane and the screen, for the map's current pan and zoom.

import { zoomIdentity, type ZoomTransform } from "d3-zoom";
import { canvasFont } from "../common/dom";
import type { Circle } from "./dots";

/** Margins for the words around the circle, in rem. */
const MARGIN = { side: 4.6, narrow: 3.9, vertical: 2.1 };
const NARROW_PX = 480;
const MIN_RADIUS_PX = 10;

export type XY = [number, number];

export class Projection {
  transform: ZoomTransform = zoomIdentity;
  width = 1;
  height = 1;
  /** The radius of the circle in pixels when zoomed out. */
  unit = MIN_RADIUS_PX;

  /** Adopt the current size of the canvas. */
  measure({ clientWidth: width, clientHeight: height }: HTMLCanvasElement): void {
    const { px } = canvasFont(1);
    const side = width < NARROW_PX ? MARGIN.narrow : MARGIN.side;
    this.width = width;
    this.height = height;
    this.unit = Math.max(MIN_RADIUS_PX, Math.min(width / 2 - side * px, height / 2 - MARGIN.vertical * px));
  }

  get circle(): Circle {
    const [x, y] = this.onScreen(0, 0);
    return { x, y, r: this.unit * this.transform.k };
  }

  onScreen(valence: number, arousal: number): XY {
    const { width, height, unit, transform } = this;
    return [transform.applyX(width / 2 + unit * valence), transform.applyY(height / 2 - unit * arousal)];
  }

  /** Valence and arousal of a pixel. */
  onPlane(x: number, y: number): XY {
    const { width, height, unit, transform } = this;
    return [(transform.invertX(x) - width / 2) / unit, (height / 2 - transform.invertY(y)) / unit];
  }
}
