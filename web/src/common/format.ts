// Times, values and names as words that a person reads: as the report and the command line write them.

/** Minutes and seconds, with hours where there are any. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 1e-6);
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** How long a song is, rounded as the command line has it; `clock` is for moments, and never ahead of them. */
export function duration(seconds: number): string {
  return clock(Math.round(seconds));
}

/** A value with its sign, a true minus, and two decimals; zero has no sign. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === "0.00" ? text : (value < 0 ? "−" : "+") + text;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

export function counted(number: number, word: string): string {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** A name on one line, without the marks that turn the direction of writing. */
export function shown(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, " ").trim();
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString("en")} MB`;
}

/** The title of a song, or the name of its file where it has none. */
export function songName({ title, file }: { title: string | null; file: string }): string {
  return shown(title ?? file);
}
