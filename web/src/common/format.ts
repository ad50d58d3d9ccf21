// Format times, values and names, as the report and the command line do.

/** Format a position as 1:05 or 1:02:03, rounded down. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds + 1e-6);
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Format a duration as 1:05 or 1:02:03, rounded as on the command line. */
export function duration(seconds: number): string {
  return clock(Math.round(seconds));
}

/** Format a value with sign (a true minus) and two decimals; zero has no sign. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return text === "0.00" ? text : (value < 0 ? "−" : "+") + text;
}

export function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

export function pluralize(number: number, word: string): string {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

/** Replace line breaks, control characters and bidirectional marks in text from a file or tag. */
export function displayText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, " ").trim();
}

/** Write a message of the server as a sentence. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.?$/, ".");
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20).toLocaleString("en")} MB`;
}

/** The title of a song, or its file name if it has none. */
export function songName({ title, file }: { title: string | null; file: string }): string {
  return displayText(title ?? file);
}
