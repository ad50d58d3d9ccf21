// Where in the song we are: the sound knows, and where there is none, the place is kept here.

import { calm } from "./dom";

const CALM_MS = 250;

export interface Playhead {
  position(): number;
  seek(t: number): void;
  /** Begin with another sound, or with none, where we are or at the start; `load` gives it to the element. */
  change(sounding: boolean, keepTime: boolean, load: () => void): void;
  toggle(): void;
  /** Where the song ends: its curve may be longer than its sound. */
  length: number;
}

export interface PlayheadTold {
  /** At each step of playing and at each seek. */
  moved(): void;
  /** The sound cannot be played. */
  lost(): void;
  /** It plays on after all. */
  regained(): void;
}

export function createPlayhead(audio: HTMLAudioElement, told: PlayheadTold): Playhead {
  let sounding = false;
  let lost = false;
  let kept = 0; // the position while there is no sound to ask
  const head: Playhead = { length: 1, position, seek, change, toggle };

  function position(): number {
    return sounding ? Math.min(audio.currentTime, head.length) : kept;
  }

  function seek(t: number): void {
    const end = sounding && Number.isFinite(audio.duration) ? audio.duration : head.length;
    const to = Math.max(0, Math.min(t, head.length, end));
    if (sounding) audio.currentTime = to;
    else kept = to;
    told.moved();
  }

  function toggle(): void {
    if (!sounding) return;
    if (audio.paused)
      audio.play().catch(() => undefined); // `error` of the element tells what there is to tell
    else audio.pause();
  }

  function change(withSound: boolean, keepTime: boolean, load: () => void): void {
    const t = keepTime ? position() : 0;
    const playing = keepTime && sounding && !audio.paused;
    audio.pause();
    kept = t;
    sounding = withSound;
    lost = false;
    load();
    if (!sounding) return;
    audio.currentTime = t;
    if (playing) toggle();
  }

  function lose(): void {
    if (!sounding) return;
    if (audio.currentTime > 0) kept = audio.currentTime;
    sounding = false;
    lost = true;
    told.lost();
  }

  /** Where a machine has no output for sound, Firefox tells of an error, and plays on. */
  function regain(): void {
    if (!lost || audio.paused || audio.currentTime <= kept) return;
    sounding = true;
    lost = false;
    told.regained();
  }

  function follow(): void {
    told.moved();
    if (audio.paused) return;
    if (calm.matches) setTimeout(follow, CALM_MS);
    else requestAnimationFrame(follow);
  }

  audio.addEventListener("error", lose);
  audio.addEventListener("timeupdate", regain);
  for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, told.moved);
  audio.addEventListener("play", follow);
  return head;
}
