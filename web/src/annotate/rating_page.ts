// One pass over a song: it plays, and the rater moves the point.

import { button, h, isTyping, setText } from "../common/dom";
import { clock as clockText } from "../common/format";
import { Pad } from "./pad";
import { Playback, type Songs } from "./playback";
import type { Recorder } from "./recorder";
import { clockMs, type Axis, type Device } from "./types";

/** After a pause or reload, the song goes on this much earlier, so that raters can find back into it. */
const REWIND_S = 2;

export interface PassOptions {
  item: number;
  axis: Axis;
  heading: string;
  practiceS: number;
  /** Where the pass goes on, in seconds, and where the point was; no values for the middle. */
  startS: number;
  values: number[];
}

const QUESTIONS: Record<Axis, string> = {
  arousal: "How energetic does the music feel right now? Move the point up and down while you listen.",
  valence: "How pleasant does the music feel right now? Move the point left and right while you listen.",
  both: "How energetic and how pleasant does the music feel right now? Move the point while you listen.",
};
const HELP = "Mouse, finger, arrow keys or a gamepad. Space pauses.";

/** Show a pass; the promise is fulfilled when the song has ended, with false if it cannot be played. */
export async function ratePass(
  main: HTMLElement,
  songs: Songs,
  recorder: Recorder,
  options: PassOptions,
): Promise<boolean> {
  const status = h("p", { class: "pass-status", role: "status" }, "Loading the song …");
  const start = button("Start", () => undefined, { class: "primary", id: "start", disabled: true });
  const page = h("section", { class: "pass" }, h("h1", { tabindex: -1 }, options.heading), status, start);
  page.querySelector("h1")!.after(h("p", {}, QUESTIONS[options.axis]));
  main.replaceChildren(page);
  page.querySelector("h1")!.focus();
  let playback: Playback;
  try {
    const lost = (): void => setText(status, "The server cannot be reached. Trying again …");
    playback = new Playback(await songs.load(options.item, lost));
    await playback.ready();
  } catch (error) {
    setText(status, error instanceof Error ? error.message : String(error));
    await new Promise<void>((resolve) => start.replaceWith(button("Go on", resolve, { class: "primary" })));
    return false;
  }
  const pass = new PassView(page, status, start, playback, recorder, options);
  await pass.run();
  playback.close();
  return true;
}

class PassView {
  private readonly pad: Pad;
  private readonly bar = h("progress", { max: 1, value: 0, "aria-label": "Position in the song" });
  private readonly time = h("span", { class: "time" });
  private readonly practice = h("span", { class: "practice", hidden: true }, "Practice");
  private running = false;
  private ended: () => void = () => undefined;
  private last = 0;
  private wasPressed = false;

  constructor(
    page: HTMLElement,
    private readonly status: HTMLElement,
    private readonly start: HTMLButtonElement,
    private readonly playback: Playback,
    private readonly recorder: Recorder,
    private readonly options: PassOptions,
  ) {
    this.pad = new Pad(options.axis, { moved: (clock, device) => this.moved(clock, device) });
    const row = h("div", { class: "row pass-row" }, start, this.bar, this.time, this.practice);
    page.append(h("p", { class: "note" }, HELP), row, this.pad.element, playback.audio);
  }

  /** Play the song to its end. */
  async run(): Promise<void> {
    const { audio } = this.playback;
    const { startS } = this.options;
    audio.currentTime = Math.max(0, startS - REWIND_S);
    this.pad.put(this.options.values);
    this.recorder.begin(this.options.item, this.options.axis);
    this.start.disabled = false;
    this.showPaused(startS > 0 ? "Go on" : "Start");
    this.start.addEventListener("click", () => this.toggle());
    const listeners = new AbortController();
    const { signal } = listeners;
    addEventListener("keydown", (event) => this.keyDown(event), { signal });
    addEventListener("keyup", (event) => this.pad.keyUp(event), { signal });
    addEventListener("blur", () => this.pad.releaseKeys(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.pause("hidden"), { signal });
    audio.addEventListener("pause", () => !audio.ended && this.pause("pause"), { signal });
    audio.addEventListener("waiting", () => this.running && this.recorder.mark("waiting", audio.currentTime), {
      signal,
    });
    const end = new Promise<void>((resolve) => (this.ended = resolve));
    audio.addEventListener("ended", () => this.end(), { signal });
    this.last = performance.now();
    this.frame(this.last);
    await end;
    listeners.abort();
  }

  private get songS(): number {
    return this.playback.audio.currentTime;
  }

  private toggle(): void {
    if (this.running) this.pause("pause");
    else void this.play();
  }

  private async play(): Promise<void> {
    const { audio } = this.playback;
    if (this.running) return;
    this.running = true;
    try {
      await audio.play();
    } catch {
      this.running = false;
      return setText(this.status, "The browser did not start the sound. Press the button again.");
    }
    this.recorder.mark("play", this.songS);
    setText(this.start, "Pause");
    setText(this.status, "");
    this.pad.element.focus({ preventScroll: true });
  }

  private pause(name: "pause" | "hidden"): void {
    if (!this.running) return;
    this.running = false;
    const { audio } = this.playback;
    audio.pause();
    this.pad.releaseKeys();
    this.recorder.mark(name, this.songS);
    audio.currentTime = Math.max(0, this.songS - REWIND_S);
    this.showPaused("Go on");
  }

  private showPaused(label: string): void {
    setText(this.start, label);
    setText(this.status, label === "Start" ? "Ready." : "Paused. The song goes on two seconds earlier.");
  }

  private end(): void {
    if (!this.running) return;
    this.running = false;
    this.sample(performance.now());
    this.recorder.mark("end", this.songS);
    this.recorder.finish();
    this.ended();
  }

  private moved(clock: number, device: Device): void {
    this.recorder.moved(device);
    if (this.running) this.sample(clock);
  }

  /** Record the point at a time of the page's clock; events are a little older than now. */
  private sample(clock: number): void {
    const age = Math.max(0, performance.now() - clock) / 1000;
    this.recorder.sample(clock, this.songS - age, this.pad.values);
  }

  private readonly frame = (now: number): void => {
    if (!this.start.isConnected) return;
    requestAnimationFrame(this.frame);
    this.pad.frame(clockMs(), now - this.last);
    this.last = now;
    this.pressed();
    if (this.running && !this.playback.audio.paused) this.sample(performance.now());
    const { lengthS } = this.playback;
    this.bar.value = lengthS > 0 ? this.songS / lengthS : 0;
    setText(this.time, `${clockText(this.songS)} / ${clockText(lengthS)}`);
    this.practice.hidden = this.songS >= this.options.practiceS;
  };

  /** Start and pause with the first button of a gamepad. */
  private pressed(): void {
    const pressed = navigator.getGamepads?.().some((pad) => pad?.buttons[0]?.pressed === true) ?? false;
    if (pressed && !this.wasPressed && !this.start.disabled) this.toggle();
    this.wasPressed = pressed;
  }

  private keyDown(event: KeyboardEvent): void {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target !== this.start) {
      event.preventDefault();
      if (!event.repeat) this.toggle();
    } else if (this.pad.keyDown(event)) event.preventDefault();
  }
}
