"""Define feature sets, their columns, and the table of features."""

from __future__ import annotations  # keeps `help` short

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.errors import MoodcurveError
from moodcurve.features.tags.names import TAGS1 as TAGS1_NAMES
from moodcurve.features.tonal.columns import SONG1 as SONG1_NAMES
from moodcurve.features.tonal.columns import TONAL1 as TONAL1_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

WINDOW_S = 1.0
"""Length of the window of one row (seconds)."""
HOP_S = 0.5
"""Distance between rows (seconds): a curve has two points per second."""
DEFAULT_SR = 44_100
"""Sample rate (Hz) of the audio that models and published features are made from."""

VOICE_NAMES = (
    "F0final", "voicingFinalUnclipped", "jitterLocal", "jitterDDP", "shimmerLocal", "logHNR",
)  # fmt: skip
VOICE_QUALITY_NAMES = VOICE_NAMES[2:]
"""Jitter, shimmer and harmonics-to-noise ratio."""
_SPECTRAL = (
    "fband250-650", "fband1000-4000",
    "spectralRollOff25.0", "spectralRollOff50.0", "spectralRollOff75.0", "spectralRollOff90.0",
    "spectralFlux", "spectralCentroid", "spectralEntropy", "spectralVariance", "spectralSkewness",
    "spectralKurtosis", "spectralSlope", "psySharpness", "spectralHarmonicity",
)  # fmt: skip


class FeatureError(MoodcurveError):
    """No features can be computed: the audio is shorter than one window, or a saved extractor cannot be restored."""


def _descriptor_names(suffix: str) -> tuple[str, ...]:
    """Return the names of the 65 descriptors with the suffix ``_sma`` or ``_sma_de``, in openSMILE's order."""
    first = (*VOICE_NAMES, "audspec_lengthL1norm", "audspecRasta_lengthL1norm", "pcm_RMSenergy", "pcm_zcr")
    return (
        *(f"{name}{suffix}" for name in first),
        *(f"audSpec_Rfilt{suffix}[{band}]" for band in range(26)),
        *(f"pcm_fftMag_{name}{suffix}" for name in _SPECTRAL),
        *(f"pcm_fftMag_mfcc{suffix}[{i}]" for i in range(1, 15)),
    )


LLD_NAMES = (*_descriptor_names("_sma"), *_descriptor_names("_sma_de"))
"""Names of the 130 smoothed descriptors and deltas, one value every 10 ms, in openSMILE's order."""


@dataclass(frozen=True, repr=False)
class FeatureSet:
    """A named, versioned list of columns; a model states the one it was trained on.

    Attributes
    ----------
    name : str
        ``compare260``, for example.
    version : str
        Changes whenever the same audio yields different numbers.
    names : tuple of str
        Column names, in order.
    parts : tuple of FeatureSet
        The sets that `join` made this one from; empty for a single set.
    """

    name: str
    version: str
    names: tuple[str, ...]
    parts: tuple[FeatureSet, ...] = ()

    @property
    def key(self) -> str:
        """Name and version as model files and curves state them: ``compare260/1``."""
        return f"{self.name}/{self.version}"

    @cached_property
    def column_versions(self) -> Mapping[str, str]:
        """Version of each column: that of the part it belongs to."""
        return {name: part.version for part in self.parts or (self,) for name in part.names}

    def agrees_with(self, other: FeatureSet) -> bool:
        """Return True if the columns that both sets have are of the same versions."""
        mine, theirs = self.column_versions, other.column_versions
        return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())

    def __repr__(self) -> str:
        return f"FeatureSet({self.key}, columns={len(self.names)})"


def window_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Return the column names of a window: for each descriptor its standard deviation, then its mean."""
    return tuple(f"{name}_{statistic}" for name in names for statistic in ("stddev", "amean"))


COMPARE260 = FeatureSet("compare260", "1", window_columns(LLD_NAMES))
"""The 260 columns of DEAM and of the paper, in DEAM's order."""

COMPARE236 = FeatureSet("compare236", "1", window_columns(n for n in LLD_NAMES if not n.startswith(VOICE_NAMES)))
"""`COMPARE260` without the voice descriptors and their deltas.

The deltas shrink like 1/t over a file and thus reveal the position of a row in its file: they help within DEAM and harm
on other recordings. DEAM's jitter and shimmer cannot be reproduced from audio (docs/features.md). F0 and voicing of
the loudest voice of a band improved r by at most .01, and take most of the time.
"""

TAGS1 = FeatureSet("tags1", "1", TAGS1_NAMES)
"""What a pretrained tag network predicts: its embedding, tags and layers, see `moodcurve.features.tags`."""

TONAL1 = FeatureSet("tonal1", "1", TONAL1_NAMES)
"""Harmony, mode, register and rhythm, see `moodcurve.features.tonal`."""

SONG1 = FeatureSet("song1", "1", SONG1_NAMES)
"""Chroma and onset strength, from which key and tempo of a song are read; no model reads them."""

FEATURE_SETS = {s.name: s for s in (COMPARE260, COMPARE236, TONAL1, TAGS1)}


def join(sets: Sequence[FeatureSet]) -> FeatureSet:
    """Return the set of all columns of some sets, in their order; a single set is returned as it is.

    Its name joins theirs by ``+``, and so does its version, unless all are equal.

    Raises
    ------
    ValueError
        If there is no set, or two of them have the same column.

    Examples
    --------
    >>> energy = FeatureSet("energy", "1", ("loudness",))
    >>> join([COMPARE236, energy])
    FeatureSet(compare236+energy/1, columns=237)
    """
    if len(sets) == 1:
        return sets[0]
    names = tuple(name for part in sets for name in part.names)
    if not names or len(set(names)) < len(names):
        raise ValueError("sets must be one or more, and no two may have the same column")
    versions = [part.version for part in sets]
    version = versions[0] if len(set(versions)) == 1 else "+".join(versions)
    return FeatureSet("+".join(part.name for part in sets), version, names, tuple(sets))


DEFAULT_SET = join([COMPARE236, TONAL1, TAGS1])
"""The feature set of the default model (``default`` on the command line)."""
OWN = "own"
"""Name of the part that holds columns of a user's own, which nothing computes; see `own_set`."""


def own_set(names: Iterable[str]) -> FeatureSet:
    """Return the feature set of columns that a user adds to annotated songs."""
    return FeatureSet(OWN, "1", tuple(names))


def without_own(feature_set: FeatureSet) -> FeatureSet:
    """Return the columns of a feature set that can be computed from audio."""
    parts = feature_set.parts or (feature_set,)
    return join([part for part in parts if part.name != OWN])


def check_computable(feature_set: FeatureSet) -> None:
    """Check that all columns of a feature set can be computed from audio.

    Raises
    ------
    FeatureError
        If some are a user's own.
    """
    for part in feature_set.parts or (feature_set,):
        if part.name == OWN:
            listed = ", ".join(part.names[:3]) + (", …" if len(part.names) > 3 else "")
            raise FeatureError(
                f"features {feature_set.key} include columns that cannot be computed from audio ({listed}); use "
                "`moodcurve evaluate` with a folder of songs that has them in columns/"
            )


@dataclass(frozen=True, eq=False, repr=False)
class Features:
    """Window features of one recording.

    Attributes
    ----------
    values : (rows, columns) float32
        One row per window; finite.
    times_s : (rows,) float64
        Start of each row's window [t, t + 1.0 s), in seconds from the start of the recording.
    feature_set : FeatureSet
        Names of the columns.
    sr : int
        Sample rate (Hz) of the samples that the features were computed from. Models accept 44100 only.

    Raises
    ------
    ValueError
        If the shape of `values` does not fit `times_s` and `feature_set`.
    """

    values: Float32Array
    times_s: FloatArray
    feature_set: FeatureSet
    sr: int = DEFAULT_SR

    def __post_init__(self) -> None:
        expected = (len(self.times_s), len(self.feature_set.names))
        if self.values.shape != expected:
            raise ValueError(f"values.shape must be {expected} (rows, columns), got {self.values.shape}")

    def __repr__(self) -> str:
        rows, columns = self.values.shape
        return f"Features({self.feature_set.key}, rows={rows}, columns={columns}, sr={self.sr})"

    def select(self, other: FeatureSet) -> Features:
        """Return the columns of another feature set, matched by name.

        Raises
        ------
        MoodcurveError
            If a column of the other set is missing.
        """
        if other == self.feature_set:
            return self
        indices = {name: i for i, name in enumerate(self.feature_set.names)}
        missing = [name for name in other.names if name not in indices]
        if missing:
            raise MoodcurveError(
                f"features {self.feature_set.key} lack {len(missing)} of the columns of {other.key}, "
                f"first {missing[0]!r}"
            )
        columns = [indices[name] for name in other.names]
        return replace(self, values=self.values[:, columns], feature_set=other)


def write_csv(features: Features, stream: TextIO) -> None:
    """Write features as CSV in the layout of the DEAM data set.

    The header is ``frameTime;<column>;…``. Each window has a line with its start in seconds (%.6f) and its values
    (%.6e), separated by semicolons.
    """
    stream.write(";".join(["frameTime", *features.feature_set.names]) + "\n")
    for time_s, row in zip(features.times_s, features.values, strict=True):
        stream.write(";".join([f"{time_s:.6f}", *(f"{value:.6e}" for value in row.tolist())]) + "\n")
