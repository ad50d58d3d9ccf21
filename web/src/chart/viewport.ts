// The part of the song that is in sight.

/** Closer than this there is nothing more to see. */
const LEAST_S = 4;
/** Where the next part comes into sight while the song plays on, this share of it lies before the cursor. */
const BEFORE = 0.1;

export interface Sight {
  from: number;
  to: number;
}

/** A part of this span, moved so that it lies inside the song. */
export function fitted(from: number, span: number, length: number): Sight {
  const wide = Math.min(length, Math.max(Math.min(LEAST_S, length), span));
  const first = Math.min(Math.max(0, from), length - wide);
  return { from: first, to: first + wide };
}

/** By 2 twice as close, by 0 the whole song; what is seen of moment `t` stays where it is. */
export function zoomed({ from, to }: Sight, t: number, factor: number, length: number): Sight {
  if (factor === 0) return { from: 0, to: length };
  const span = Math.max(Math.min(LEAST_S, length), (to - from) / factor);
  return fitted(t - ((t - from) / (to - from)) * span, span, length);
}

/** The same span, moved where `t` would be out of sight: while playing a page on, else with `t` in the middle. */
export function following(sight: Sight, t: number, playing: boolean, length: number): Sight {
  const { from, to } = sight;
  if (t >= from && t <= to) return sight;
  return fitted(t - (playing ? BEFORE : 0.5) * (to - from), to - from, length);
}

/** How far along in sight a moment is: 0 at the left end, 1 at the right. */
export function shareOf({ from, to }: Sight, t: number): number {
  return (t - from) / (to - from);
}
