"""Predict arousal and valence from features with a loaded model, for whole recordings or live."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moodcurve._typing import AnyFloatArray, Float32Array, FloatArray
from moodcurve.curve import Curve, sounding_points
from moodcurve.features import Features, FeatureSet
from moodcurve.features.feature_sets import DEFAULT_SR
from moodcurve.mood.classes import probabilities
from moodcurve.runtime.intervals import Intervals, RmsErrors
from moodcurve.runtime.novelty import NoveltyByLevel, NoveltyLimits, novelty_warning
from moodcurve.runtime.prediction import Prediction
from moodcurve.runtime.sequence import NEXT_STATE, SequenceMode, run_sequence
from moodcurve.runtime.session import EMBEDDING, OUTPUT, STD, ModelError, Session
from moodcurve.runtime.silence import (
    levels_db,
    row_powers,
    silence_threshold_db,
    silence_warning,
    silent_rows,
)
from moodcurve.runtime.song_rating import SongRating
from moodcurve.runtime.tags import TagMean, has_tags

VERSION_DIGITS = 12
"""Hexadecimal digits of a model's version."""


def version_of(metadata: Mapping[str, str]) -> str | None:
    """Return the version of a model from its metadata, see `Model.version`."""
    checksum = metadata.get("sha256")
    return None if checksum is None else checksum[:VERSION_DIGITS]


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model, see `moodcurve.runtime.load_model`.

    Attributes
    ----------
    name : str
        Name from the file's metadata; stored in curves and results.
    feature_set : FeatureSet
        The features it reads.
    metadata : mapping
        All metadata of the file, by key without the prefix ``moodcurve.``: ``family``, ``config`` (JSON),
        ``training_data``, ``songs``, ``metrics`` (JSON), ``licence``, and so on.
    sequence_mode : SequenceMode
        How the output for a row depends on other rows.
    intervals : Intervals or None
        Margins of the 90 % intervals; None if they were not measured.
    rms_errors : RmsErrors or None
        Root mean square errors, for class probabilities; None if they were not measured.
    song_rating : SongRating or None
        Maps the mean of a curve to ratings of whole songs; None if the model was not trained for it.
    novelty_limits : NoveltyLimits or None
        Limits of what is usual among training songs; None if the model has no embedding output.
    """

    name: str
    feature_set: FeatureSet
    metadata: Mapping[str, str]
    sequence_mode: SequenceMode
    intervals: Intervals | None
    rms_errors: RmsErrors | None
    song_rating: SongRating | None
    novelty_limits: NoveltyLimits | None
    _session: Session

    @property
    def version(self) -> str | None:
        """Start of the checksum of the model's file, which tells models of one name apart; None if it has none."""
        return version_of(self.metadata)

    def predict(self, features: Features) -> FloatArray:
        """Predict arousal and valence of each row, (rows, 2), limited to [-1, 1]; see `predict_with_std`."""
        return self.predict_with_std(features).values

    def predict_with_std(self, features: Features) -> Prediction:
        """Predict all rows of a recording, in bounded memory however long it is.

        Parameters
        ----------
        features : Features
            Of the model's feature set, or of another that has its columns in the same versions. Unless the model's rows
            are independent, these must be the rows of one recording, in order, from its start.

        Raises
        ------
        ModelError
            If the features are of another version or lack a column, or a prediction is not finite.
        ValueError
            If a feature is NaN or infinite.
        """
        return self.predict_parts([features])

    def predict_parts(self, parts: Iterable[Features]) -> Prediction:
        """Predict all rows of a recording from consecutive parts; how it is split does not change the result.

        Only the rows that the model needs at once are held in memory.

        Raises
        ------
        ModelError, ValueError
            As `predict_with_std`.
        """
        times: list[FloatArray] = [np.empty(0)]
        powers: list[FloatArray] = [np.empty(0)]
        tags = self._new_tags()

        def values() -> Iterator[Float32Array]:
            for part in parts:
                checked = self._values(part)
                times.append(part.times_s)
                powers.append(row_powers(part))
                if tags is not None:
                    tags.add(checked, levels_db(powers[-1]))
                yield checked

        accumulator = self._new_accumulator()
        outputs = run_sequence(self._session.run, values(), self.sequence_mode)
        prediction, _ = self._collect(outputs, accumulator, powers)
        all_powers = np.concatenate(powers)
        return replace(
            prediction,
            times_s=np.concatenate(times),
            novelty=self._novelty(accumulator, all_powers),
            silent=silent_rows(all_powers),
            tags=None if tags is None else tags.mean(silence_threshold_db(all_powers)),
        )

    def graph_outputs(self, features: Features) -> dict[str, Float32Array]:
        """Return what the graph itself gives for all rows of a recording, by the name of the output: (rows, columns).

        Outputs are neither limited nor checked, and include the embedding.

        Raises
        ------
        ModelError, ValueError
            As `predict_with_std`, but for values that are not finite.
        """
        blocks = list(run_sequence(self._session.run, [self._values(features)], self.sequence_mode))
        names = [name for name in self._session.outputs if name != NEXT_STATE]
        return {name: np.concatenate([block[name] for block in blocks]) for name in names}

    def stream(self) -> "Stream":
        """Start a recording whose rows arrive over time.

        Raises
        ------
        ModelError
            If the model needs later rows to predict a row.
        """
        if self.sequence_mode.kind == "window":
            raise ModelError(
                f"model {self.name} reads songs forward and backward; live use needs a model that reads forward only"
            )
        return Stream(self)

    def _values(self, features: Features) -> Float32Array:
        if not features.feature_set.agrees_with(self.feature_set):
            raise ModelError(f"model {self.name} reads features {self.feature_set.key}, got {features.feature_set.key}")
        if features.sr != DEFAULT_SR:
            raise ModelError(f"model {self.name} reads features of audio at {DEFAULT_SR} Hz, got {features.sr} Hz")
        values = features.select(self.feature_set).values
        if not np.isfinite(values).all():
            raise ValueError("features.values must be finite, got NaN or infinity")
        return np.ascontiguousarray(values, dtype=np.float32)

    def _new_accumulator(self) -> NoveltyByLevel | None:
        """Return new sums for the novelty, or None if the model has no embedding output."""
        size = self._session.embedding_size
        return NoveltyByLevel(size) if size else None

    def _new_tags(self) -> TagMean | None:
        """Return new sums for the tags, or None if the model does not read them."""
        return TagMean(self.feature_set) if has_tags(self.feature_set) else None

    def _collect(
        self,
        outputs: Iterable[dict[str, Float32Array]],
        accumulator: NoveltyByLevel | None,
        powers: Sequence[FloatArray],
    ) -> tuple[Prediction, Float32Array | None]:
        """Join the graph's outputs, and add embeddings to the accumulator; return the last state too.

        `powers` holds the power of the rows, in parts; it may grow with the outputs. Times, novelty, silent rows and
        tags are left to the caller.
        """
        values: list[AnyFloatArray] = [np.empty((0, 2))]
        stds: list[AnyFloatArray] = [np.empty((0, 2))]
        has_std, state, done = STD in self._session.outputs, None, 0
        for output in outputs:
            values.append(output[OUTPUT])
            if has_std:
                stds.append(output[STD])
            if accumulator is not None:
                rows = np.concatenate(powers)[done : done + len(output[OUTPUT])]
                accumulator.add(output[EMBEDDING], levels_db(rows))
                done += len(rows)
            state = output.get(NEXT_STATE)
        joined = np.vstack(values, dtype=np.float64)
        std = np.vstack(stds, dtype=np.float64) if has_std else None
        self._check_finite(joined)
        if std is not None:
            self._check_finite(std)
            if (std < 0).any():
                raise ModelError(f"model {self.name} returned a negative standard deviation: its file is damaged")
        return Prediction(np.empty(0), np.clip(joined, -1, 1), std), state

    def _novelty(self, accumulator: NoveltyByLevel | None, powers: FloatArray) -> float | None:
        """Return the novelty of all rows so far, whose powers are given."""
        if accumulator is None or self.novelty_limits is None:
            return None
        novelty = accumulator.novelty(self.novelty_limits, silence_threshold_db(powers))
        if novelty is not None:
            self._check_finite(np.array(novelty))
        return novelty

    def _check_finite(self, numbers: FloatArray) -> None:
        if not np.isfinite(numbers).all():
            raise ModelError(f"model {self.name} returned NaN or infinity: its file is damaged")

    def curve(self, features: Features, *, source: str, duration_s: float, warnings: tuple[str, ...] = ()) -> Curve:
        """Predict the curve of a recording from its features: `predict_with_std`, then `curve_from`.

        Parameters
        ----------
        features : Features
            At least one row.
        source : str
            What was analyzed, such as a path.
        duration_s : float
            Length of the analyzed audio.
        warnings : tuple of str
            Warnings about the audio.

        Raises
        ------
        ModelError, ValueError
            As `predict_with_std`; ValueError also if there is no row.
        """
        prediction = self.predict_with_std(features)
        return self.curve_from(prediction, source=source, duration_s=duration_s, warnings=warnings)

    def curve_from(
        self, prediction: Prediction, *, source: str, duration_s: float, warnings: tuple[str, ...] = ()
    ) -> Curve:
        """Return the curve of a predicted recording, with the intervals and probabilities that the model provides.

        Silent rows count only in the points themselves, unless all rows are silent. A recording that is silent or
        outside of the model's range gets a warning. The other parameters are those of `curve`.

        Raises
        ------
        ValueError
            If there is no row.
        """
        values = prediction.values
        if not len(values):
            raise ValueError("prediction must hold at least one row, got none")
        silent = prediction.silent if prediction.silent is not None and prediction.silent.any() else None
        if silent is not None and silent.all() and not any(warning.startswith("silent") for warning in warnings):
            warnings = (*warnings, silence_warning())  # unless the reader has warned of digital silence
        sounding = sounding_points(silent, len(values))
        points = song = shares = song_shares = moods = rating = rating_interval = None
        mean = values[sounding].mean(axis=0)
        if self.intervals is not None:
            points = self.intervals.of_points(values, prediction.std)
            std = prediction.std
            song = self.intervals.of_song(values[sounding], None if std is None else std[sounding])
        if self.rms_errors is not None:
            shares = probabilities(values, self.rms_errors.of_points, "quadrants")
            song_shares = probabilities(mean[None], self.rms_errors.of_song, "quadrants")[0]
            moods = probabilities(mean[None], self.rms_errors.of_song, "moods")[0]
        if self.song_rating is not None:
            rating, rating_interval = self.song_rating.of_song(mean)
        if prediction.novelty is not None and prediction.novelty > 1:
            warnings = (*warnings, novelty_warning(prediction.novelty))
        return Curve(
            times_s=prediction.times_s,
            arousal=values[:, 0],
            valence=values[:, 1],
            arousal_interval=None if points is None else points[:, 0],
            valence_interval=None if points is None else points[:, 1],
            song_interval=song,
            probabilities=shares,
            song_probabilities=song_shares,
            song_moods=moods,
            rating=rating,
            rating_interval=rating_interval,
            novelty=prediction.novelty,
            silent=silent,
            tags=prediction.tags,
            source=source,
            model=self.name,
            feature_set=self.feature_set.key,
            duration_s=duration_s,
            warnings=warnings,
        )


RECENT_ROWS = 7200
"""Rows of a stream that silence is relative to: the last hour. Its memory does not grow, however long it runs."""


@dataclass(frozen=True, eq=False)
class _StreamState:
    """What a stream carries from row to row."""

    state: Float32Array | None
    accumulator: NoveltyByLevel | None
    tags: TagMean | None
    powers: FloatArray  # of the last rows, at most RECENT_ROWS


class Stream:
    """Predictions for a recording whose rows arrive over time, equal to `Model.predict` on all of them.

    Rows are silent relative to the rows so far, in the last hour.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        state = model.sequence_mode.new_state
        self._state = _StreamState(state, model._new_accumulator(), model._new_tags(), np.empty(0))

    def push(self, features: Features) -> Prediction:
        """Predict the next rows, any number of them.

        Raises
        ------
        ModelError, ValueError
            As `Model.predict_with_std`; the stream is then unchanged and takes other rows.
        """
        prediction, self._state = self._next(features)
        return prediction

    def peek(self, features: Features) -> Prediction:
        """Predict the next rows as `push` does, and leave the stream unchanged."""
        return self._next(features)[0]

    def _next(self, features: Features) -> tuple[Prediction, _StreamState]:
        """Return the prediction of the next rows, and what the stream carries after them."""
        model, before = self._model, self._state
        accumulator, tags = copy.deepcopy((before.accumulator, before.tags))  # so that refused rows leave no trace
        values, added = model._values(features), row_powers(features)
        outputs = run_sequence(model._session.run, [values], model.sequence_mode, state=before.state)
        prediction, state = model._collect(outputs, accumulator, [added])
        powers = np.concatenate([before.powers, added])
        if tags is not None:
            tags.add(values, levels_db(added))
        prediction = replace(
            prediction,
            times_s=features.times_s,
            novelty=model._novelty(accumulator, powers),
            silent=silent_rows(powers)[len(before.powers) :],
            tags=None if tags is None else tags.mean(silence_threshold_db(powers)),
        )
        after = state if len(prediction.values) else before.state
        return prediction, _StreamState(after, accumulator, tags, powers[-RECENT_ROWS:])
