// The headphones check: which of three tones is the quietest? One is 6 dB quieter, and one has the channels in opposite
// phase, so that over loudspeakers it cancels and seems to be the quietest. Woods, Siegel, Traer & McDermott, "Headphone
// screening to facilitate web-based auditory experiments", Attention, Perception, & Psychophysics 79, 2017,
// https://doi.org/10.3758/s13414-017-1361-2: six trials, of which five must be right.

import { button, h, setText } from "../common/dom";

const TRIALS = 6;
export const PASSED = 5;
const TONE_HZ = 200;
const TONE_S = 1;
const PAUSE_S = 0.5;
const RAMP_S = 0.1;
const LEVEL = 0.2;
const QUIETER = 10 ** (-6 / 20);

type Tone = "quiet" | "opposed" | "plain";

/** Run the check; the promise is fulfilled with the number of right answers. */
export async function headphonesCheck(main: HTMLElement): Promise<{ correct: number; trials: number }> {
  const context = new AudioContext();
  const orders = shuffled(ORDERS);
  let correct = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const order = orders[trial]!;
    const answer = await askTrial(main, context, order, trial);
    if (order[answer] === "quiet") correct += 1;
  }
  await context.close();
  return { correct, trials: TRIALS };
}

const ORDERS: Tone[][] = [
  ["quiet", "opposed", "plain"],
  ["quiet", "plain", "opposed"],
  ["opposed", "quiet", "plain"],
  ["opposed", "plain", "quiet"],
  ["plain", "quiet", "opposed"],
  ["plain", "opposed", "quiet"],
];

function askTrial(main: HTMLElement, context: AudioContext, order: Tone[], trial: number): Promise<number> {
  return new Promise((resolve) => {
    const title = h("h1", { tabindex: -1 }, "Headphones");
    const status = h("p", { role: "status" });
    const answers = order.map((_, i) => button(`Tone ${i + 1}`, () => resolve(i), { disabled: true }));
    const play = button(
      "Play the three tones",
      () => {
        play.disabled = true;
        void playTones(context, order, (i) => setText(status, `Tone ${i + 1} …`)).then(() => {
          setText(status, "Which one was the quietest?");
          play.disabled = false;
          setText(play, "Play them again");
          for (const answer of answers) answer.disabled = false;
          answers[0]!.focus();
        });
      },
      { id: "play-tones" },
    );
    const text = "Please put on headphones. You hear three tones; choose the quietest one.";
    main.replaceChildren(
      h(
        "section",
        { class: "card text-page" },
        title,
        h("p", {}, text),
        h("p", { class: "note" }, `${trial + 1} of ${TRIALS}`),
        h("p", {}, play),
        status,
        h("div", { class: "row" }, ...answers),
      ),
    );
    if (trial === 0) title.focus();
    else play.focus();
  });
}

async function playTones(context: AudioContext, order: Tone[], heard: (i: number) => void): Promise<void> {
  await context.resume();
  for (const [i, tone] of order.entries()) {
    heard(i);
    const source = context.createBufferSource();
    source.buffer = toneBuffer(context, tone);
    source.connect(context.destination);
    const ended = new Promise((resolve) => source.addEventListener("ended", resolve));
    source.start();
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 1000 * PAUSE_S));
  }
}

function toneBuffer(context: AudioContext, tone: Tone): AudioBuffer {
  const buffer = context.createBuffer(2, TONE_S * context.sampleRate, context.sampleRate);
  const level = tone === "quiet" ? LEVEL * QUIETER : LEVEL;
  for (const channel of [0, 1]) {
    const sign = tone === "opposed" && channel === 1 ? -1 : 1;
    const samples = buffer.getChannelData(channel);
    for (let n = 0; n < samples.length; n++) {
      const t = n / context.sampleRate;
      const ramp = Math.min(1, t / RAMP_S, (TONE_S - t) / RAMP_S);
      samples[n] = sign * level * ramp * Math.sin(2 * Math.PI * TONE_HZ * t);
    }
  }
  return buffer;
}

function shuffled<T>(items: T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
