// The browser's microphone, as pieces of sound on a timeline. The browser's own filters for speech are off.

import workletUrl from "./capture.worklet.ts?worker&url";
import type { Captured } from "./capture.worklet";
import { Timeline } from "./timeline";

export interface AudioChunk {
  /** Position of its first sample since the start; time in which the device sent nothing counts. */
  at: number;
  /** Sample rate in Hz. */
  rate: number;
  samples: Int16Array<ArrayBuffer>;
  /** When its last sample came, in milliseconds since 1970. */
  time: number;
}

export interface MicrophoneHandlers {
  piece(piece: AudioChunk): void;
  level(level: number): void;
  /** The device is gone, or the system took it: nothing more comes until it is opened again. */
  lost(): void;
  /** The system paused the sound, as during a phone call. */
  paused(paused: boolean): void;
}

export class Microphone {
  private constructor(
    private readonly context: AudioContext,
    private readonly stream: MediaStream,
    private readonly node: AudioWorkletNode,
  ) {}

  /** Ask for a microphone and listen; `device` is empty for the system's default. */
  static async open(device: string, timeline: Timeline, handlers: MicrophoneHandlers): Promise<Microphone> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints(device) });
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule(workletUrl);
    } catch (error) {
      stop(stream, context);
      throw error;
    }
    const node = new AudioWorkletNode(context, "capture");
    timeline.setRate(context.sampleRate);
    node.port.onmessage = ({ data }: MessageEvent<Captured>): void => {
      handlers.level(data.level);
      const { samples, time } = data;
      handlers.piece({ at: timeline.place(samples.length, time), rate: context.sampleRate, samples, time });
    };
    context.createMediaStreamSource(stream).connect(node);
    node.connect(context.destination); // silence; some browsers run only what is connected
    context.onstatechange = (): void => {
      if (context.state !== "closed") handlers.paused(context.state !== "running");
    };
    for (const track of stream.getTracks()) track.onended = handlers.lost;
    await context.resume();
    return new Microphone(context, stream, node);
  }

  get name(): string {
    return this.stream.getAudioTracks()[0]?.label ?? "";
  }

  get device(): string {
    return this.stream.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** Go on after the system paused the sound. */
  resume(): void {
    if (this.context.state !== "closed") void this.context.resume();
  }

  close(): void {
    this.node.port.onmessage = null;
    this.context.onstatechange = null;
    for (const track of this.stream.getTracks()) track.onended = null;
    stop(this.stream, this.context);
  }
}

/** Why this page cannot use a microphone; empty if it can. */
export function unavailable(): string {
  if (!isSecureContext)
    return `Browsers give the microphone only to pages at https:// or localhost. Open http://localhost:${location.port || 80} on the server's own computer, or put the server behind https (see docs/web.md).`;
  if (!("mediaDevices" in navigator) || !("AudioWorkletNode" in window))
    return "This browser cannot use a microphone on a page.";
  return "";
}

/** Input devices; their names are known only after the first permission. */
export async function inputDevices(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "");
}

/** Why a microphone could not be opened, for the user. */
export function openingError(error: unknown): string {
  const reasons: Record<string, string> = {
    NotAllowedError: "The microphone was denied. Allow it in the browser's settings for this page, then start again.",
    NotFoundError: "No microphone was found. Connect one, then start again.",
    NotReadableError: "The microphone cannot be opened. Another program may be using it.",
    OverconstrainedError: "This microphone is not there any more. Choose another one.",
  };
  const name = error instanceof DOMException ? error.name : "";
  return reasons[name] ?? `The microphone cannot be opened: ${String(error)}`;
}

function constraints(device: string): MediaTrackConstraints {
  const filters = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return { ...filters, channelCount: { ideal: 2 }, ...(device === "" ? {} : { deviceId: { exact: device } }) };
}

function stop(stream: MediaStream, context: AudioContext): void {
  for (const track of stream.getTracks()) track.stop();
  void context.close();
}
