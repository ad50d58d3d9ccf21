"""Define the columns of the feature set ``tonal1``."""

FRAME_MEANS = (
    "chroma_entropy",
    *(f"chroma_autocorrelation[{i}]" for i in range(1, 7)),
    "roughness",
    "tonalness",
    "register_center",
    *(f"register_octave[{i}]" for i in range(6)),
    "salience",
    "salience_center",
    *(f"salience_octave[{i}]" for i in range(6)),
    "harmonic_stability",
    "chord_major",
    "chord_diminished",
    "chord_augmented",
    "chord_dominant7",
    "chord_major7",
    "chord_minor7",
    "chord_fifth",
    "chord_mode",
    "chord_change_rate",
    "bass_mode",
    "harmonic_change",
)
"""Descriptors of single frames whose mean over 4 s is a column."""
FRAME_STDS = (
    "chroma_entropy",
    "roughness",
    "tonalness",
    "register_center",
    *(f"register_octave[{i}]" for i in range(6)),
    "salience_center",
    "harmonic_stability",
    "chord_mode",
    "level",
)
"""Descriptors of single frames whose standard deviation over 4 s is a column."""
KEYS = tuple(
    f"key_{profile}_{what}_{context}"
    for context in ("4s", "30s")
    for profile in ("krumhansl", "temperley")
    for what in ("major", "mode")
)
HARMONY = (*FRAME_MEANS, *(f"{name}_std" for name in FRAME_STDS), *KEYS)
"""Columns of pitch: harmony, mode, roughness, register."""
BANDS = ("low", "middle", "high")
"""Bands in which onsets are described."""
RHYTHM = (
    "tempo",
    "pulse_clarity",
    "pulse_regularity",
    "onset_rate",
    "onset_irregularity",
    "onset_mean",
    *(f"onset_mean_{band}" for band in BANDS),
    "onset_relative_std",
    *(f"onset_relative_std_{band}" for band in BANDS),
)
"""Columns of rhythm."""
TONAL1 = (*HARMONY, *RHYTHM)
"""Names of the columns of ``tonal1``, in order; docs/features.md explains each."""
CHROMA = tuple(f"chroma[{i}]" for i in range(12))
"""Mean strength of each pitch class, from C upwards, over the last 4 s."""
FRAMES_PER_ROW = 25
ONSETS = tuple(f"{name}[{i}]" for name in ("onset_strength", "onset_strength_low") for i in range(FRAMES_PER_ROW))
"""Onset strength of the last 0.5 s, 50 times a second: in total, and below 400 Hz."""
SONG1 = (*CHROMA, *ONSETS)
"""Names of the columns of ``song1``: what key and tempo of a whole song are read from. No model reads them."""
