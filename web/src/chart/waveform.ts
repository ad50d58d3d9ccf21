// The waveform, drawn by wavesurfer.js for the page's own audio element.

import WaveSurfer from "wavesurfer.js";
import { color } from "../common/dom";
import { cutPeaks, decodePeaks } from "./peaks";
import type { AudioSource } from "./audio_source";
import type { Viewport } from "./viewport";

const HEIGHT_PX = 58;
const STYLES = `
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

export interface Waveform {
  /** Load audio, and draw its waveform once its peaks are known. */
  load(audioSource: AudioSource): Promise<void>;
  setViewport(viewport: Viewport): void;
  /** Apply the current colors of the style sheet. */
  updateColors(): void;
}

export function createWaveform(container: HTMLElement, audio: HTMLAudioElement): Waveform {
  const wave = createWaveSurfer(container, audio);
  let viewport: Viewport = { from: 0, to: 1 };
  let drawn = false;
  let loads = 0;
  let objectUrl = "";
  let isPart = false;

  function scroll(): void {
    if (!drawn || container.clientWidth === 0) return;
    const perSecond = container.clientWidth / (viewport.to - viewport.from);
    if (Math.abs((wave.options.minPxPerSec || 0) - perSecond) > 1e-6) wave.zoom(perSecond);
    wave.setScroll(viewport.from * perSecond);
  }

  function clear(): void {
    drawn = false;
    wave.empty();
    audio.removeAttribute("src");
    if (objectUrl !== "") URL.revokeObjectURL(objectUrl);
    objectUrl = "";
  }

  new ResizeObserver(scroll).observe(container);

  return {
    async load({ source, seconds, start, peaks }) {
      const thisLoad = ++loads;
      clear();
      isPart = start !== undefined;
      wave.setOptions(colors(isPart));
      objectUrl = source instanceof Blob ? URL.createObjectURL(source) : "";
      if (source !== null) audio.src = source instanceof Blob ? objectUrl : source;
      const total = start === undefined ? seconds : await durationOf(audio);
      if (thisLoad !== loads) return;
      const all = peaks === undefined ? await decodePeaks(source, total) : { peaks, seconds };
      const decoded = all === null || start === undefined ? all : cutPeaks(all, start, seconds);
      if (decoded === null || thisLoad !== loads) return;
      await wave.load(audio.src, [decoded.peaks], decoded.seconds);
      drawn = thisLoad === loads;
      scroll();
    },
    setViewport(next) {
      viewport = next;
      scroll();
    },
    updateColors() {
      wave.setOptions(colors(isPart));
      scroll();
    },
  };
}

/** The duration of the audio that an element is loading, or infinity if it cannot. */
function durationOf(audio: HTMLAudioElement): Promise<number> {
  if (audio.readyState > 0) return Promise.resolve(audio.duration);
  return new Promise((resolve) => {
    audio.addEventListener("loadedmetadata", () => resolve(audio.duration), { once: true });
    audio.addEventListener("error", () => resolve(Infinity), { once: true });
  });
}

function createWaveSurfer(container: HTMLElement, audio: HTMLAudioElement): WaveSurfer {
  const wave = WaveSurfer.create({
    container,
    media: audio,
    height: container.clientHeight || HEIGHT_PX,
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
    const styles = new CSSStyleSheet();
    styles.replaceSync(STYLES);
    root.adoptedStyleSheets = [styles];
  }
  return wave;
}

/** What was played has another color, unless the song is a part: wavesurfer.js counts from the start of the audio. */
function colors(isPart = false): { waveColor: string; progressColor: string } {
  return { waveColor: color("waveform"), progressColor: color(isPart ? "waveform" : "ink") };
}
