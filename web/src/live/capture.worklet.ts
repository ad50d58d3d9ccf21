// Runs in the browser's audio thread: mixes the microphone's channels to one, and posts pieces of a tenth of a second.

declare const sampleRate: number;
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

export interface Captured {
  /** Full scale is ±32768. */
  samples: Int16Array<ArrayBuffer>;
  /** Root mean square, full scale 1. */
  level: number;
  /** When the last sample came, in milliseconds since 1970. */
  time: number;
}

const PIECE = Math.round(0.1 * sampleRate);

class Capture extends AudioWorkletProcessor {
  private samples = new Int16Array(PIECE);
  private count = 0;
  private power = 0;

  process([channels = []]: Float32Array[][]): boolean {
    const length = channels[0]?.length ?? 0;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i]!;
      this.add(sum / channels.length);
    }
    return true;
  }

  private add(value: number): void {
    this.samples[this.count++] = Math.max(-32768, Math.min(32767, Math.round(32768 * value)));
    this.power += value * value;
    if (this.count < PIECE) return;
    const { samples } = this; // its memory goes to the page
    const piece: Captured = { samples, level: Math.sqrt(this.power / PIECE), time: Date.now() };
    this.port.postMessage(piece, [samples.buffer]);
    this.samples = new Int16Array(PIECE);
    this.count = this.power = 0;
  }
}

registerProcessor("capture", Capture);
