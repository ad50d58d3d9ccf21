// Where on the screen a place of the plane lies, and the other way, however the map is moved and zoomed.

import { zoomIdentity, type ZoomTransform } from "d3-zoom";
import type { Disc } from "./dots";

/** Room for the words at the rim, in pixels. */
const MARGIN = { side: 74, narrow: 62, end: 34 };
const NARROW_PX = 480;
const LEAST_PX = 10;

export type Place = [number, number];

export class Projection {
  transform: ZoomTransform = zoomIdentity;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** The radius of the circle while the whole map is seen. */
  get unit(): number {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const side = width < NARROW_PX ? MARGIN.narrow : MARGIN.side;
    return Math.max(LEAST_PX, Math.min(width / 2 - side, height / 2 - MARGIN.end));
  }

  get disc(): Disc {
    const [x, y] = this.onScreen(0, 0);
    return { x, y, r: this.unit * this.transform.k };
  }

  onScreen(valence: number, arousal: number): Place {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { unit } = this;
    return [this.transform.applyX(width / 2 + unit * valence), this.transform.applyY(height / 2 - unit * arousal)];
  }

  /** Valence and arousal. */
  onPlane(x: number, y: number): Place {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { unit } = this;
    return [(this.transform.invertX(x) - width / 2) / unit, (height / 2 - this.transform.invertY(y)) / unit];
  }
}
