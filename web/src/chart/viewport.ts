// The visible part of the song, in seconds.

/** The shortest viewport: a curve has two points a second. */
const MIN_SPAN_S = 4;
/** When the viewport follows playback, this fraction of it lies before the cursor. */
const LEAD_IN = 0.1;

export interface Viewport {
  from: number;
  to: number;
}

/** A viewport of this span, moved so that it lies inside the song. */
export function clampViewport(from: number, span: number, length: number): Viewport {
  const width = Math.min(length, Math.max(Math.min(MIN_SPAN_S, length), span));
  const first = Math.min(Math.max(0, from), length - width);
  return { from: first, to: first + width };
}

/** Zoom so that time `t` stays in place; a factor of 0 shows the whole song. */
export function zoomViewport({ from, to }: Viewport, t: number, factor: number, length: number): Viewport {
  if (factor === 0) return { from: 0, to: length };
  const span = Math.max(Math.min(MIN_SPAN_S, length), (to - from) / factor);
  return clampViewport(t - ((t - from) / (to - from)) * span, span, length);
}

/** Move the viewport if `t` is outside: one page on while playing, else so that `t` is centered. */
export function followPlayhead(viewport: Viewport, t: number, playing: boolean, length: number): Viewport {
  const { from, to } = viewport;
  if (t >= from && t <= to) return viewport;
  return clampViewport(t - (playing ? LEAD_IN : 0.5) * (to - from), to - from, length);
}

/** The position of a time in the viewport: 0 at the left end, 1 at the right. */
export function fractionOf({ from, to }: Viewport, t: number): number {
  return (t - from) / (to - from);
}
