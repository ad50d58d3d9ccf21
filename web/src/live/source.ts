// What the live page shows: a microphone of this browser, or what the server hears.

import type { LiveNotice, LiveRow } from "../server/types";

export interface Status {
  kind: "idle" | "starting" | "live" | "waiting" | "error";
  text: string;
}

export interface LiveHandlers {
  row(row: LiveRow, line: string): void;
  notice(notice: LiveNotice): void;
  status(status: Status): void;
  /** The root mean square of the last moment, full scale 1. */
  level(level: number): void;
  /** A device was opened, so that the names of all are known. */
  opened(): void;
  /** It ended by itself. */
  stopped(status: Status): void;
}

export interface LiveSource {
  stop(): void;
  /** Go on after the page was hidden. */
  resume(): void;
}
