"""Train a model family by name, and write a log of the training."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.selection import rated_songs
from moodcurve.evaluation import evaluate_predictions
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table
from moodcurve.learn.models.base import Epoch, FittedModel, TrainingProgress, no_progress, predict_rated
from moodcurve.learn.models.blend import BlendConfig, fit_blend
from moodcurve.learn.models.ffnn import FFNNConfig, fit_ffnn
from moodcurve.learn.models.gp import GPConfig, fit_gp
from moodcurve.learn.models.gp_blend import GPBlendConfig, fit_gp_blend
from moodcurve.learn.models.gp_live import GPLiveConfig, fit_gp_live
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.recurrent import fit_recurrent
from moodcurve.learn.models.recurrent_config import ForwardConfig, LSTMConfig, RecurrentConfig
from moodcurve.learn.models.state_space import INNER_FOLDS, LiveStateSpaceConfig, StateSpaceConfig, fit_state_space
from moodcurve.learn.models.svr import SVRConfig, fit_svr
from moodcurve.learn.models.two_level import TwoLevelConfig, fit_two_level
from moodcurve.util.files import atomic_write, write_text
from moodcurve.util.library_settings import import_matplotlib


@dataclass(frozen=True)
class Family:
    """A kind of model: the class of its settings, and its ``fit(songs, config, *, seed, progress)``.

    `quadrants` is true for those that also learn from songs that only have a quadrant, and that are free of the level
    of the recording; `past_only` for those of them that read past rows only. `least_songs` is the number of rated
    songs, each of another artist, that training needs: Kalman filters are fitted to predictions of held-out songs.
    """

    config: type[Any]
    fit: Callable[..., FittedModel]
    quadrants: bool = False
    past_only: bool = False
    least_songs: int = 1

    def train(
        self, songs: Sequence[Song], config: Any, *, seed: int, progress: TrainingProgress = no_progress
    ) -> FittedModel:
        """Fit on one thread: sums over several differ in their last bits, which training a network amplifies."""
        with threadpool_limits(limits=1):
            return self.fit(songs, config, seed=seed, progress=progress)


FAMILIES = {
    "mlr": Family(MLRConfig, fit_mlr),
    "svr": Family(SVRConfig, fit_svr),
    "ffnn": Family(FFNNConfig, fit_ffnn),
    "gru": Family(RecurrentConfig, fit_recurrent),
    "lstm": Family(LSTMConfig, fit_recurrent),
    "gru-forward": Family(ForwardConfig, fit_recurrent),
    "state-space": Family(StateSpaceConfig, fit_state_space, least_songs=INNER_FOLDS),
    "state-space-live": Family(LiveStateSpaceConfig, fit_state_space, least_songs=INNER_FOLDS),
    "two-level": Family(TwoLevelConfig, fit_two_level),
    "blend": Family(BlendConfig, fit_blend, least_songs=INNER_FOLDS),
    "gp": Family(GPConfig, fit_gp, quadrants=True),
    "gp-blend": Family(GPBlendConfig, fit_gp_blend, quadrants=True, least_songs=INNER_FOLDS),
    "gp-live": Family(GPLiveConfig, fit_gp_live, quadrants=True, past_only=True, least_songs=INNER_FOLDS),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainedModel:
    """A fitted model and how it was trained.

    Attributes
    ----------
    model : FittedModel
    family : str
    dataset : Dataset
        The training songs; the model file stores the dataset's name and feature set.
    seed : int
    seconds : float
        Training time.
    """

    model: FittedModel
    family: str
    dataset: Dataset
    seed: int
    seconds: float

    def training_metrics(self) -> dict[str, Any]:
        """Compute metrics on the rated training songs; they do not show how well the model predicts other songs."""
        songs = rated_songs(self.dataset).songs
        with threadpool_limits(limits=1):  # as in training: the same results on every machine
            predicted = [predict_rated(self.model, song) for song in songs]
        return evaluate_predictions(songs, predicted)


def find_family(name: str) -> Family:
    """Return a family by its name.

    Raises
    ------
    TrainingError
        If the name is unknown.
    """
    if name not in FAMILIES:
        raise TrainingError(f"unknown model family {name!r}; known are {', '.join(FAMILIES)}")
    return FAMILIES[name]


def train(
    dataset: Dataset,
    name: str,
    *,
    config: Any = None,
    seed: int = 0,
    progress: TrainingProgress = no_progress,
) -> TrainedModel:
    """Train a model on all songs of a dataset, without those that only have a quadrant if the family cannot use them.

    Parameters
    ----------
    dataset : Dataset
    name : str
        One of `FAMILIES`.
    config : settings of the family, optional
        Default: the family's defaults. `moodcurve.learn.config.read_config` reads settings from a file.
    seed : int
        0 or more; the same dataset, settings and seed give the same model on the same machine.
    progress : callable, optional
        Called after each training step.

    Raises
    ------
    TrainingError
        If the family is unknown, or the data do not allow the settings.
    DatasetError
        If no song is rated.
    """
    kind = find_family(name)
    if config is not None and not isinstance(config, kind.config):
        raise TrainingError(f"config must be a {kind.config.__name__} for {name}, got a {type(config).__name__}")
    rated = rated_songs(dataset)
    dataset = dataset if kind.quadrants else rated
    started = time.perf_counter()
    model = kind.train(dataset.songs, config or kind.config(), seed=seed, progress=progress)
    seconds = time.perf_counter() - started
    return TrainedModel(model=model, family=name, dataset=dataset, seed=seed, seconds=seconds)


def save_log(trained: TrainedModel, model_path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write a log of the training next to a model file, and return the paths written.

    ``<stem>.training.json`` holds family, settings, seed, data, time, metrics on the training songs and the loss of
    each epoch. ``<stem>.loss.png`` plots the loss, for families trained in epochs.
    """
    path = Path(model_path)
    log = path.with_name(f"{path.stem}.training.json")
    content = {
        "family": trained.family,
        "config": as_table(trained.model.config),
        "seed": trained.seed,
        "training_data": trained.dataset.name,
        "feature_set": trained.dataset.feature_set.key,
        "songs": len(trained.dataset.songs),
        "seconds": round(trained.seconds, 1),
        "on_training_songs": trained.training_metrics(),
        "epochs": [asdict(epoch) for epoch in trained.model.history],
    }
    write_text(log, json.dumps(content, indent=1, allow_nan=False) + "\n")
    if not trained.model.history:
        return (log,)
    picture = path.with_name(f"{path.stem}.loss.png")
    with atomic_write(picture) as scratch:
        _draw_loss(trained.model.history, scratch)
    return log, picture


def _draw_loss(history: tuple[Epoch, ...], path: Path) -> None:
    import_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="RMSE")
    numbers = [epoch.number for epoch in history]
    axes.plot(numbers, [epoch.training_rmse for epoch in history], label="training songs, with dropout")
    held_out = [(e.number, e.held_out_rmse) for e in history if e.held_out_rmse is not None]
    if held_out:
        axes.plot(*zip(*held_out, strict=True), label="held-out songs")
        best = min(held_out, key=lambda point: point[1])
        axes.axvline(best[0], color="gray", linestyle=":", label=f"lowest error, epoch {best[0]}")
    axes.legend()
    figure.savefig(path)
