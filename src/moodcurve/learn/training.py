"""A model family by name, trained on a dataset; what training went through is kept beside the model."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from moodcurve.datasets import Dataset, Song
from moodcurve.evaluation import figures
from moodcurve.learn import TrainingError
from moodcurve.learn.config import as_table
from moodcurve.learn.models.base import Epoch, FittedModel, Progress, predict_rated, silent
from moodcurve.learn.models.blend import BlendConfig, fit_blend
from moodcurve.learn.models.ffnn import FFNNConfig, fit_ffnn
from moodcurve.learn.models.mlr import MLRConfig, fit_mlr
from moodcurve.learn.models.recurrent import ForwardConfig, LSTMConfig, RecurrentConfig, fit_recurrent
from moodcurve.learn.models.state_space import LiveStateSpaceConfig, StateSpaceConfig, fit_state_space
from moodcurve.learn.models.svr import SVRConfig, fit_svr
from moodcurve.learn.models.two_level import TwoLevelConfig, fit_two_level
from moodcurve.util.files import atomic_write, write_text


@dataclass(frozen=True)
class Family:
    """A kind of model: its settings, and its ``fit(songs, config, *, seed, progress)``."""

    config: type[Any]
    fit: Callable[..., FittedModel]

    def fitted(self, songs: Sequence[Song], config: Any, *, seed: int, progress: Progress = silent) -> FittedModel:
        """Train on one thread: sums over several differ in their last bits, and a network makes digits of them."""
        with threadpool_limits(limits=1):
            return self.fit(songs, config, seed=seed, progress=progress)


FAMILIES = {
    "mlr": Family(MLRConfig, fit_mlr),
    "svr": Family(SVRConfig, fit_svr),
    "ffnn": Family(FFNNConfig, fit_ffnn),
    "gru": Family(RecurrentConfig, fit_recurrent),
    "lstm": Family(LSTMConfig, fit_recurrent),
    "gru-forward": Family(ForwardConfig, fit_recurrent),
    "state-space": Family(StateSpaceConfig, fit_state_space),
    "state-space-live": Family(LiveStateSpaceConfig, fit_state_space),
    "two-level": Family(TwoLevelConfig, fit_two_level),
    "blend": Family(BlendConfig, fit_blend),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Trained:
    """A fitted model and what it was made from.

    Attributes
    ----------
    model : FittedModel
    family : str
    dataset : Dataset
        What it learned from; its name and feature set go into the model file.
    seed : int
    seconds : float
        Time that fitting took.
    """

    model: FittedModel
    family: str
    dataset: Dataset
    seed: int
    seconds: float

    def training_figures(self) -> dict[str, Any]:
        """Give figures on the songs that it learned from; they say nothing about other songs."""
        with threadpool_limits(limits=1):  # as in training: the same figures on every machine
            predicted = [predict_rated(self.model, song) for song in self.dataset.songs]
        return figures(self.dataset.songs, predicted)


def family(name: str) -> Family:
    """Look a family up by its name.

    Raises
    ------
    TrainingError
        If there is none of this name.
    """
    if name not in FAMILIES:
        raise TrainingError(f"model family {name!r} is not known; there are {', '.join(FAMILIES)}")
    return FAMILIES[name]


def train(
    dataset: Dataset,
    name: str,
    *,
    config: Any = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Trained:
    """Train a model on all songs of a dataset.

    Parameters
    ----------
    dataset : Dataset
    name : str
        One of `FAMILIES`.
    config : the family's settings, optional
        Its defaults otherwise; `moodcurve.learn.config.read_config` reads them from a file.
    seed : int
        0 or more; the same dataset, settings and seed give the same model on one machine.
    progress : callable, optional
        Called after each step of training.

    Raises
    ------
    TrainingError
        If there is no such family, or the data does not allow the settings.
    """
    kind = family(name)
    if config is not None and not isinstance(config, kind.config):
        raise TrainingError(f"{name} takes a {kind.config.__name__}, got a {type(config).__name__}")
    started = time.perf_counter()
    model = kind.fitted(dataset.songs, config or kind.config(), seed=seed, progress=progress)
    seconds = time.perf_counter() - started
    return Trained(model=model, family=name, dataset=dataset, seed=seed, seconds=seconds)


def save_log(trained: Trained, model_path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write what training went through beside a model file; gives the files written.

    ``<stem>.training.json`` has family, settings, seed, data, time, figures on the training songs and the
    loss of each epoch; ``<stem>.loss.png`` draws the loss, for families trained in epochs.
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
        "on_training_songs": trained.training_figures(),
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
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="epoch", ylabel="RMSE (scale of [-1, 1])")
    numbers = [epoch.number for epoch in history]
    axes.plot(numbers, [epoch.training_rmse for epoch in history], label="training, with dropout")
    watched = [(e.number, e.held_out_rmse) for e in history if e.held_out_rmse is not None]
    if watched:
        axes.plot(*zip(*watched, strict=True), label="songs held out")
        best = min(watched, key=lambda point: point[1])
        axes.axvline(best[0], color="grey", linestyle=":", label=f"least error, epoch {best[0]}")
    axes.legend()
    figure.savefig(path)
