// Russell's circumplex: mood words and quadrants of points on the plane. Words, angles and limits are those of
// moodcurve/mood/circumplex.py; tests/web/test_bundle.py compares both.

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
const MAX_WORD_ANGLE_DEG = 45;

export const WORDS = Object.keys(ANGLES_DEG);

/** The point of a word on the unit circle. */
export function wordPoint(word: string): Point {
  const angle = ((ANGLES_DEG[word] ?? 0) * Math.PI) / 180;
  return { arousal: Math.sin(angle), valence: Math.cos(angle) };
}

/** Index of the quadrant of a point; an exact zero counts as positive. */
export function quadrant({ arousal, valence }: Point): number {
  if (Math.hypot(arousal, valence) < NEUTRAL_RADIUS) return NEUTRAL;
  if (arousal >= 0) return valence >= 0 ? 0 : 1;
  return valence < 0 ? 2 : 3;
}

/**
 * Mood words for a point, the nearest in direction first, or only "neutral" near the center. Words of other quadrants
 * or farther than `MAX_WORD_ANGLE_DEG` away are left out; at least one always remains.
 */
export function moodWords(point: Point, n = 3): string[] {
  const home = quadrant(point);
  if (home === NEUTRAL) return ["neutral"];
  const angle = (Math.atan2(point.arousal, point.valence) * 180) / Math.PI;
  const angleTo = (word: string): number => Math.abs(modulo(ANGLES_DEG[word]! - angle + 180, 360) - 180);
  const fitting = WORDS.filter((word) => quadrant(wordPoint(word)) === home && angleTo(word) <= MAX_WORD_ANGLE_DEG);
  return fitting.sort((a, b) => angleTo(a) - angleTo(b)).slice(0, n);
}

/** The mood words of a point with how strong the mood is: "slightly pleased", "happy, pleased", "very sad". */
export function describe(point: Point, n = 3): string {
  const r = Math.hypot(point.arousal, point.valence);
  if (r >= NEUTRAL_RADIUS && r < MILD_RADIUS) return `slightly ${moodWords(point, 1)[0]}`;
  const words = moodWords(point, n).join(", ");
  return r < STRONG_RADIUS ? words : `very ${words}`;
}

/** The remainder with the sign of the divisor, as `%` in Python. */
function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}

/** The word to highlight on the drawn circle: in the point's quadrant, the nearest in direction. */
export function rimWord(point: Point): string | null {
  const home = quadrant(point);
  if (home === NEUTRAL) return null;
  const projection = (word: string): number => {
    const at = wordPoint(word);
    return at.arousal * point.arousal + at.valence * point.valence;
  };
  const fitting = RIM_WORDS.filter((word) => quadrant(wordPoint(word)) === home);
  return fitting.reduce((best, word) => (projection(word) > projection(best) ? word : best));
}
