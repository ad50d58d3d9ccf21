"""Define the columns of the feature set ``tonal1``."""

SHAPE = tuple(f"chroma_shape[{i}]" for i in range(1, 12))
INTERVALS = tuple(f"chroma_autocorrelation[{i}]" for i in range(1, 7))
KEY = tuple(
    f"key_{profile}_{what}_{context}"
    for context in ("4s", "30s")
    for profile in ("krumhansl", "temperley")
    for what in ("major", "minor", "mode")
)
FRAME_MEANS = (
    "chroma_entropy",
    *INTERVALS,
    "roughness",
    "register_center",
    "register_low",
    "register_middle",
    "register_high",
    "tonalness",
    "chord_major",
    "chord_minor",
    "chord_diminished",
    "chord_augmented",
    "chord_mode",
    "chord_major_share",
    "chord_diminished_share",
    "chord_change_rate",
    "harmonic_change",
)
"""Descriptors of single frames, of which the mean over 4 s is a column."""
FRAME_SPREADS = ("roughness", "register_center", "chord_mode", "harmonic_change")
"""Descriptors of single frames, of which the standard deviation over 4 s is a column."""
HARMONY = (
    *FRAME_MEANS,
    *(f"{name}_std" for name in FRAME_SPREADS),
    "tonal_centroid_spread",
    "chroma_entropy_4s",
    "chroma_entropy_30s",
    *SHAPE,
    *KEY,
)
TEMPI = (60, 75, 90, 105, 120, 135, 150, 165, 180)
"""Tempi (beats per minute) whose strength is a column."""
RHYTHM = (
    "tempo",
    "pulse_clarity",
    "pulse_regularity",
    *(f"tempo_strength[{tempo}]" for tempo in TEMPI),
    "onset_rate",
    "onset_mean",
    "onset_relative_std",
    "onset_irregularity",
)
TONAL1 = (*HARMONY, *RHYTHM)
"""Names of the columns of ``tonal1``, in order; docs/features.md explains each."""
