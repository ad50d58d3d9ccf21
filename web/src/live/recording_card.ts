// The card of the recording: how much there is, and saving it.

import { button, h, setText } from "../common/dom";
import { duration, pluralize } from "../common/format";
import type { LiveRow } from "../server/types";
import { Recording, save } from "./recording";

export class RecordingCard {
  private readonly recording = new Recording();
  private readonly length = h("p", { class: "note" });
  private readonly buttons = [
    button("Save CSV", () => this.save("csv"), { disabled: true }),
    button("Save JSON", () => this.save("jsonl"), { disabled: true }),
  ];
  readonly element: HTMLElement;

  /** `clear` is called by the button that discards all. */
  constructor(clear: () => void, notices: HTMLElement) {
    this.buttons.push(button("Clear", clear, { disabled: true }));
    this.element = h(
      "section",
      { class: "card live-recording", "aria-label": "Recording" },
      h("h2", {}, "Recording"),
      h("div", { class: "row" }, ...this.buttons),
      this.length,
      notices,
    );
  }

  get isSaved(): boolean {
    return this.recording.isSaved;
  }

  /** Add a row; `line` is its JSON. */
  add(row: LiveRow, line: string): void {
    this.recording.add(line);
    this.show(row.time_s + 1);
  }

  /** Discard all rows; ask first if some are not saved, and return false if they are to stay. */
  discard(): boolean {
    if (!this.isSaved && !confirm("Discard the values that are not saved?")) return false;
    this.recording.clear();
    this.show(0);
    return true;
  }

  private save(ending: "csv" | "jsonl"): void {
    const began = this.recording.first?.clock.slice(0, 16).replace(":", "") ?? "";
    save(this.recording.file(ending), `moodcurve-live-${began}.${ending}`);
  }

  private show(seconds: number): void {
    const { length } = this.recording;
    for (const element of this.buttons) element.disabled = length === 0;
    setText(this.length, length === 0 ? "" : `${duration(seconds)}, ${pluralize(length, "row")} with clock times`);
  }
}
