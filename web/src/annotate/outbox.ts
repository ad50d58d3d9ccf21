// Send events to the server in numbered pieces: each is kept in the browser until the server has it on its disk.

import { PieceStore, type Piece } from "./piece_store";
import type { RaterEvent } from "./types";

const SEND_EVERY_MS = 1000;
const LONGEST_WAIT_MS = 5000;
/** Longest time for a request: a lost network may not answer at all. */
const TIMEOUT_MS = 10_000;
const MAX_PIECES = 200;
/** Answers that another try does not change. */
const FINAL = [400, 401, 403, 409, 410, 413, 422];
/** The answer if a piece is missing before those that were sent. */
const GAP = 409;

export interface OutboxState {
  /** Number of pieces that the server does not have yet. */
  pending: number;
  /** True while the server cannot be reached. */
  offline: boolean;
  /** Why nothing more can be sent, or an empty text. */
  stopped: string;
  /** False if a reload would lose what is pending. */
  durable: boolean;
}

export class Outbox {
  private readonly client = randomName();
  private number = 0;
  private pending: Piece[] = [];
  private sending = false;
  private timer = 0;
  private waitMs = SEND_EVERY_MS;
  private offline = false;
  private stopped = "";
  private durable: boolean;
  private waiting: (() => void)[] = [];
  get isPending(): boolean {
    return this.pending.length > 0;
  }

  onChange: (state: OutboxState) => void = () => undefined;

  private constructor(
    private readonly rater: string,
    private readonly store: PieceStore,
  ) {
    this.durable = store.isDurable;
  }

  /** Open the outbox of a rater, with what earlier pages could not send. */
  static async open(rater: string): Promise<Outbox> {
    const store = await PieceStore.open(rater);
    const outbox = new Outbox(rater, store);
    outbox.pending = await store.left();
    addEventListener("online", () => outbox.sendSoon(0));
    return outbox;
  }

  add(...events: RaterEvent[]): void {
    const piece = { client: this.client, number: this.number++, events };
    this.pending.push(piece);
    this.store.add(piece).catch(() => {
      this.durable = false;
      this.report();
    });
    this.sendSoon(this.waitMs);
  }

  /** Send what is pending, and wait until the server has it. */
  async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    this.sendSoon(0);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Send what fits while the page is closed; the store keeps it for the next page in any case. */
  sendLast(): void {
    const batch = this.batch();
    if (batch.length === 0 || this.stopped !== "") return;
    void fetch("api/rater/pieces", { ...this.request(batch), keepalive: true }).catch(() => undefined);
  }

  private sendSoon(waitMs: number): void {
    if (this.stopped !== "") return;
    if (this.timer !== 0 && waitMs > 0) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), waitMs);
  }

  private async send(): Promise<void> {
    this.timer = 0;
    if (this.sending || this.stopped !== "") return;
    this.sending = true;
    try {
      while (this.pending.length > 0) await this.sendBatch();
      this.offline = false;
      this.waitMs = SEND_EVERY_MS;
      for (const resolve of this.waiting.splice(0)) resolve();
    } catch (error) {
      if (error instanceof FinalError) this.stopped = error.message;
      this.offline = this.stopped === "";
      this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
    } finally {
      this.sending = false;
      this.report();
      if (this.pending.length > 0) this.sendSoon(this.waitMs);
    }
  }

  private async sendBatch(): Promise<void> {
    const batch = this.batch();
    const { client } = batch[0]!;
    const post = (gap: boolean): Promise<Response> =>
      fetch("api/rater/pieces", { ...this.request(batch, gap), signal: AbortSignal.timeout(TIMEOUT_MS) });
    let response = await post(false);
    // what the browser of an earlier page did not keep is lost; what came after it is not
    if (response.status === GAP) response = await post(true);
    if (!response.ok) {
      const { detail } = (await response.json().catch(() => ({ detail: response.statusText }))) as { detail: string };
      throw FINAL.includes(response.status) ? new FinalError(detail) : new Error(detail);
    }
    const { received } = (await response.json()) as { received: number };
    this.pending = this.pending.filter((piece) => piece.client !== client || piece.number > received);
    await this.store.remove(client, received);
  }

  /** The oldest pieces, all of one page. */
  private batch(): Piece[] {
    const client = this.pending[0]?.client;
    return this.pending.filter((piece) => piece.client === client).slice(0, MAX_PIECES);
  }

  private request(batch: Piece[], gap = false): RequestInit {
    const pieces = batch.map(({ number, events }) => ({ number, events }));
    const body = JSON.stringify({ rater: this.rater, client: batch[0]!.client, gap, pieces });
    return { method: "POST", headers: { "Content-Type": "application/json" }, body };
  }

  private report(): void {
    const { offline, stopped, durable } = this;
    this.onChange({ pending: this.pending.length, offline, stopped, durable });
  }
}

class FinalError extends Error {}

/** A random name; crypto.randomUUID is missing without HTTPS. */
function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
