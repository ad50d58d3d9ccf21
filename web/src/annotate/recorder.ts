// Collect the samples of a pass, and hand them over in small pieces.

import type { Outbox } from "./outbox";
import { clockMs, type Axis, type Device, type MarkName, type Row } from "./types";

/** How long samples are only in memory: what a crash of the browser could lose. */
const KEEP_MS = 250;
const SONG_DECIMALS = 1e4;
const VALUE_DECIMALS = 1e4;

export class Recorder {
  private rows: Row[] = [];
  private count = 0;
  private since = 0;
  private item = 0;
  private axis: Axis = "both";
  private device: Device | null = null;

  constructor(private readonly outbox: Outbox) {
    addEventListener("pagehide", () => {
      this.flush();
      outbox.sendLast();
    });
  }

  begin(item: number, axis: Axis): void {
    this.flush();
    [this.item, this.axis] = [item, axis];
  }

  sample(clock: number, song_s: number, values: number[]): void {
    if (this.rows.length === 0) this.since = clock;
    const time = Math.max(0, Math.round(song_s * SONG_DECIMALS) / SONG_DECIMALS);
    const rounded = values.map((value) => Math.round(value * VALUE_DECIMALS) / VALUE_DECIMALS);
    this.rows.push([Math.round(clock * 10) / 10, time, ...rounded]);
    if (clock - this.since >= KEEP_MS) this.flush();
  }

  mark(name: MarkName, song_s: number): void {
    this.flush();
    const { item, axis } = this;
    this.outbox.add({ kind: "mark", clock_ms: clockMs(), name, item, axis, song_s: Math.max(0, song_s) });
  }

  /** Note which device moves the slider, if it is another than before. */
  moved(device: Device): void {
    if (device === this.device) return;
    this.device = device;
    this.flush();
    this.outbox.add({ kind: "input", clock_ms: clockMs(), device });
  }

  finish(): void {
    this.flush();
    this.outbox.add({ kind: "pass", clock_ms: clockMs(), item: this.item, axis: this.axis });
  }

  flush(): void {
    if (this.rows.length === 0) return;
    const rows = this.rows.splice(0);
    this.outbox.add({ kind: "samples", item: this.item, axis: this.axis, first: this.count, rows });
    this.count += rows.length;
  }
}
