"""Recurrent networks: cells that read a song row by row, forward or in both directions; several networks averaged.

Weninger, Eyben & Schuller, "On-line continuous-time music mood regression with deep recurrent neural networks",
ICASSP 2014, https://doi.org/10.1109/ICASSP.2014.6854637; the cells are those of Cho et al., "Learning phrase
representations using RNN encoder-decoder", 2014, https://arxiv.org/abs/1406.1078, and Hochreiter & Schmidhuber,
"Long short-term memory", Neural Computation 9(8), 1997, https://doi.org/10.1162/neco.1997.9.8.1735.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn import TrainingError
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.batches import TrainingSong, agreement_weights, batches, reproducible, training_song
from moodcurve.learn.models.losses import (
    concordance_loss,
    gaussian_loss,
    residual_loss,
    squared_error,
    valence_slope,
    within_song_error,
)
from moodcurve.learn.models.recurrent_config import MARGIN_ROWS, WINDOW_ROWS, RecurrentConfig
from moodcurve.learn.models.recurrent_network import GraphLayers, Network, join_states
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, fit_preprocessing, stack_songs
from moodcurve.runtime.sequence import SequenceMode

MAX_GRADIENT_NORM = 1.0
"""Gradients are clipped to this norm: through many rows they can explode."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Recurrent:
    """Fitted networks. They compute in single precision, the preprocessing in double precision."""

    config: RecurrentConfig
    preprocessing: Preprocessing
    networks: tuple[Network, ...]
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) of one song's rows (n, columns); not limited to [-1, 1]."""
        z = self.preprocessing.apply(x)
        if not len(z):
            return np.zeros((0, 2))
        context = _tensor(self.config.context.apply(z)) if self.config.context else None
        with torch.no_grad():
            outputs = [network(_tensor(z), context)[0][0].double().numpy() for network in self.networks]
        mean: FloatArray = np.stack(outputs).mean(axis=0)
        return mean

    def build(self, graph: Graph) -> str:
        """Add the networks to a graph and return the name of their mean output.

        The graph also gets the output ``spread`` (rows, 2): the standard deviation of ratings about the prediction,
        not calibrated. The networks' outputs are taken as an equal mixture of normal distributions. Its variance is
        the mean of their variances plus the variance (divisor n) of their means.
        """
        z = self.preprocessing.build(graph)
        context = self.config.context.build(graph, z, self.preprocessing.width) if self.config.context else None
        z = graph.add("Cast", z, to=graph.float)
        context = graph.add("Cast", context, to=graph.float) if context else None
        size = self.networks[0].shape.state_size
        state = None
        if not self.config.bidirectional:
            graph.rows = SequenceMode(kind="carried", state_size=size * len(self.networks))
            state = graph.add_input("state", graph.rows.state_size)
        else:
            graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
        means, stds, states = [], [], []
        for number, network in enumerate(self.networks):
            own = _columns(graph, state, number * size, size) if state else None
            mean, std, last = GraphLayers(graph, network).add(z, context, own)
            means.append(graph.add("Unsqueeze", graph.add("Cast", mean, to=graph.double), graph.indices([0])))
            stds.append(graph.add("Unsqueeze", graph.add("Cast", std, to=graph.double), graph.indices([0])))
            states += last
        if state:
            join_states(graph, states, graph.rows.state_size)
        outputs, std = graph.add("Concat", *means, axis=0), graph.add("Concat", *stds, axis=0)
        mean = graph.add("ReduceMean", outputs, axes=[0], keepdims=0)
        deviation = graph.add("Sub", outputs, mean)
        squares = graph.add("Add", graph.add("Mul", std, std), graph.add("Mul", deviation, deviation))
        mixture_std = graph.add("Sqrt", graph.add("ReduceMean", squares, axes=[0], keepdims=0))
        graph.add_output("spread", mixture_std, ["rows", 2])
        return mean


def fit_recurrent(
    songs: Sequence[Song], config: RecurrentConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> Recurrent:
    """Train the networks; the same songs, settings and seed give the same networks on the same machine.

    Raises
    ------
    TrainingError
        If training diverges.
    """
    preprocessing = fit_preprocessing(stack_songs(songs)[0], config.preprocessing)
    weights = agreement_weights(songs) if config.weigh_by_agreement else np.ones(len(songs))
    prepared = [training_song(song, preprocessing, weight=float(w)) for song, w in zip(songs, weights, strict=True)]
    networks, errors = [], []
    with reproducible(seed):
        for number in range(config.networks):
            network = Network(config.shape(preprocessing.width))
            errors.append(_train(network, prepared, config, _network_progress(progress, number, config)))
            networks.append(network.eval())
    rmse = np.sqrt(np.square(errors).mean(axis=0))
    history = tuple(Epoch(number, float(error), None) for number, error in enumerate(rmse, start=1))
    return Recurrent(config=config, preprocessing=preprocessing, networks=tuple(networks), history=history)


def _train(
    network: Network, songs: Sequence[TrainingSong], config: RecurrentConfig, progress: TrainingProgress
) -> list[float]:
    """Train one network and return the RMSE of each epoch."""
    slope = valence_slope(np.vstack([song.y[song.rated].double().numpy() for song in songs]))
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    size = config.batch_size
    steps = config.epochs * math.ceil(len(songs) / size)
    # one step more than needed: a schedule of a single step has no phases
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps + 1, pct_start=0.2
    )
    errors = []
    for epoch in range(1, config.epochs + 1):
        network.train()
        squares, points = 0.0, 0.0
        for batch in batches(songs, size=size, window=config.window_rows, context=bool(config.context_rows)):
            y, log_std = network(batch.rows, batch.context, batch.lengths)
            error = squared_error(y, batch.y, batch.weights)
            loss = config.error_weight * error
            if config.ccc_weight:
                loss = loss + config.ccc_weight * concordance_loss(y, batch.y, batch.weights)
            if config.trajectory_weight:
                loss = loss + config.trajectory_weight * within_song_error(y, batch.y, batch.weights)
            if config.residual_weight:
                loss = loss + config.residual_weight * residual_loss(y, batch.y, batch.weights, slope)
            loss = loss + gaussian_loss(log_std, (batch.y - y).detach(), batch.weights)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT_NORM)
            optimizer.step()
            schedule.step()
            weight = float(batch.weights.sum())
            squares, points = squares + error.item() * weight, points + weight
        if not all(bool(weights.isfinite().all()) for weights in network.parameters()):
            raise TrainingError(
                f"training diverged in epoch {epoch}; learning_rate must be below {config.learning_rate:g}"
            )
        errors.append(math.sqrt(squares / points))
        progress(epoch, config.epochs, f"training RMSE {errors[-1]:.4f}")
    return errors


def _network_progress(progress: TrainingProgress, number: int, config: RecurrentConfig) -> TrainingProgress:
    """Report the epochs of one network as part of the epochs of all."""

    def report(done: int, total: int, what: str) -> None:
        message = f"network {number + 1} of {config.networks}: {what}"
        progress(number * total + done, config.networks * total, message)

    return report


def _columns(graph: Graph, values: str, start: int, size: int) -> str:
    return graph.add("Slice", values, graph.indices([start]), graph.indices([start + size]), graph.indices([1]))


def _tensor(values: FloatArray) -> torch.Tensor:
    """Convert one song to a batch of one, (1, n, columns)."""
    return torch.from_numpy(values.astype(np.float32))[None]
