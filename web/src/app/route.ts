// What the address names: #/ the start, #/hear/song-27/job-… one song or two, #/hear a file that is sent, #/library.

export type Place = { view: "start" } | { view: "sending" } | { view: "library" } | { view: "song"; tokens: string[] };

export const SENDING = "#/hear";
const TOKEN = /^(song-\d+|job-[\w-]+)$/;

export function placeOf(hash: string): Place {
  const [, view = "", ...parts] = hash.split("/");
  if (view === "library") return { view };
  const tokens = parts.filter((token) => TOKEN.test(token)).slice(0, 2);
  if (view !== "hear") return { view: "start" };
  return tokens.length > 0 ? { view: "song", tokens } : { view: "sending" };
}

export function addressOf(tokens: string[]): string {
  return tokens.length === 0 ? "#/" : `#/hear/${tokens.join("/")}`;
}
