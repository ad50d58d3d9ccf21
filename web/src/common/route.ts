// Routes in the address: #/ (start), #/listen/song-27/job-… (one or two songs), #/listen (an upload), #/library, #/live,
// #/playlist/12-7-30 (songs in order), #/playlist/around/12 (a new list around a song).

export type Route =
  | { view: "start" }
  | { view: "upload" }
  | { view: "library" }
  | { view: "live" }
  | { view: "playlist"; songs: number[]; around?: number }
  | { view: "song"; tokens: string[] };

export const UPLOAD_ROUTE = "#/listen";
const TOKEN = /^(song-\d+|job-[\w-]+)$/;

export function parseRoute(hash: string): Route {
  const [, view = "", ...parts] = hash.split("/");
  if (view === "library" || view === "live") return { view };
  if (view === "playlist" && parts[0] === "around" && isId(parts[1] ?? ""))
    return { view, songs: [], around: Number(parts[1]) };
  if (view === "playlist") return { view, songs: (parts[0] ?? "").split("-").filter(isId).map(Number) };
  const tokens = parts.filter((token) => TOKEN.test(token)).slice(0, 2);
  if (view !== "listen") return { view: "start" };
  return tokens.length > 0 ? { view: "song", tokens } : { view: "upload" };
}

export function playlistRoute(songs: number[]): string {
  return songs.length === 0 ? "#/playlist" : `#/playlist/${songs.join("-")}`;
}

/** The address that makes a playlist around a song. */
export function aroundRoute(song: number): string {
  return `#/playlist/around/${song}`;
}

function isId(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

export function songRoute(tokens: string[]): string {
  return tokens.length === 0 ? "#/" : `#/listen/${tokens.join("/")}`;
}
