// What raters' pages receive from the server and send to it; moodcurve/annotate/events.py checks it.

export type Axis = "arousal" | "valence" | "both";
export type Device = "mouse" | "touch" | "pen" | "keyboard" | "gamepad";

export interface Question {
  id: string;
  text: string;
  kind: "choice" | "scale" | "number" | "text";
  options: string[];
  labels: string[];
  low: number;
  high: number;
  required: boolean;
}

export interface Study {
  title: string;
  practice_s: number;
  whole_song: boolean;
  training: boolean;
  headphones: "off" | "record" | "require";
  consent: string;
  before: Question[];
  after: Question[];
}

/** How far a rater is. */
export interface Progress {
  study: Study;
  rater: string;
  started: boolean;
  /** Number of songs, with repeats. */
  items: number;
  axes: Axis[];
  /** Kinds of events that the server has. */
  steps: string[];
  headphones: [number, number] | null;
  finished: [number, Axis][];
  rated: number[];
  /** Item, axis, song time and values of the last sample of unfinished passes. */
  positions: [number, Axis, number, ...number[]][];
}

/** Clock in ms, song time in s, and one value or two. */
export type Row = number[];
export type Answer = string | number;

export type RaterEvent =
  | {
      kind: "opened";
      clock_ms: number;
      unix_ms: number;
      agent: string;
      width: number;
      height: number;
      pixel_ratio: number;
      touch: boolean;
    }
  | { kind: "samples"; item: number; axis: Axis; first: number; rows: Row[] }
  | { kind: "mark"; clock_ms: number; name: MarkName; item: number; axis: Axis; song_s: number }
  | { kind: "pass"; clock_ms: number; item: number; axis: Axis }
  | { kind: "rating"; clock_ms: number; item: number; arousal: number; valence: number }
  | { kind: "answers"; clock_ms: number; part: "before" | "after"; answers: Record<string, Answer> }
  | { kind: "headphones"; clock_ms: number; correct: number; trials: number }
  | { kind: "input"; clock_ms: number; device: Device }
  | { kind: "trained" | "finished"; clock_ms: number };

export type MarkName = "play" | "pause" | "hidden" | "waiting" | "end";

export const EXAMPLE_ITEM = -1;

/** The time of this page's clock, in milliseconds with one decimal. */
export function clockMs(): number {
  return Math.round(performance.now() * 10) / 10;
}
