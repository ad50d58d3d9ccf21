// Sends sound to the server: one request at a time, each with all that came meanwhile. What could not be sent is kept
// for a minute and sent again; a server that does not know the session gets a new one.

import { ApiError, ConnectionError, isAbort, StatusError } from "../server/api";
import { beginLive, endLive, sendSound } from "../server/live_api";
import type { LiveSession } from "../server/types";
import type { AudioChunk } from "./microphone";

/** Sound that is kept while the server cannot be reached, in seconds. */
const KEPT_S = 60;
/** Sound in one request, in seconds. */
const MAX_REQUEST_S = 5;
const RETRY_MS = [300, 1000, 2000, 4000];

export interface SenderHandlers {
  /** A session has begun; the second and later ones continue the first. */
  began(session: LiveSession): void;
  /** The server could not be reached, or can be again. */
  connected(connected: boolean): void;
  /** The server refuses the sound, for a reason that does not pass by itself. */
  refused(reason: string): void;
}

export class Sender {
  private readonly waiting: AudioChunk[] = [];
  private session: LiveSession | null = null;
  /** Sample rate of the session. */
  private rate = 0;
  private readonly stopped = new AbortController();
  private failures = 0;
  private busy = false;

  constructor(private readonly handlers: SenderHandlers) {}

  push(piece: AudioChunk): void {
    this.waiting.push(piece);
    while (piece.time - this.waiting[0]!.time > 1000 * KEPT_S) this.waiting.shift();
    if (!this.busy) void this.send();
  }

  /** End the session, also while the page is being closed. */
  stop(): void {
    this.stopped.abort();
    this.endSession();
  }

  private endSession(): void {
    if (this.session !== null) endLive(this.session.live);
    this.session = null;
  }

  private async send(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0 && !this.stopped.signal.aborted) {
      try {
        await this.sendNext();
        if (this.failures > 0) this.handlers.connected(true);
        this.failures = 0;
      } catch (error) {
        if (isAbort(error)) break;
        if (!(await this.recover(error))) break;
      }
    }
    this.busy = false;
  }

  private async sendNext(): Promise<void> {
    const { signal } = this.stopped;
    const pieces = contiguous(this.waiting);
    const { rate } = pieces[0]!;
    if (rate !== this.rate) this.endSession(); // another device: its sound needs a session of its own
    if (this.session === null) {
      const session = await beginLive(rate, signal);
      if (signal.aborted) return endLive(session.live);
      [this.session, this.rate] = [session, rate];
      this.handlers.began(session);
    }
    const last = pieces.at(-1)!;
    const age = Math.max(0, Date.now() - last.time) / 1000;
    await sendSound(this.session, pieces[0]!.at, age, joined(pieces), signal);
    this.waiting.splice(0, this.waiting.indexOf(last) + 1);
  }

  /** Wait until a request may be tried again; return false if there is no use. */
  private async recover(error: unknown): Promise<boolean> {
    const status = error instanceof StatusError ? error.status : 0;
    if (status === 404) {
      this.session = null; // the server was started again, or the connection was lost for too long
      return true;
    }
    const passes = error instanceof ConnectionError || status === 429 || status === 408 || status >= 500;
    if (!passes || (status === 429 && this.session === null)) {
      this.handlers.refused(error instanceof ApiError ? error.message : String(error));
      return false;
    }
    if (this.failures === 1) this.handlers.connected(false);
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
    return true;
  }
}

/** The first pieces that follow each other without a gap, as many as fit into a request. */
function contiguous(pieces: AudioChunk[]): AudioChunk[] {
  const found: AudioChunk[] = [];
  for (const piece of pieces) {
    const [first, before] = [found[0] ?? piece, found.at(-1)];
    const follows = before === undefined || before.at + before.samples.length === piece.at;
    const length = piece.at + piece.samples.length - first.at;
    if (!follows || piece.rate !== first.rate || length > MAX_REQUEST_S * piece.rate) break;
    found.push(piece);
  }
  return found;
}

function joined(pieces: AudioChunk[]): Int16Array<ArrayBuffer> {
  const all = new Int16Array(pieces.reduce((sum, { samples }) => sum + samples.length, 0));
  let end = 0;
  for (const { samples } of pieces) {
    all.set(samples, end);
    end += samples.length;
  }
  return all;
}
