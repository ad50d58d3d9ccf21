// All rows since the start, to be saved as `moodcurve live -o` records them; see moodcurve/live/recording.py.

import type { LiveRow } from "../server/types";

// prettier-ignore
export const COLUMNS = [
  "time_s", "clock", "arousal", "valence", "arousal_low", "arousal_high", "valence_low", "valence_high", "silent",
  "quadrant", "words",
] as const;

export class Recording {
  /** JSON of each row. */
  private lines: string[] = [];
  private saved = 0;

  get length(): number {
    return this.lines.length;
  }

  get isSaved(): boolean {
    return this.saved === this.lines.length;
  }

  add(line: string): void {
    this.lines.push(line);
  }

  clear(): void {
    this.lines = [];
    this.saved = 0;
  }

  /** The rows as a file. */
  file(format: "csv" | "jsonl"): Blob {
    this.saved = this.lines.length;
    const lines = format === "jsonl" ? this.lines : [COLUMNS.join(","), ...this.lines.map(csvLine)];
    return new Blob([lines.map((line) => `${line}\n`).join("")], {
      type: format === "csv" ? "text/csv" : "application/jsonl",
    });
  }

  /** The first row, which names the file. */
  get first(): LiveRow | null {
    return this.lines[0] === undefined ? null : (JSON.parse(this.lines[0]) as LiveRow);
  }
}

function csvLine(line: string): string {
  const row = JSON.parse(line) as LiveRow;
  const values = { ...row, silent: Number(row.silent), words: row.words.join(";") };
  return COLUMNS.map((name) => String(values[name] ?? "")).join(",");
}

/** Let the browser save a file. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
