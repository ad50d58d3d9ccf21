"""A model at work: features to predictions, and those to the curve of a recording, whole or while it goes on."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from moodcurve.curve import Curve
from moodcurve.features import Features, FeatureSet
from moodcurve.features.feature_sets import DEFAULT_SR
from moodcurve.mood.classes import probabilities
from moodcurve.runtime.intervals import Intervals, Spreads
from moodcurve.runtime.novelty import Limits, Whereabouts, warning
from moodcurve.runtime.sequence import NEXT_STATE, Rows, answers
from moodcurve.runtime.session import OUTPUT, PLACE, SPREAD, ModelError, Session
from moodcurve.runtime.song_rating import SongRating


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
        model's range, see `moodcurve.runtime.novelty`; None where the model cannot tell, and for less than ten seconds.
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
    _session: Session

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

        prediction, _ = self._prediction(answers(self._session.run, values(), self.rows), self._nowhere())
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
        if features.sr != DEFAULT_SR:
            raise ModelError(f"model {self.name} reads features of audio at {DEFAULT_SR} Hz, got {features.sr} Hz")
        values = features.select(self.feature_set).values
        if not np.isfinite(values).all():
            raise ValueError("features.values must be finite, got NaN or infinity")
        return np.ascontiguousarray(values, dtype=np.float32)

    def _nowhere(self) -> Whereabouts | None:
        """Begin the places of a recording, if the model gives any."""
        size = self._session.place_size
        return Whereabouts.nowhere(size) if size else None

    def _prediction(
        self, pieces: Iterable[dict[str, npt.NDArray[np.float32]]], seen: Whereabouts | None
    ) -> tuple[Prediction, npt.NDArray[np.float32] | None]:
        """Join a graph's answers to the pieces of a recording and add to its places; gives the state left, too."""
        values: list[npt.NDArray[np.floating]] = [np.empty((0, 2))]
        spreads: list[npt.NDArray[np.floating]] = [np.empty((0, 2))]
        gives_spread, state = SPREAD in self._session.outputs, None
        for piece in pieces:
            values.append(piece[OUTPUT])
            if gives_spread:
                spreads.append(piece[SPREAD])
            if seen is not None:
                seen.add(piece[PLACE])
            state = piece.get(NEXT_STATE)
        joined, spread = np.vstack(values), np.vstack(spreads) if gives_spread else None
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
        pieces = answers(model._session.run, [model._values(features)], model.rows, state=self._state)
        prediction, state = model._prediction(pieces, seen)
        prediction = replace(prediction, times_s=features.times_s)
        self._seen = seen
        if len(prediction.values):
            self._state = state
        return prediction
