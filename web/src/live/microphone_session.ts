// A microphone of this browser with its session at the server: keeps both going, and says what is going on.

import { Microphone, openingError } from "./microphone";
import { RowStream } from "./row_stream";
import { Sender } from "./sender";
import type { LiveHandlers, LiveSource, Status } from "./source";
import type { Timeline } from "./timeline";

/** Time between two attempts to open a device that was lost. */
const AGAIN_MS = 2000;

export class MicrophoneSession implements LiveSource {
  private microphone: Microphone | null = null;
  private stream: RowStream | null = null;
  private readonly sender: Sender;
  private stopped = false;
  private lost = false;
  private paused = false;
  private offline = false;
  private silent: boolean | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private device: string,
    private readonly timeline: Timeline,
    private readonly handlers: LiveHandlers,
  ) {
    this.sender = new Sender({
      began: ({ events }) => this.follow(events),
      connected: (connected) => this.update(() => (this.offline = !connected)),
      refused: (reason) => this.fail(reason),
    });
    handlers.status({ kind: "starting", text: "Waiting for the microphone: allow it if the browser asks." });
    void this.open();
  }

  get name(): string {
    return this.microphone?.name ?? "";
  }

  get openDevice(): string {
    return this.microphone?.device ?? this.device;
  }

  /** Listen to another device. */
  async choose(device: string): Promise<void> {
    this.device = device;
    this.microphone?.close();
    this.microphone = null;
    await this.open();
  }

  /** Go on if the system paused the sound. */
  resume(): void {
    if (this.paused) this.microphone?.resume();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.microphone?.close();
    this.stream?.close();
    this.sender.stop();
    this.handlers.level(0);
  }

  private async open(): Promise<void> {
    clearTimeout(this.timer);
    const { device } = this;
    try {
      const opened = await Microphone.open(device, this.timeline, {
        piece: (piece) => this.sender.push(piece),
        level: this.handlers.level,
        lost: () => this.lose(),
        paused: (paused) => this.update(() => (this.paused = paused)),
      });
      if (this.stopped || device !== this.device) return opened.close();
      this.microphone = opened;
      this.update(() => (this.lost = false));
      this.handlers.opened();
    } catch (error) {
      if (this.stopped || device !== this.device) return;
      if (this.lost) this.timer = setTimeout(() => void this.open(), AGAIN_MS);
      else this.fail(openingError(error));
    }
  }

  private lose(): void {
    this.microphone?.close();
    this.microphone = null;
    this.handlers.level(0);
    this.update(() => (this.lost = true));
    this.timer = setTimeout(() => void this.open(), AGAIN_MS);
  }

  private follow(events: string): void {
    this.stream?.close();
    this.stream = new RowStream(events, {
      row: (row, line) => {
        this.update(() => (this.silent = row.silent));
        this.handlers.row(row, line);
      },
      notice: this.handlers.notice,
      ended: this.handlers.notice,
      connected: () => undefined, // the sender notices first
      gone: () => undefined, // the sender begins another session, if there is no more
    });
    this.update(() => undefined);
  }

  private fail(text: string): void {
    this.stop();
    this.handlers.stopped({ kind: "error", text });
  }

  private update(change: () => void): void {
    change();
    if (!this.stopped) this.handlers.status(this.status());
  }

  private status(): Status {
    if (this.lost) return { kind: "waiting", text: "The microphone is gone; waiting for it." };
    if (this.offline) return { kind: "waiting", text: "The server cannot be reached; the last minute is kept for it." };
    if (this.paused) return { kind: "waiting", text: "The system paused the microphone." };
    if (this.silent === null) return { kind: "starting", text: "Listening; the first values come after a second." };
    if (this.silent) return { kind: "live", text: "Silent." };
    return { kind: "live", text: `Listening to ${this.name || "the microphone"}.` };
  }
}
