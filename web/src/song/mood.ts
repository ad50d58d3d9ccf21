// Russell's circumplex: what a place on the plane is called. The words, their angles and the limits are those of
// moodcurve/circumplex.py; tests/test_web_page.py compares what the page writes with what that module says.

export interface Point {
  arousal: number;
  valence: number;
}

// prettier-ignore
const ANGLES_DEG: Record<string, number> = {
  happy: 7.8, delighted: 24.9, excited: 48.6, astonished: 69.8, aroused: 73.8, tense: 92.8, alarmed: 96.5,
  angry: 99, afraid: 116, annoyed: 123, distressed: 138, frustrated: 141, miserable: 188.7, sad: 207.5,
  gloomy: 209, depressed: 210, bored: 242, droopy: 256.6, tired: 267.7, sleepy: 271.9, calm: 316.2, relaxed: 318,
  satisfied: 319, "at ease": 321, content: 323, serene: 328.6, glad: 349, pleased: 353.2,
};
// prettier-ignore
export const RIM_WORDS = [
  "happy", "delighted", "excited", "aroused", "tense", "afraid", "distressed", "miserable", "sad", "bored",
  "tired", "calm", "serene", "pleased",
];
export const QUADRANTS = ["excited-positive", "tense-negative", "sad-negative", "calm-positive", "neutral"] as const;
export const NEUTRAL = 4;
const NEUTRAL_RADIUS = 0.1;
const MILD_RADIUS = 0.3;
const STRONG_RADIUS = 0.6;

export const WORDS = Object.keys(ANGLES_DEG);

/** Where a word stands on the unit circle. */
export function place(word: string): Point {
  const angle = ((ANGLES_DEG[word] ?? 0) * Math.PI) / 180;
  return { arousal: Math.sin(angle), valence: Math.cos(angle) };
}

const PLACES = WORDS.map((word) => ({ word, ...place(word) }));

/** Index of the quadrant of a point; an exact zero counts as positive. */
export function quadrant({ arousal, valence }: Point): number {
  if (Math.hypot(arousal, valence) < NEUTRAL_RADIUS) return NEUTRAL;
  if (arousal >= 0) return valence >= 0 ? 0 : 1;
  return valence < 0 ? 2 : 3;
}

/** The three nearest words, with how strong the mood is. */
export function describe(point: Point, most = 3): string {
  const r = Math.hypot(point.arousal, point.valence);
  if (r < NEUTRAL_RADIUS) return "neutral";
  const distance = (at: Point): number => Math.hypot(at.arousal - point.arousal, at.valence - point.valence);
  const near = [...PLACES].sort((a, b) => distance(a) - distance(b)).slice(0, most);
  const words = near.map((at) => at.word).join(", ");
  if (r < MILD_RADIUS) return `mildly ${words}`;
  return r < STRONG_RADIUS ? words : `very ${words}`;
}

/** The word at the rim that lies nearest in direction; none in the neutral middle. */
export function rimWord(point: Point): string | null {
  if (Math.hypot(point.arousal, point.valence) < NEUTRAL_RADIUS) return null;
  const along = (word: string): number => {
    const at = place(word);
    return at.arousal * point.arousal + at.valence * point.valence;
  };
  return RIM_WORDS.reduce((best, word) => (along(word) > along(best) ? word : best));
}
