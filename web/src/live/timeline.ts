// Positions of pieces of sound since the start, in samples. Time in which the device sent nothing is left out.

/** A pause longer than this is a gap; shorter ones are delays within the browser. */
const GAP_MS = 1000;
/** The device's clock may differ from the system's by up to this fraction. */
const DRIFT = 1e-3;

export class Timeline {
  private rate = 0;
  private next = 0;
  /** The system's clock at position 0, as the earliest pieces have it; unknown after a change of rate. */
  private began: number | null = null;

  /** Set the sample rate; a new one keeps the time, in other units. */
  setRate(rate: number): void {
    if (this.rate !== 0) this.next = Math.round((this.next * rate) / this.rate);
    this.rate = rate;
  }

  /** The position of the first of `length` samples, of which the last came at a time in milliseconds. */
  place(length: number, time: number): number {
    const lengthMs = (1000 * length) / this.rate;
    const began = time - lengthMs - (1000 * this.next) / this.rate;
    if (this.began === null) this.began = began;
    else if (began > this.began + GAP_MS) this.next += Math.round(((began - this.began) * this.rate) / 1000);
    else this.began = Math.min(began, this.began + DRIFT * lengthMs);
    const at = this.next;
    this.next += length;
    return at;
  }
}
