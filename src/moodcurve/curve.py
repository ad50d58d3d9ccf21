"""The curve of a recording: arousal and valence over time, with everything the model says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from moodcurve._typing import BoolArray, FloatArray
from moodcurve.features.song.key_names import CAMELOT
from moodcurve.features.song.sound import Sound
from moodcurve.mood.circumplex import QUADRANTS, Summary, summarize
from moodcurve.mood.classes import MOODS
from moodcurve.mood.scale import to_nine_points
from moodcurve.mood.tags import check_tags, sorted_tags, strongest_tags
from moodcurve.util.text import path_text, utf8_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JSON_FORMAT = "moodcurve-curve/1"
"""Name and version of the dictionary of `Curve.to_dict`; new keys may be added without a new version."""
VALUE_DECIMALS = 4
"""Decimals of arousal and valence in files: far below what any model or listener can distinguish."""
TIME_DECIMALS = 3
"""Decimals of times in files: milliseconds."""
AXES = ("arousal", "valence")
"""In the order of the two columns of labels and predictions."""
INTERVALS = ("arousal_low", "arousal_high", "valence_low", "valence_high")
"""Columns of the ends of intervals."""
PROBABILITIES = {f"p_{name.replace('-', '_')}": name for name in QUADRANTS}
"""Columns of the quadrants' probabilities, such as ``p_excited_positive``, with the quadrants' names."""
SUM_TOLERANCE = 0.001
"""Largest deviation of a sum of probabilities from 1; nine of them, rounded to 4 decimals, deviate by .00045."""
AROUSAL_COLOR, VALENCE_COLOR = "#bf4a06", "#1767a8"
"""Orange and blue: distinguishable for color-blind readers, with a contrast above 4.5 on white."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """Arousal and valence of one recording, twice a second.

    Attributes
    ----------
    times_s : (n,)
        Start of each point's window [t, t + 1.0 s), in seconds from the start of the recording.
    arousal, valence : (n,)
        In [-1, 1]; 0 is neutral.
    arousal_interval, valence_interval : (n, 2) or None
        Low and high end of each point's 90 % interval, which is expected to hold nine of ten mean ratings, on average
        over songs. None if the model has no intervals.
    song_interval : (2, 2) or None
        90 % interval of the mean over the song: rows are arousal and valence, columns low and high end.
    probabilities : (n, 4) or None
        Probability of each of `moodcurve.mood.QUADRANTS` at each point; rows add up to 1. None if the model's errors
        were not measured.
    song_probabilities : (4,) or None
        Probability of each quadrant for the song's mean.
    song_moods : (9,) or None
        Probability of each of `moodcurve.mood.MOODS` for the song's mean.
    rating : (2,) or None
        Predicted rating of the song as a whole, arousal and valence. It differs from the mean of the curve, see
        `moodcurve.runtime.song_rating`. None if the model was not trained for it.
    rating_interval : (2, 2) or None
        90 % interval of `rating`, laid out as `song_interval`.
    novelty : float or None
        How unlike the model's training songs the recording is, 0 or more; above 1 the values may be unreliable, see
        `moodcurve.runtime.novelty`. None if the model cannot tell, or the recording is too short.
    silent : (n,) bool or None
        Which points are silent, see `moodcurve.runtime.silence`: they count in nothing that is said about the song, see
        `sounding`. None if none is.
    tags : mapping or None
        Mean strength in [0, 1] of each of the tag network's fifty tags, `moodcurve.features.tags.names.TAGS`, in that
        order, without silent rows: how much a pretrained network expects listeners to tag the song with the word. None
        if the model does not read them.
    sound : Sound or None
        Loudness, tempo, key and danceability, see `moodcurve.features.song.sound.Sound`. None if not measured.
    source : str
        What was analyzed: the path as given, or a name for other input.
    model : str
        Name of the model.
    feature_set : str
        Name and version of the features, such as ``compare236/1``.
    duration_s : float
        Length of the analyzed audio in seconds.
    start_s : float or None
        Where the analyzed part begins in its file, if it is a part; times count from there. None for a whole file.
    title : str or None
        Title of the part, if it has one.
    warnings : tuple of str
        Warnings about the recording, for example that the file is truncated.
    """

    times_s: FloatArray
    arousal: FloatArray
    valence: FloatArray
    source: str
    model: str
    feature_set: str
    duration_s: float
    start_s: float | None = None
    title: str | None = None
    arousal_interval: FloatArray | None = None
    valence_interval: FloatArray | None = None
    song_interval: FloatArray | None = None
    probabilities: FloatArray | None = None
    song_probabilities: FloatArray | None = None
    song_moods: FloatArray | None = None
    rating: FloatArray | None = None
    rating_interval: FloatArray | None = None
    novelty: float | None = None
    silent: BoolArray | None = None
    tags: Mapping[str, float] | None = None
    sound: Sound | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.times_s)
        if n == 0:
            raise ValueError("times_s must hold at least one point, got none")
        for name in ("times_s", "arousal", "valence"):
            _check_numbers(name, getattr(self, name), n)
        if np.any(np.diff(self.times_s) <= 0):
            raise ValueError("times_s must increase")
        if self.rating is not None:
            _check_numbers("rating", self.rating, 2)
        for name in ("arousal", "valence", "rating"):
            values = getattr(self, name)
            if values is not None and np.abs(values).max() > 1:
                raise ValueError(f"{name} must lie in [-1, 1], got up to {np.abs(values).max():.3g}")
        for name, rows in (
            ("arousal_interval", n), ("valence_interval", n), ("song_interval", 2), ("rating_interval", 2),
        ):  # fmt: skip
            _check_interval(name, getattr(self, name), rows)
        if (self.rating is None) != (self.rating_interval is None):
            raise ValueError("rating and rating_interval must be given both, or neither")
        for name, shape in (("probabilities", (n, 4)), ("song_probabilities", (4,)), ("song_moods", (9,))):
            _check_shares(name, getattr(self, name), shape)
        if self.start_s is not None and not 0 <= self.start_s < np.inf:
            raise ValueError(f"start_s must be a number, 0 or more, got {self.start_s}")
        if self.novelty is not None and not 0 <= self.novelty < np.inf:
            raise ValueError(f"novelty must be a number, 0 or more, got {self.novelty}")
        if self.tags is not None:
            check_tags(self.tags)
        if self.silent is not None and (self.silent.shape != (n,) or self.silent.dtype != np.bool_):
            raise ValueError(f"silent must be {n} booleans, got {self.silent.dtype} of shape {self.silent.shape}")

    def __repr__(self) -> str:
        """Describe the curve on one line, without its numbers."""
        return (
            f"<Curve of {self.source!r} by {self.model!r}: {self.duration_s:.1f} s, {len(self.times_s)} points, "
            f"mean arousal {self.summary.arousal:+.2f}, mean valence {self.summary.valence:+.2f}>"
        )

    @property
    def sounding(self) -> BoolArray:
        """Points that count in what is said about the song (n,): those that are not silent, or all if all are."""
        return sounding_points(self.silent, len(self.times_s))

    @cached_property
    def summary(self) -> Summary:
        """Mean, range, quadrant and mood words of the song, see `moodcurve.mood.Summary`."""
        return summarize(self.arousal[self.sounding], self.valence[self.sounding])

    @property
    def strongest_tags(self) -> dict[str, float]:
        """Tags with their strengths, the strongest first, see `moodcurve.mood.tags`; empty without tags."""
        return {} if self.tags is None else strongest_tags(self.tags)

    def columns(self) -> dict[str, FloatArray]:
        """Return the numbers of the points by column name, as all files of curves have them.

        ``time_s``, ``arousal``, ``valence``, then `INTERVALS` and `PROBABILITIES` where the curve has them; (n,) each,
        not rounded.
        """
        columns = {"time_s": self.times_s, "arousal": self.arousal, "valence": self.valence}
        for axis, interval in (("arousal", self.arousal_interval), ("valence", self.valence_interval)):
            if interval is not None:
                columns |= {f"{axis}_low": interval[:, 0], f"{axis}_high": interval[:, 1]}
        if self.probabilities is not None:
            columns |= dict(zip(PROBABILITIES, self.probabilities.T, strict=True))
        return columns

    def rounded_columns(self) -> dict[str, FloatArray]:
        """Return `columns` rounded as in files: times to 3 decimals, other numbers to 4."""
        # adding 0.0 turns the -0.0 that rounding leaves into 0.0
        return {
            name: np.round(values, TIME_DECIMALS if name == "time_s" else VALUE_DECIMALS) + 0.0
            for name, values in self.columns().items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as a dictionary of strings, rounded numbers and lists: its JSON form.

        docs/formats.md describes the keys and their order. What the model does not provide is absent.
        """
        columns = {name: values.tolist() for name, values in self.rounded_columns().items()}
        quadrants = {name: columns.pop(column) for column, name in PROBABILITIES.items() if column in columns}
        return {
            "format": JSON_FORMAT,
            "source": path_text(self.source),
            "model": utf8_text(self.model),
            "feature_set": utf8_text(self.feature_set),
            "duration_s": round(float(self.duration_s), TIME_DECIMALS),
            **({} if self.start_s is None else {"start_s": round(float(self.start_s), TIME_DECIMALS)}),
            **({} if self.title is None else {"title": utf8_text(self.title)}),
            "times_s": columns.pop("time_s"),
            **columns,
            **({"quadrants": quadrants} if quadrants else {}),
            "song": _song_dict(self),
            **({} if self.novelty is None else {"novelty": _rounded(self.novelty)}),
            **({} if self.silent is None or not self.silent.any() else {"silent": self.silent.tolist()}),
            **({} if self.tags is None else {"tags": sorted_tags(self.tags)}),
            **({} if self.sound is None else {"sound": _sound_dict(self.sound)}),
            "warnings": [utf8_text(warning) for warning in self.warnings],
        }

    def to_frame(self) -> Any:
        """Return the points as a `pandas.DataFrame` of `columns`, indexed by ``time_s``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("Curve.to_frame needs pandas: install it with pip install pandas") from error
        return pandas.DataFrame(self.columns()).set_index("time_s")

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw arousal and valence over time, with their 90 % intervals as bands.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; those of the current pyplot figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.gca()
        for name, values, interval, color in (
            ("arousal", self.arousal, self.arousal_interval, AROUSAL_COLOR),
            ("valence", self.valence, self.valence_interval, VALENCE_COLOR),
        ):
            if interval is not None:
                ax.fill_between(self.times_s, *interval.T, color=color, alpha=0.13, linewidth=0, zorder=2)
            marker = "o" if len(values) == 1 else None
            ax.plot(self.times_s, values, color=color, linewidth=1.9, marker=marker, zorder=3, label=name)
        ax.set(xlabel="time (s)", ylim=(-1, 1))
        ax.legend()
        return ax


def sounding_points(silent: BoolArray | None, n: int) -> BoolArray:
    """Return which of n points count, given which are silent; None is none."""
    return np.ones(n, np.bool_) if silent is None or silent.all() else ~silent


def _song_dict(curve: Curve) -> dict[str, Any]:
    """Return the key ``song`` of `Curve.to_dict`: the song as a whole."""
    summary = curve.summary
    song: dict[str, Any] = {
        "arousal": _rounded(summary.arousal),
        "valence": _rounded(summary.valence),
        "quadrant": summary.quadrant,
        "words": list(summary.words),
        "arousal_9": _rounded(to_nine_points(summary.arousal)),
        "valence_9": _rounded(to_nine_points(summary.valence)),
    }
    if curve.song_interval is not None:
        song |= dict(zip(INTERVALS, map(_rounded, curve.song_interval.ravel()), strict=True))
    for key, names, shares in (
        ("probabilities", QUADRANTS, curve.song_probabilities),
        ("moods", MOODS, curve.song_moods),
    ):
        if shares is not None:
            song[key] = dict(zip(names, map(_rounded, shares), strict=True))
    if curve.rating is not None and curve.rating_interval is not None:
        values = dict(zip(AXES, curve.rating, strict=True))
        values |= dict(zip(INTERVALS, curve.rating_interval.ravel(), strict=True))
        values = {name: _rounded(value) for name, value in values.items()}
        # from the rounded values, so that a file that is read and written again stays the same
        song["rating"] = values | {_on_nine(name): _rounded(to_nine_points(value)) for name, value in values.items()}
    return song


SOUND_DECIMALS = {"loudness_lufs": 1, "tempo_bpm": 1, "danceability": 2}
"""Decimals of the numbers of a song's sound in files."""


def _sound_dict(sound: Sound) -> dict[str, Any]:
    """Return the key ``sound`` of `Curve.to_dict`: what is known of the song's sound."""
    found: dict[str, Any] = {
        name: round(value, decimals) + 0.0
        for name, decimals in SOUND_DECIMALS.items()
        if (value := getattr(sound, name)) is not None
    }
    return found if sound.key is None else {**found, "key": sound.key, "camelot": CAMELOT[sound.key]}


def _rounded(value: float) -> float:
    return round(float(value), VALUE_DECIMALS) + 0.0


def _on_nine(name: str) -> str:
    """``arousal`` to ``arousal_9``, ``arousal_low`` to ``arousal_9_low``."""
    axis, *end = name.split("_")
    return "_".join([axis, "9", *end])


def _check_numbers(name: str, values: FloatArray, n: int) -> None:
    if values.shape != (n,) or not np.isfinite(values).all():
        raise ValueError(f"{name} must be {n} finite numbers, got shape {values.shape}")


def _check_interval(name: str, interval: FloatArray | None, rows: int) -> None:
    if interval is None:
        return
    if interval.shape != (rows, 2):
        raise ValueError(f"{name} must have shape ({rows}, 2), got {interval.shape}")
    if not (interval[:, 0] <= interval[:, 1]).all():  # NaN fails this too
        raise ValueError(f"{name} must have low ends that are not above its high ends")


def _check_shares(name: str, shares: FloatArray | None, shape: tuple[int, ...]) -> None:
    if shares is None:
        return
    if shares.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {shares.shape}")
    # NaN fails both
    if not (shares >= 0).all() or not (np.abs(shares.sum(axis=-1) - 1) <= SUM_TOLERANCE).all():
        raise ValueError(f"{name} must be 0 or more and add up to 1")
