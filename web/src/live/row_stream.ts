// Rows and notices of a session as server-sent events. A connection that breaks or falls silent is opened again after
// the last event, so that none is lost.

import type { LiveNotice, LiveRow } from "../server/types";

/** The server sends something every five seconds. */
const SILENT_MS = 12_000;
const CHECK_MS = 2000;

export interface StreamHandlers {
  /** `line` is the row as JSON. */
  row(row: LiveRow, line: string): void;
  notice(notice: LiveNotice): void;
  ended(notice: LiveNotice): void;
  connected(connected: boolean): void;
  /** The server refused the connection: it may not know the session any more. It is tried again until `close`. */
  gone(): void;
}

export class RowStream {
  private source: EventSource | null = null;
  private last = 0;
  private heardAt = 0;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly url: string,
    private readonly handlers: StreamHandlers,
  ) {
    this.timer = setInterval(() => this.check(), CHECK_MS);
    this.open();
  }

  close(): void {
    clearInterval(this.timer);
    this.source?.close();
    this.source = null;
  }

  private open(): void {
    this.source?.close();
    this.heardAt = Date.now();
    const source = new EventSource(this.last > 0 ? `${this.url}?after=${this.last}` : this.url);
    this.source = source;
    const on = (name: string, handle: (text: string) => void): void =>
      source.addEventListener(name, (event) => {
        if (this.source !== source || !(event instanceof MessageEvent)) return;
        this.heardAt = Date.now();
        this.last = Number(event.lastEventId) || this.last;
        handle(String(event.data));
      });
    on("row", (text) => this.handlers.row(JSON.parse(text) as LiveRow, text));
    on("notice", (text) => this.handlers.notice(JSON.parse(text) as LiveNotice));
    on("ended", (text) => {
      this.close();
      this.handlers.ended(JSON.parse(text) as LiveNotice);
    });
    on("ping", () => undefined);
    source.addEventListener("open", () => this.handlers.connected(true));
    source.addEventListener("error", () => {
      if (this.source !== source) return;
      this.handlers.connected(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again
      this.heardAt = 0;
      this.handlers.gone();
    });
  }

  private check(): void {
    if (Date.now() - this.heardAt <= SILENT_MS) return;
    this.handlers.connected(false);
    this.open();
  }
}
