// The waveform, by wavesurfer.js, around an audio element that is the page's own.

import WaveSurfer from "wavesurfer.js";
import { color } from "../common/dom";
import { decoded } from "./peaks";
import type { Sound } from "./audio_source";
import type { Sight } from "./viewport";

const HEIGHT_PX = 58;
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
  /** Play a sound at once, and draw its waveform as soon as it is known. */
  load(sound: Sound): Promise<void>;
  view(sight: Sight): void;
  /** Take the colors of the style sheet anew. */
  recolor(): void;
}

export function createWave(home: HTMLElement, audio: HTMLAudioElement): Wave {
  const wave = surfer(home, audio);
  let sight: Sight = { from: 0, to: 1 };
  let drawn = false;
  let load = 0;
  let own = "";

  function place(): void {
    if (!drawn || home.clientWidth === 0) return;
    const perSecond = home.clientWidth / (sight.to - sight.from);
    if (Math.abs((wave.options.minPxPerSec || 0) - perSecond) > 1e-6) wave.zoom(perSecond);
    wave.setScroll(sight.from * perSecond);
  }

  function clear(): void {
    drawn = false;
    wave.empty();
    audio.removeAttribute("src");
    if (own !== "") URL.revokeObjectURL(own);
    own = "";
  }

  new ResizeObserver(place).observe(home);

  return {
    async load({ source, seconds, peaks }) {
      const mine = ++load;
      clear();
      own = source instanceof Blob ? URL.createObjectURL(source) : "";
      if (source !== null) audio.src = source instanceof Blob ? own : source;
      const heights = peaks === undefined ? await decoded(source, seconds) : { peaks, seconds };
      if (heights === null || mine !== load) return;
      await wave.load(audio.src, [heights.peaks], heights.seconds);
      drawn = mine === load;
      place();
    },
    view(next) {
      sight = next;
      place();
    },
    recolor() {
      wave.setOptions(colors());
      place();
    },
  };
}

function surfer(home: HTMLElement, audio: HTMLAudioElement): WaveSurfer {
  const wave = WaveSurfer.create({
    container: home,
    media: audio,
    height: home.clientHeight || HEIGHT_PX,
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
  return wave;
}

function colors(): { waveColor: string; progressColor: string } {
  return { waveColor: color("wave-rms"), progressColor: color("ink") };
}
