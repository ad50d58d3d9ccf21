// Where in the song we are: the sound knows, and where there is none, the place is kept here.

import { calm } from "./dom";

const CALM_MS = 250;

export interface Playhead {
  position(): number;
  seek(t: number): void;
  /** Begin with another sound, or with none, where we are or at the start; `load` gives it to the element. */
  change(sounding: boolean, keepTime: boolean, load: () => void): void;
  /** The sound cannot be played; tell whether there was one. */
  silence(): boolean;
  toggle(): void;
  /** Where the song ends: its curve may be longer than its sound. */
  length: number;
}

/** `moved` is told at each step of playing and at each seek. */
export function createPlayhead(audio: HTMLAudioElement, moved: () => void): Playhead {
  let sounding = false;
  let kept = 0; // the position while there is no sound to ask
  const head: Playhead = { length: 1, position, seek, change, silence, toggle };

  function position(): number {
    return sounding ? Math.min(audio.currentTime, head.length) : kept;
  }

  function seek(t: number): void {
    const end = sounding && Number.isFinite(audio.duration) ? audio.duration : head.length;
    const to = Math.max(0, Math.min(t, head.length, end));
    if (sounding) audio.currentTime = to;
    else kept = to;
    moved();
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
    load();
    if (!sounding) return;
    audio.currentTime = t;
    if (playing) toggle();
  }

  function silence(): boolean {
    const before = sounding;
    if (sounding && audio.currentTime > 0) kept = audio.currentTime;
    sounding = false;
    return before;
  }

  function follow(): void {
    moved();
    if (audio.paused) return;
    if (calm.matches) setTimeout(follow, CALM_MS);
    else requestAnimationFrame(follow);
  }

  for (const name of ["timeupdate", "seeked"]) audio.addEventListener(name, moved);
  audio.addEventListener("play", follow);
  return head;
}
