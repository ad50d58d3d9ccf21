"""The model families as scikit-learn estimators."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted, check_random_state, column_or_1d, validate_data

from moodcurve._typing import FloatArray
from moodcurve.datasets import Dataset, Song
from moodcurve.features import Features
from moodcurve.learn.config import as_table, config_from_table
from moodcurve.learn.estimators.scorers import rated_rows
from moodcurve.learn.estimators.songs import as_features, as_song, at_one_level, is_song_sequence
from moodcurve.learn.training import FAMILIES, find_family, train

Curves = FloatArray | list[FloatArray]
"""Predictions: (rows, 2) or (rows,) for a table, a list of (rows, 2) for songs."""


class CurveRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A model family as a scikit-learn estimator, for pipelines, searches and cross-validation.

    `X` is a sequence of songs, each `Features` or an array (rows, columns) with two rows a second, and `y` a sequence
    of arrays (rows, 2): arousal and valence, NaN for rows without a rating. `X` may also be one table (rows, columns)
    with `y` (rows, 2) or (rows,); families that read a song in order take it as one song, unless `songs` says which
    row belongs to which. Without it, families that learn from the errors on held-out songs are trained on the table's
    four quarters, as four songs.

    Families that correct for the level of a recording know it from the columns of `Features`. Arrays have none:
    their rows count as equally loud, and none as silent.

    Parameters
    ----------
    family : str
        One of `moodcurve.learn.training.FAMILIES`: ``mlr``, ``svr``, ``ffnn``, ``gru``, ``gp-blend`` and others.
    config : dict, optional
        Settings that differ from the family's defaults, as in a configuration file: ``{"C": 1.0}``. In searches,
        ``config__C`` sets one of them.
    random_state : int, RandomState or None
        Seed of families with random starting points.

    Attributes
    ----------
    trained_ : moodcurve.learn.training.TrainedModel
        What `moodcurve.learn.export.export` writes to a model file.
    n_features_in_ : int

    Raises
    ------
    ValueError
        From `fit`, if the data or settings cannot be used.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(60, 5)) for _ in range(8)]       # eight songs of 30 s with five columns
    >>> y = [np.tanh(x[:, :2]) for x in X]
    >>> CurveRegressor("mlr").fit(X[:6], y[:6]).score(X[6:], y[6:]) > 0.8
    True
    """

    def __init__(
        self,
        family: str = "mlr",
        *,
        config: dict[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.family = family
        self.config = config
        self.random_state = random_state

    def fit(self, X: Any, y: Any, songs: npt.ArrayLike | None = None) -> Self:
        """Train the family on all rated rows.

        Parameters
        ----------
        X, y
            As described by the class.
        songs : (rows,), optional
            For tables: the song that each row belongs to, in blocks. Pass it in cross-validation as
            ``params={"songs": songs}``.
        """
        kind = find_family(self.family)
        is_sequence = is_song_sequence(X)
        self._is_at_one_level = kind.quadrants and not (is_sequence and isinstance(X[0], Features))
        learned = self._songs(X, y) if is_sequence else self._table(X, y, songs, kind.least_songs)
        config = config_from_table(kind.config, self.config or {}, where="config")
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31)
        dataset = Dataset(name="scikit-learn", songs=tuple(learned))
        self.trained_ = train(dataset, self.family, config=config, seed=int(seed))
        return self

    def predict(self, X: Any) -> Curves:
        """Predict arousal and valence, limited to [-1, 1] as in curves.

        Returns
        -------
        list of (rows, 2)
            For a sequence of songs.
        (rows, 2) or (rows,)
            For a table, as `y` was.
        """
        check_is_fitted(self)
        if is_song_sequence(X):
            return [self._predict(self._checked(song, position)) for position, song in enumerate(X)]
        table = validate_data(self, X, reset=False, dtype=np.float32)
        predicted = self._predict(as_features(table, 0))
        return predicted[:, 0] if self._has_one_axis else predicted

    def score(self, X: Any, y: Any, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the coefficient of determination of all rated rows, the mean of both axes.

        It mainly measures differences between songs; `curve_scorer` has metrics per song.
        """
        predicted = self.predict(X)
        if isinstance(predicted, list):
            pairs = [rated_rows(one, other) for one, other in zip(y, predicted, strict=True)]
            return float(r2_score(np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])))
        return float(r2_score(y, predicted, sample_weight=sample_weight))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; `deep` adds each setting of the family as ``config__name``."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep and isinstance(self.family, str) and self.family in FAMILIES:
            known = {setting.name for setting in dataclasses.fields(FAMILIES[self.family].config)}
            defaults = as_table(FAMILIES[self.family].config())
            given = self.config if isinstance(self.config, dict) else {}
            params |= {f"config__{name}": given.get(name, defaults[name]) for name in known}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and settings of the family as ``config__name``."""
        settings = {name.removeprefix("config__"): params.pop(name) for name in list(params) if "config__" in name}
        super().set_params(**params)
        if settings:
            self.config = {**(self.config or {}), **settings}
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # labels beyond [-1, 1], as in scikit-learn's checks, cannot be met
        return tags

    def _songs(self, X: Sequence[Any], y: Any) -> list[Song]:
        if y is None or len(y) != len(X):
            raise ValueError(f"y must have one array for each of the {len(X)} songs of X")
        features = [as_features(song, position) for position, song in enumerate(X)]
        names = features[0].feature_set.names
        for position, song in enumerate(features):
            if song.feature_set.names != names:
                raise ValueError(f"song {position} of X has other columns than the first one")
        self.n_features_in_ = len(names)
        self._has_one_axis = False
        return [
            as_song(self._read(song), ratings, i) for i, (song, ratings) in enumerate(zip(features, y, strict=True))
        ]

    def _table(self, X: Any, y: Any, songs: npt.ArrayLike | None, parts: int) -> list[Song]:
        table, target = validate_data(
            self, X, y, multi_output=True, y_numeric=True, dtype=np.float32, ensure_min_samples=2
        )
        if target.ndim == 2 and target.shape[1] == 1:
            target = column_or_1d(target, warn=True)
        self._has_one_axis = target.ndim == 1
        both = np.column_stack([target, target]) if self._has_one_axis else target
        if both.shape[1] != 2:
            raise ValueError(f"y must have the shape (rows, 2) or (rows,), got {target.shape}")
        of_row = np.arange(len(table)) * parts // len(table) if songs is None else np.asarray(songs)
        if of_row.shape != (len(table),):
            raise ValueError(f"songs must have the shape ({len(table)},), got {of_row.shape}")
        starts = np.flatnonzero(np.r_[True, of_row[1:] != of_row[:-1]])
        if len(starts) > len(set(of_row.tolist())):
            raise ValueError("songs must name each song in one block of rows")
        return [
            as_song(self._read(as_features(x, position)), ratings, position)
            for position, (x, ratings) in enumerate(
                zip(np.split(table, starts[1:]), np.split(both, starts[1:]), strict=True)
            )
        ]

    def _checked(self, song: Any, position: int) -> Features:
        features = as_features(song, position)
        if features.values.shape[1] != self.n_features_in_:
            raise ValueError(
                f"song {position} of X has {features.values.shape[1]} features, but CurveRegressor is expecting "
                f"{self.n_features_in_} features as input"
            )
        return features

    def _read(self, features: Features) -> Features:
        return at_one_level(features) if self._is_at_one_level else features

    def _predict(self, features: Features) -> FloatArray:
        return np.clip(self.trained_.model.predict(self._read(features).values), -1, 1)
