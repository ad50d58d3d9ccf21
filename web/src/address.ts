// What the address names: #/ the start, #/hear/song-27/job-… one song or two, #/library.

export type Place = { view: "start" } | { view: "library" } | { view: "song"; tokens: string[] };

const TOKEN = /^(song-\d+|job-[\w-]+)$/;

export function placeOf(hash: string): Place {
  const [, view = "", ...parts] = hash.split("/");
  if (view === "library") return { view };
  const tokens = parts.filter((token) => TOKEN.test(token)).slice(0, 2);
  return view === "hear" && tokens.length > 0 ? { view: "song", tokens } : { view: "start" };
}

export function addressOf(tokens: string[]): string {
  return tokens.length === 0 ? "#/" : `#/hear/${tokens.join("/")}`;
}
