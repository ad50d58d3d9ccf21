// Load and play songs. A song is loaded whole before it starts, so that a lost network does not stop it.

const RETRY_MS = 2000;

export class Songs {
  private readonly loaded = new Map<number, Promise<Blob>>();

  /** Load a song; try again until the server answers. `lost` is called when it does not. */
  load(item: number, lost: () => void = () => undefined): Promise<Blob> {
    let blob = this.loaded.get(item);
    if (blob === undefined) {
      blob = fetchSong(item, lost);
      // a song that the server refuses may be asked for again
      blob.catch(() => this.loaded.delete(item));
      this.loaded.set(item, blob);
    }
    return blob;
  }

  /** Forget all songs but these, which hold much memory, and load what is missing. */
  keep(...items: number[]): void {
    for (const item of [...this.loaded.keys()]) if (!items.includes(item)) this.loaded.delete(item);
    for (const item of items) this.load(item).catch(() => undefined);
  }
}

async function fetchSong(item: number, lost: () => void): Promise<Blob> {
  for (;;) {
    const response = await fetch(`api/rater/audio/${item}`).catch(() => null);
    if (response?.ok) {
      const blob = await response.blob().catch(() => null);
      if (blob !== null) return blob;
    } else if (response !== null && response.status < 500 && response.status !== 429) {
      const { detail } = (await response.json()) as { detail: string };
      throw new Error(detail);
    }
    lost();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Plays one song. */
export class Playback {
  readonly audio = new Audio();
  private readonly url: string;

  constructor(blob: Blob) {
    this.url = URL.createObjectURL(blob);
    this.audio.preload = "auto";
    this.audio.id = "song";
    this.audio.src = this.url;
  }

  /** Wait until the length is known; rejected if the browser cannot play the song. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.audio.readyState >= HTMLMediaElement.HAVE_METADATA) return resolve();
      this.audio.addEventListener("loadedmetadata", () => resolve(), { once: true });
      this.audio.addEventListener("error", () => reject(new Error("This browser cannot play the song.")), {
        once: true,
      });
    });
  }

  get lengthS(): number {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
  }

  close(): void {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
    URL.revokeObjectURL(this.url);
  }
}
