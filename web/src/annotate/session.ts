// The way of a rater through the study, from consent to the end; it goes on where the server says that it stopped.

import { h } from "../common/dom";
import { finalPage, paragraphs, questionPage, songRatingPage, textPage } from "./form_pages";
import { headphonesCheck, PASSED } from "./headphones_page";
import type { Outbox } from "./outbox";
import { Songs } from "./playback";
import { fetchProgress } from "./progress";
import { ratePass } from "./rating_page";
import { Recorder } from "./recorder";
import { clockMs, EXAMPLE_ITEM, type Axis, type Progress } from "./types";

export class Session {
  private readonly songs = new Songs();
  private readonly recorder: Recorder;

  constructor(
    private readonly main: HTMLElement,
    private progress: Progress,
    private readonly outbox: Outbox,
  ) {
    this.recorder = new Recorder(outbox);
  }

  async run(): Promise<void> {
    if (!this.progress.started && !(await this.begin())) return;
    this.outbox.add(opened());
    const { study, steps, items } = this.progress;
    if (steps.includes("finished")) return this.thank();
    if (study.before.length > 0 && !steps.includes("answers-before")) await this.ask("before", "Before you begin");
    await this.checkHeadphones();
    if (study.training && !steps.includes("trained")) await this.train();
    for (let item = 0; item < items; item++) await this.rateItem(item, `Song ${item + 1} of ${items}`, item + 1);
    if (study.after.length > 0 && !steps.includes("answers-after")) await this.ask("after", "Before you go");
    this.outbox.add({ kind: "finished", clock_ms: clockMs() });
    await this.thank();
  }

  /** Show the consent text; the server then gives the rater songs. Return false if it refuses. */
  private async begin(): Promise<boolean> {
    const { study } = this.progress;
    const label = study.consent === "" ? "Begin" : "I agree";
    await textPage(this.main, study.title, paragraphs(study.consent), label);
    const progress = await fetchProgress(this.main, "POST");
    this.progress = progress ?? this.progress;
    return progress !== null;
  }

  private async ask(part: "before" | "after", heading: string): Promise<void> {
    const answers = await questionPage(this.main, heading, this.progress.study[part]);
    this.outbox.add({ kind: "answers", clock_ms: clockMs(), part, answers });
  }

  /** Check headphones if the study asks for it, again and again if it requires them. */
  private async checkHeadphones(): Promise<void> {
    const { study, headphones } = this.progress;
    if (study.headphones === "off") return;
    if (headphones !== null && (study.headphones === "record" || headphones[0] >= PASSED)) return;
    for (;;) {
      const { correct, trials } = await headphonesCheck(this.main);
      this.outbox.add({ kind: "headphones", clock_ms: clockMs(), correct, trials });
      if (study.headphones === "record" || correct >= PASSED) return;
      const text =
        "This study needs headphones, and the tones sounded as over loudspeakers. Put them on and try again.";
      await textPage(this.main, "Headphones", [h("p", {}, text)], "Try again");
    }
  }

  private async train(): Promise<void> {
    this.songs.keep(EXAMPLE_ITEM, 0);
    const practice = this.progress.study.practice_s;
    const text = [
      h("p", {}, "First an example, to try how it works. What you rate in it does not count."),
      h(
        "p",
        {},
        "Rate what the music expresses to you while it plays, from moment to moment, not how much you like it.",
      ),
    ];
    if (practice > 0) {
      const start = `The first ${practice} seconds of each song are practice: use them to find where the song lies.`;
      text.push(h("p", {}, start));
    }
    await textPage(this.main, "An example", text, "Next");
    await this.rateItem(EXAMPLE_ITEM, "Example", 0);
    this.outbox.add({ kind: "trained", clock_ms: clockMs() });
    await textPage(this.main, "Ready", [h("p", {}, "That was the example. Now your songs follow.")], "Next");
  }

  /** Rate what is left of a song: its passes, then the song as a whole. */
  private async rateItem(item: number, heading: string, next: number): Promise<void> {
    const { axes, study, rated } = this.progress;
    const practiceS = study.practice_s;
    const left = axes.filter((axis) => !this.isFinished(item, axis));
    const ask = study.whole_song && !rated.includes(item) && item !== EXAMPLE_ITEM;
    if (left.length === 0 && !ask) return;
    this.songs.keep(item, ...(next < this.progress.items ? [next] : []));
    for (const axis of left) {
      const part = axes.length > 1 ? `, ${axis}` : "";
      const last = this.progress.positions.find(([one, of]) => one === item && of === axis);
      const [, , startS = 0, ...values] = last ?? [];
      const options = { item, axis, heading: heading + part, practiceS, startS, values };
      if (!(await ratePass(this.main, this.songs, this.recorder, options))) return;
    }
    if (!ask) return;
    const { arousal, valence } = await songRatingPage(this.main, heading);
    this.outbox.add({ kind: "rating", clock_ms: clockMs(), item, arousal, valence });
  }

  private isFinished(item: number, axis: Axis): boolean {
    return this.progress.finished.some(([one, of]) => one === item && of === axis);
  }

  private async thank(): Promise<void> {
    finalPage(this.main, "Thank you", "Your last ratings are being sent …");
    await this.outbox.flush();
    finalPage(this.main, "Thank you", "All your ratings are stored. You can close this page.");
  }
}

function opened() {
  return {
    kind: "opened" as const,
    clock_ms: clockMs(),
    unix_ms: Date.now(),
    agent: navigator.userAgent.slice(0, 1000),
    width: Math.round(innerWidth),
    height: Math.round(innerHeight),
    pixel_ratio: devicePixelRatio,
    touch: navigator.maxTouchPoints > 0,
  };
}
