"""A model file applied to features: ONNX Runtime and NumPy only, no training code.

A model is one ONNX file with preprocessing inside: input ``features``, float32 (rows, columns); output
``arousal_valence``, float32 (rows, 2). Some give a second output ``spread``, float32 (rows, 2), how far ratings may
be expected to lie from the answer, or ``place``, where rows lie among the training songs (`moodcurve.novelty`);
some read songs forward and carry a ``state`` from row to row. What it was
trained on, and how its rows depend on each other, stands in its metadata; `FORMAT` names the layout of all that.
"""

import copy
import importlib.resources
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from moodcurve.categories import probabilities
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features import FEATURE_SETS, Features, FeatureSet
from moodcurve.intervals import Intervals, Spreads
from moodcurve.novelty import Limits, Whereabouts, warning
from moodcurve.rating import SongRating
from moodcurve.rows import INDEPENDENT, NEXT_STATE, Rows, answers
from moodcurve.stated import from_json

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import onnxruntime

Stated = TypeVar("Stated")

FORMAT = "2"
"""Layout of graph and metadata, stated in the metadata as ``moodcurve.format``."""
READABLE = ("1", FORMAT)
"""Layouts that can be read. Layout 1 had rows that do not depend on each other, and no spread."""
INPUT, STATE = "features", "state"
"""Names of the graph's inputs; the second is there where the rows carry a state."""
OUTPUT, SPREAD, PLACE = "arousal_valence", "spread", "place"
"""Names of the graph's outputs, `moodcurve.rows.NEXT_STATE` beside; only the first is always there."""


class ModelError(MoodcurveError):
    """A model cannot be loaded, or cannot read these features; the message names it and what is accepted."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of some rows.

    Attributes
    ----------
    times_s : (rows,)
        Start of each row's window.
    values : (rows, 2)
        Arousal and valence, limited to [-1, 1].
    spread : (rows, 2) or None
        Standard deviation to be expected of ratings about them, by the model's own account, 0 or more; None where
        the model gives none.
    novelty : float or None
        How unlike the training songs the recording is, up to the last of the rows: above 1 it is out of the
        model's range, see `moodcurve.novelty`; None where the model cannot tell, and for less than ten seconds.
    """

    times_s: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64] | None
    novelty: float | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model.

    Attributes
    ----------
    name : str
        As the file states it; curves and results carry it.
    feature_set : FeatureSet
        What it reads.
    metadata : mapping
        All that the file states, by key without the prefix ``moodcurve.``: ``family``, ``config`` (JSON),
        ``training_data``, ``songs``, ``metrics`` (JSON), ``licence``, and so on.
    rows : Rows
        What its answer to a row depends on.
    intervals : Intervals or None
        How far ratings lie from its answers; None where that was not measured.
    spreads : Spreads or None
        How far it errs on average, for the probabilities of classes; None where that was not measured.
    song_rating : SongRating or None
        What listeners give songs as wholes; None where it has not learned that.
    usual : Limits or None
        What recordings it knows; None where it cannot tell.
    """

    name: str
    feature_set: FeatureSet
    metadata: Mapping[str, str]
    rows: Rows
    intervals: Intervals | None
    spreads: Spreads | None
    song_rating: SongRating | None
    usual: Limits | None
    _session: "onnxruntime.InferenceSession"

    def predict(self, features: Features) -> npt.NDArray[np.float64]:
        """Predict arousal and valence of each row, shape (rows, 2), limited to [-1, 1]; see `predict_with_spread`."""
        return self.predict_with_spread(features).values

    def predict_with_spread(self, features: Features) -> Prediction:
        """Predict all rows of a recording, in bounded memory however long it is.

        Parameters
        ----------
        features : Features
            Of the model's feature set, or of one of the same version that has its columns. Of a model whose rows
            are not independent, the rows of one recording, in order, from its first on.

        Raises
        ------
        ModelError
            If the features are of another version or lack a column, or the model's answer is not finite.
        ValueError
            If a value is NaN or infinite.
        """
        return self.predict_parts([features])

    def predict_parts(self, parts: Iterable[Features]) -> Prediction:
        """Predict all rows of a recording that come in parts, in order; the parts do not change the answer.

        No more rows are held than the model needs at once.

        Raises
        ------
        ModelError, ValueError
            As `predict_with_spread`.
        """
        times: list[npt.NDArray[np.float64]] = [np.empty(0)]

        def values() -> Iterator[npt.NDArray[np.float32]]:
            for part in parts:
                times.append(part.times_s)
                yield self._values(part)

        prediction, _ = self._prediction(answers(self._run, values(), self.rows), self._nowhere())
        return replace(prediction, times_s=np.concatenate(times))

    def stream(self) -> "Stream":
        """Begin a recording whose rows arrive little by little.

        Raises
        ------
        ModelError
            If the model needs later rows to judge a row.
        """
        if self.rows.kind == "window":
            raise ModelError(
                f"model {self.name} reads songs forward and backward; live use needs one that reads forward"
            )
        return Stream(self)

    def _values(self, features: Features) -> npt.NDArray[np.float32]:
        if features.feature_set.version != self.feature_set.version:
            raise ModelError(f"model {self.name} reads features {self.feature_set.key}, got {features.feature_set.key}")
        values = features.select(self.feature_set).values
        if not np.isfinite(values).all():
            raise ValueError("features.values must be finite, got NaN or infinity")
        return np.ascontiguousarray(values, dtype=np.float32)

    def _run(
        self, values: npt.NDArray[np.float32], state: npt.NDArray[np.float32] | None
    ) -> dict[str, npt.NDArray[np.float32]]:
        fed = {INPUT: values} if state is None else {INPUT: values, STATE: state}
        names = [output.name for output in self._session.get_outputs()]
        return dict(zip(names, self._session.run(names, fed), strict=True))

    @property
    def gives_spread(self) -> bool:
        """Whether predictions come with a spread."""
        return any(output.name == SPREAD for output in self._session.get_outputs())

    def _nowhere(self) -> Whereabouts | None:
        """Begin the places of a recording, if the model gives any."""
        sizes = [output.shape[1] for output in self._session.get_outputs() if output.name == PLACE]
        return Whereabouts.nowhere(sizes[0]) if sizes else None

    def _prediction(
        self, pieces: Iterable[dict[str, npt.NDArray[np.float32]]], seen: Whereabouts | None
    ) -> tuple[Prediction, npt.NDArray[np.float32] | None]:
        """Join a graph's answers to the pieces of a recording and add to its places; gives the state left, too."""
        values: list[npt.NDArray[np.floating]] = [np.empty((0, 2))]
        spreads: list[npt.NDArray[np.floating]] = [np.empty((0, 2))]
        state = None
        for piece in pieces:
            values.append(piece[OUTPUT])
            if self.gives_spread:
                spreads.append(piece[SPREAD])
            if seen is not None:
                seen.add(piece[PLACE])
            state = piece.get(NEXT_STATE)
        joined, spread = np.vstack(values), np.vstack(spreads) if self.gives_spread else None
        novelty = None if seen is None or self.usual is None else seen.novelty(self.usual)
        given = [joined.ravel(), [] if spread is None else spread.ravel(), [] if novelty is None else [novelty]]
        if not np.isfinite(np.concatenate(given)).all():
            raise ModelError(f"model {self.name} gives values that are no numbers: its file is damaged")
        return Prediction(np.empty(0), np.clip(joined, -1, 1), spread, novelty), state

    def curve(self, features: Features, *, source: str, duration_s: float, warnings: tuple[str, ...] = ()) -> Curve:
        """Give the curve of a recording from its features: of `predict_with_spread`, what `curve_of` gives.

        Parameters
        ----------
        features : Features
            At least one row.
        source : str
            What was analysed: the path as it was given.
        duration_s : float
            Length of the audio that was analysed.
        warnings : tuple of str
            What a reader of the curve must know.

        Raises
        ------
        ModelError, ValueError
            As `predict`; ValueError too if there is no row.
        """
        found = self.predict_with_spread(features)
        return self.curve_of(found, source=source, duration_s=duration_s, warnings=warnings)

    def curve_of(self, found: Prediction, *, source: str, duration_s: float, warnings: tuple[str, ...] = ()) -> Curve:
        """Give the curve of a predicted recording, with all that the model knows of how sure it is.

        A recording that is out of the model's range gets a warning. The parameters are those of `curve`.

        Raises
        ------
        ValueError
            If there is no row.
        """
        if not len(found.values):
            raise ValueError("found must hold at least one row, got none")
        points = song = shares = song_shares = moods = rating = rating_ends = None
        mean = found.values.mean(axis=0)
        if self.intervals is not None:
            points = self.intervals.of_points(found.values, found.spread)
            song = self.intervals.of_song(found.values, found.spread)
        if self.spreads is not None:
            shares = probabilities(found.values, self.spreads.of_points, "quadrants")
            song_shares = probabilities(mean[None], self.spreads.of_song, "quadrants")[0]
            moods = probabilities(mean[None], self.spreads.of_song, "moods")[0]
        if self.song_rating is not None:
            rating, rating_ends = self.song_rating.of_song(mean)
        if found.novelty is not None and found.novelty > 1:
            warnings = (*warnings, warning(found.novelty))
        return Curve(
            times_s=found.times_s,
            arousal=found.values[:, 0],
            valence=found.values[:, 1],
            arousal_interval=None if points is None else points[:, 0],
            valence_interval=None if points is None else points[:, 1],
            song_interval=song,
            probabilities=shares,
            song_probabilities=song_shares,
            song_moods=moods,
            rating=rating,
            rating_interval=rating_ends,
            novelty=found.novelty,
            source=source,
            model=self.name,
            feature_set=self.feature_set.key,
            duration_s=duration_s,
            warnings=warnings,
        )


class Stream:
    """A recording predicted while it goes on; the answers are those of `Model.predict` for all rows together."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._state = model.rows.new_state
        self._seen = model._nowhere()

    def push(self, features: Features) -> Prediction:
        """Predict the next rows, any number of them.

        Raises
        ------
        ModelError, ValueError
            As `Model.predict_with_spread`; the recording can then go on with other rows.
        """
        model = self._model
        # a copy, so that rows that are refused leave no trace
        seen = copy.deepcopy(self._seen)
        pieces = answers(model._run, [model._values(features)], model.rows, state=self._state)
        prediction, state = model._prediction(pieces, seen)
        prediction = replace(prediction, times_s=features.times_s)
        self._seen = seen
        if len(prediction.values):
            self._state = state
        return prediction


def load_model(name_or_path: str | os.PathLike[str] = "default") -> Model:
    """Load a packaged model by name, or a model file.

    Parameters
    ----------
    name_or_path : str or path
        ``default`` or another name of `packaged_models`; anything else is a file.

    Raises
    ------
    ModelError
        If there is no such model or file, it is not an ONNX model, was not made by moodcurve, or reads
        features that this version of moodcurve does not make.
    """
    label = os.fspath(name_or_path)
    session = _session(_read(label), label)
    stated = session.get_modelmeta().custom_metadata_map
    metadata = {key.removeprefix("moodcurve."): value for key, value in stated.items() if key.startswith("moodcurve.")}
    inputs, outputs = _names(session)
    if metadata.get("format") not in READABLE or INPUT not in inputs or OUTPUT not in outputs:
        raise ModelError(f"{label}: not a model of moodcurve (format {FORMAT}); `moodcurve train` makes them")
    missing = [key for key in ("name", "feature_set", "feature_set_version", "columns") if key not in metadata]
    if missing:
        raise ModelError(f"{label}: states no {missing[0]!r}; `moodcurve train` makes whole models")
    rows = _rows(metadata, label)
    carried = rows.kind == "carried"
    if (STATE in inputs, NEXT_STATE in outputs) != (carried, carried):
        raise ModelError(f"{label}: its rows are {rows.kind}, which its inputs and outputs do not fit")
    return Model(
        name=metadata["name"],
        feature_set=_feature_set(metadata, label),
        metadata=metadata,
        rows=rows,
        intervals=_intervals(metadata, outputs, label),
        spreads=_stated(metadata, "spreads", Spreads, label),
        song_rating=_stated(metadata, "song_rating", SongRating, label),
        usual=_usual(metadata, outputs, label),
        _session=session,
    )


def packaged_models() -> dict[str, "Traversable"]:
    """Models that come with the package, by name."""
    folder = importlib.resources.files("moodcurve") / "pretrained"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".onnx")] if folder.is_dir() else []
    return {entry.name.removesuffix(".onnx"): entry for entry in sorted(found, key=lambda e: e.name)}


def _read(label: str) -> bytes:
    packaged = packaged_models()
    if label in packaged:
        return packaged[label].read_bytes()
    try:
        return Path(label).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{label or repr(label)}: no such model ({error.strerror}); give a file, or one of the packaged models: "
            f"{', '.join(packaged) or 'none in this install'}"
        ) from error


def _session(data: bytes, label: str) -> "onnxruntime.InferenceSession":
    # from 1.29 on ONNX Runtime reports to its maker unless this is set before it is loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # imported here: it takes a third of a second, which reading a curve or a help text should not
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as refusals

    options = onnxruntime.SessionOptions()
    # one thread: the models are small, and sums always run in the same order
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # as the file has it: its fusions save nothing here, take time at each start, and one of them is wrong
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # a plan of the memory of a second run of equal length, which would be held beside the first run's: 90 MB
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except (
        refusals.Fail,
        refusals.InvalidArgument,
        refusals.InvalidGraph,
        refusals.InvalidProtobuf,
        refusals.NotImplemented,
        refusals.RuntimeException,
    ) as error:
        raise ModelError(f"{label}: not an ONNX model that ONNX Runtime can run") from error


def _names(session: "onnxruntime.InferenceSession") -> tuple[list[str], list[str]]:
    return [value.name for value in session.get_inputs()], [value.name for value in session.get_outputs()]


def _rows(metadata: Mapping[str, str], label: str) -> Rows:
    if metadata["format"] == "1":
        return INDEPENDENT
    try:
        return from_json(Rows, metadata.get("rows", ""))
    except ValueError as error:
        raise ModelError(f"{label}: does not say how its rows depend on each other: {error}") from error


def _stated(metadata: Mapping[str, str], key: str, kind: type[Stated], label: str) -> Stated | None:
    """Read what the metadata may state as JSON."""
    if key not in metadata:
        return None
    try:
        return from_json(kind, metadata[key])
    except ValueError as error:
        raise ModelError(f"{label}: states {key} that cannot be read: {error}") from error


def _intervals(metadata: Mapping[str, str], outputs: list[str], label: str) -> Intervals | None:
    intervals = _stated(metadata, "intervals", Intervals, label)
    if intervals is not None and intervals.scale == "spread" and SPREAD not in outputs:
        raise ModelError(f"{label}: states intervals in units of a spread that it does not give")
    return intervals


def _usual(metadata: Mapping[str, str], outputs: list[str], label: str) -> Limits | None:
    if ("novelty" in metadata) != (PLACE in outputs):
        raise ModelError(f"{label}: has only one of places among training songs and limits of what is usual")
    return _stated(metadata, "novelty", Limits, label)


def _feature_set(metadata: Mapping[str, Any], label: str) -> FeatureSet:
    name, version = metadata["feature_set"], metadata["feature_set_version"]
    known = FEATURE_SETS.get(name)
    if known is not None and known.version == version and metadata["columns"] != json.dumps(known.names):
        raise ModelError(f"{label}: reads other columns than those of {known.key}, which it names")
    if known is None or known.version != version:
        made = ", ".join(s.key for s in FEATURE_SETS.values())
        raise ModelError(f"{label}: reads features {name}/{version}; this version of moodcurve makes {made}")
    return known
