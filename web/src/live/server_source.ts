// What the server hears itself: connects again after a cut and to a server that was started again.

import { errorText } from "../server/api";
import { liveInfo } from "../server/live_api";
import { RowStream } from "./row_stream";
import type { LiveHandlers, LiveSource } from "./source";

const AGAIN_MS = 2000;

export class ServerSource implements LiveSource {
  private stream: RowStream | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly handlers: LiveHandlers) {
    handlers.status({ kind: "starting", text: "Connecting." });
    void this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.stream?.close();
  }

  resume(): void {
    // its stream looks after itself
  }

  private async open(): Promise<void> {
    try {
      const { source } = await liveInfo();
      if (this.stopped) return;
      if (source === null) {
        this.stop();
        this.handlers.stopped({ kind: "error", text: "The server does not listen any more." });
      } else this.follow(source.events, source.name);
    } catch (error) {
      if (this.stopped) return;
      this.handlers.status({ kind: "waiting", text: `${errorText(error)} Trying again.` });
      this.timer = setTimeout(() => void this.open(), AGAIN_MS);
    }
  }

  private follow(events: string, name: string): void {
    const { handlers } = this;
    const waiting = { kind: "starting", text: `The server listens to ${name}; waiting for values.` } as const;
    this.stream = new RowStream(events, {
      row: (row, line) => {
        handlers.status({ kind: "live", text: row.silent ? "Silent." : `The server listens to ${name}.` });
        handlers.row(row, line);
      },
      notice: handlers.notice,
      ended: ({ text }) => {
        this.stop();
        handlers.stopped({ kind: "idle", text: `It ended: ${text}.` });
      },
      connected: (connected) =>
        handlers.status(connected ? waiting : { kind: "waiting", text: "The connection is cut; connecting again." }),
      gone: () => {
        this.stream?.close(); // a server that was started again has another id for it
        this.timer = setTimeout(() => void this.open(), AGAIN_MS);
      },
    });
  }
}
