"""What a feature set is called, which columns it has, and the table of values that carries its name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

WINDOW_S = 1.0
"""Length of the window that one row summarises (seconds)."""
HOP_S = 0.5
"""Distance of the rows (seconds): a curve has two points a second."""

VOICE_NAMES = (
    "F0final", "voicingFinalUnclipped", "jitterLocal", "jitterDDP", "shimmerLocal", "logHNR",
)  # fmt: skip
_SPECTRAL = (
    "fband250-650", "fband1000-4000",
    "spectralRollOff25.0", "spectralRollOff50.0", "spectralRollOff75.0", "spectralRollOff90.0",
    "spectralFlux", "spectralCentroid", "spectralEntropy", "spectralVariance", "spectralSkewness",
    "spectralKurtosis", "spectralSlope", "psySharpness", "spectralHarmonicity",
)  # fmt: skip


class FeatureError(MoodcurveError):
    """The audio cannot give features: it is shorter than one window."""


def _descriptor_names(suffix: str) -> tuple[str, ...]:
    """Give the 65 descriptors' column names with ``_sma`` or ``_sma_de``, in openSMILE's order."""
    plain = (*VOICE_NAMES, "audspec_lengthL1norm", "audspecRasta_lengthL1norm", "pcm_RMSenergy", "pcm_zcr")
    return (
        *(f"{name}{suffix}" for name in plain),
        *(f"audSpec_Rfilt{suffix}[{band}]" for band in range(26)),
        *(f"pcm_fftMag_{name}{suffix}" for name in _SPECTRAL),
        *(f"pcm_fftMag_mfcc{suffix}[{i}]" for i in range(1, 15)),
    )


LLD_NAMES = (*_descriptor_names("_sma"), *_descriptor_names("_sma_de"))
"""The 130 smoothed descriptors and deltas, one value every 10 ms, in openSMILE's order."""


@dataclass(frozen=True)
class FeatureSet:
    """A named, versioned list of columns; a model states which one it was trained on.

    The version changes whenever the same audio would give other numbers.
    """

    name: str
    version: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name and version as one word, as model files and curves state it: ``compare260/1``."""
        return f"{self.name}/{self.version}"


def window_columns(names: "Iterable[str]") -> tuple[str, ...]:
    """Name the columns of a window: of each descriptor its standard deviation, then its mean."""
    return tuple(f"{name}_{moment}" for name in names for moment in ("stddev", "amean"))


COMPARE260 = FeatureSet("compare260", "1", window_columns(LLD_NAMES))
"""DEAM's and the paper's 260 columns, in DEAM's order."""

COMPARE236 = FeatureSet("compare236", "1", window_columns(n for n in LLD_NAMES if not n.startswith(VOICE_NAMES)))
"""compare260 without the voice descriptors and their deltas.

The deltas shrink like 1/t over a file and so tell where in the file a row is: they help within DEAM and harm on
other recordings. DEAM's jitter and shimmer cannot be had from audio again (docs/features.md), and F0 and voicing,
of the loudest voice of a whole band, brought no more than .01 of r while they take most of the time.
"""

FEATURE_SETS = {s.name: s for s in (COMPARE260, COMPARE236)}
DEFAULT_SET = COMPARE236
"""The set that the default model reads (``default`` on the command line)."""


def feature_set(name: str) -> FeatureSet:
    """Look a feature set up by its name, ``default`` included.

    Raises
    ------
    MoodcurveError
        If there is none of this name.
    """
    if name == "default":
        return DEFAULT_SET
    if name not in FEATURE_SETS:
        known = ", ".join(["default", *FEATURE_SETS])
        raise MoodcurveError(f"feature set {name!r} is not known; there are {known}")
    return FEATURE_SETS[name]


@dataclass(frozen=True, eq=False)
class Features:
    """Window features of one recording.

    Attributes
    ----------
    values : (rows, columns) float32
        One row a window; no value is NaN or infinite.
    times_s : (rows,) float64
        Start of each row's window [t, t + 1.0 s), in seconds from the start of the recording.
    feature_set : FeatureSet
        Names the columns, in order.
    """

    values: Float32Array
    times_s: FloatArray
    feature_set: FeatureSet

    def __post_init__(self) -> None:
        expected = (len(self.times_s), len(self.feature_set.names))
        if self.values.shape != expected:
            raise ValueError(f"values.shape must be {expected} (rows, columns), got {self.values.shape}")

    def select(self, other: FeatureSet) -> "Features":
        """Give the columns of another set, by name.

        Raises
        ------
        MoodcurveError
            If a column of the other set is not here.
        """
        if other == self.feature_set:
            return self
        where = {name: i for i, name in enumerate(self.feature_set.names)}
        missing = [name for name in other.names if name not in where]
        if missing:
            raise MoodcurveError(
                f"features {self.feature_set.key} lack {len(missing)} of the columns of {other.key}, "
                f"first {missing[0]!r}"
            )
        columns = [where[name] for name in other.names]
        return Features(self.values[:, columns], self.times_s, other)


def write_csv(features: Features, stream: "TextIO") -> None:
    """Write features as the DEAM data set publishes them.

    A line ``frameTime;<column>;…``, then one for each window: its start in seconds (%.6f) and the values (%.6e),
    separated by semicolons.
    """
    stream.write(";".join(["frameTime", *features.feature_set.names]) + "\n")
    for time_s, row in zip(features.times_s, features.values, strict=True):
        stream.write(";".join([f"{time_s:.6f}", *(f"{value:.6e}" for value in row.tolist())]) + "\n")
