// The waveform, by wavesurfer.js, around an audio element that is the page's own.

import WaveSurfer from "wavesurfer.js";
import { color } from "./dom";

/** Longer sound is not decoded for its waveform: at 8 kHz this is 230 MB for two channels. */
export const LONGEST_S = 60 * 60;
const DECODED_HZ = 8000;
const PEAKS_PER_S = 100;

const RULES = `
:host { user-select: none; min-width: 1px; }
.scroll { overflow-x: auto; overflow-y: hidden; width: 100%; position: relative; }
.noScrollbar { scrollbar-color: transparent; scrollbar-width: none; }
.noScrollbar::-webkit-scrollbar { display: none; }
.wrapper { position: relative; overflow: visible; z-index: 2; }
.canvases { pointer-events: none; min-height: 100%; }
.canvases > div { position: relative; }
canvas { display: block; position: absolute; top: 0; }
.progress { pointer-events: none; position: absolute; z-index: 2; top: 0; left: 0; width: 0; height: 100%; overflow: hidden; }
.progress > div { position: relative; }
.cursor { display: none; }
`;

export interface Wave {
  /**
   * Play a file of the reader's own, or an address of the server, at once; draw its waveform if `drawn` asks for one.
   * Tells whether one was drawn: not where the browser cannot decode the sound, or another was asked for meanwhile.
   */
  load(source: Blob | string, drawn: boolean): Promise<boolean>;
  view(from: number, to: number): void;
  /** Forget the sound. */
  clear(): void;
  /** Take the colors of the style sheet anew. */
  recolor(): void;
}

export function createWave(home: HTMLElement, audio: HTMLAudioElement): Wave {
  const wave = WaveSurfer.create({
    container: home,
    media: audio,
    height: home.clientHeight || 58,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    normalize: true,
    cursorWidth: 0,
    interact: false,
    autoScroll: false,
    hideScrollbar: true,
    fillParent: false,
    ...colors(),
  });
  const root = wave.getWrapper().getRootNode();
  if (root instanceof ShadowRoot) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(RULES);
    root.adoptedStyleSheets = [sheet];
  }
  let [from, to] = [0, 1];
  let drawn = false;
  let load = 0;
  let own = "";

  function place(): void {
    if (!drawn || home.clientWidth === 0) return;
    const perSecond = home.clientWidth / (to - from);
    if (Math.abs((wave.options.minPxPerSec || 0) - perSecond) > 1e-6) wave.zoom(perSecond);
    wave.setScroll(from * perSecond);
  }

  function clear(): void {
    load++;
    drawn = false;
    wave.empty();
    audio.removeAttribute("src");
    if (own !== "") URL.revokeObjectURL(own);
    own = "";
  }

  new ResizeObserver(place).observe(home);

  return {
    async load(source, wanted) {
      clear();
      const mine = load;
      own = typeof source === "string" ? "" : URL.createObjectURL(source);
      audio.src = typeof source === "string" ? source : own;
      if (!wanted) return false;
      const sound = await decoded(source);
      if (sound === null || mine !== load) return false;
      await wave.load(audio.src, [peaks(sound)], sound.duration);
      drawn = mine === load;
      place();
      return drawn;
    },
    view(nextFrom, nextTo) {
      [from, to] = [nextFrom, nextTo];
      place();
    },
    clear,
    recolor() {
      wave.setOptions(colors());
      place();
    },
  };
}

function colors(): { waveColor: string; progressColor: string } {
  return { waveColor: color("wave-rms"), progressColor: color("ink") };
}

async function decoded(source: Blob | string): Promise<AudioBuffer | null> {
  try {
    const bytes = await (typeof source === "string" ? await fetch(source) : source).arrayBuffer();
    return await new OfflineAudioContext(1, 1, DECODED_HZ).decodeAudioData(bytes);
  } catch {
    return null; // the player itself tells whether the sound can be heard
  }
}

/** The highest swing of any channel in each hundredth of a second. */
function peaks(sound: AudioBuffer): Float32Array {
  const highest = new Float32Array(Math.max(1, Math.ceil(sound.duration * PEAKS_PER_S)));
  const each = sound.length / highest.length;
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    sound.getChannelData(channel).forEach((value, i) => {
      const bin = Math.min(highest.length - 1, Math.floor(i / each));
      highest[bin] = Math.max(highest[bin]!, Math.abs(value));
    });
  }
  return highest;
}
