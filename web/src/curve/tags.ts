// What a pretrained network expects listeners to call a song: fifty tags of Last.fm. Names, limit and number are those
// of moodcurve/features/tags/names.py and moodcurve/mood/tags.py; tests/web/test_bundle.py compares both.

export type Tags = Record<string, number>;

// prettier-ignore
export const TAGS = [
  "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
  "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
  "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
  "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
  "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
];
const MIN_STRENGTH = 0.1;
const SHOWN = 3;

/** Names of the strongest tags and their strengths; `tags` are sorted by strength. */
export function strongest(tags: Tags | null | undefined): [string, number][] {
  return Object.entries(tags ?? {})
    .filter(([, strength]) => strength >= MIN_STRENGTH)
    .slice(0, SHOWN);
}

/** The strongest tags as "acoustic, folk"; empty if none is strong. */
export function tagNames(tags: Tags | null | undefined): string {
  return strongest(tags)
    .map(([tag]) => tag)
    .join(", ");
}

/** The strongest tags as "acoustic 0.61, folk 0.44". */
export function tagText(tags: Tags | null | undefined): string {
  const shown = strongest(tags).map(([tag, strength]) => `${tag} ${strength.toFixed(2)}`);
  return shown.length > 0 ? shown.join(", ") : `none from ${MIN_STRENGTH} on`;
}
