"""Recurrent networks: cells that read a song row after row, forward or both ways, several of them averaged.

Weninger, Eyben & Schuller, "On-line continuous-time music mood regression with deep recurrent neural networks",
ICASSP 2014, https://doi.org/10.1109/ICASSP.2014.6854637; the cells are those of Cho et al., "Learning phrase
representations using RNN encoder-decoder", 2014, https://arxiv.org/abs/1406.1078, and Hochreiter & Schmidhuber,
"Long short-term memory", Neural Computation 9(8), 1997, https://doi.org/10.1162/neco.1997.9.8.1735.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn import TrainingError
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, Progress, silent
from moodcurve.learn.models.batches import Heard, agreement_weights, batches, heard
from moodcurve.learn.models.losses import (
    concordance_loss,
    course_error,
    residual_loss,
    spread_loss,
    squared_error,
    valence_slope,
)
from moodcurve.learn.models.recurrent_network import CELLS, Network, Nodes, Shape, join_states
from moodcurve.learn.models.seeding import reproducible
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import Surroundings
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked
from moodcurve.runtime.sequence import SequenceMode

MOST_UNITS = 4096
"""Of a layer: with both ways and three gates, 100 million weights."""
WINDOW_ROWS, MARGIN_ROWS = 1200, 240
"""A song of up to ten minutes is read at once; a longer one in windows that lead in and out for two minutes."""
LONGEST_GRADIENT = 1.0
"""Steeper gradients are shortened to this length: those through many rows can explode."""


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """Settings of the networks and their training.

    The defaults were compared on all of DEAM, in five folds with disjoint artists dealt otherwise than those of the
    protocol ``deam``: its figures for them are a little better than other songs would give.

    Attributes
    ----------
    cell : str
        ``gru`` or ``lstm``.
    bidirectional : bool
        Read each song forward and backward; otherwise forward only, as live use needs it.
    bottleneck : int
        Units of the layer (tanh) between the columns and the cells.
    hidden, layers : int
        Cells in each direction, and layers of them.
    surroundings_rows : int
        Each row is also judged by the mean and spread of the rows up to so many before and after it (in
        training, of its window); 0 for none, and always 0 where the network reads forward only.
    surroundings_units : int
        Units (tanh) of the layer that reads them.
    networks : int
        How many networks are trained, which differ in their random beginnings; their answers are averaged.
    ccc_weight, error_weight, course_weight, residual_weight : float
        Of the four terms of the loss: 1 - CCC over all rated rows of a batch; the mean squared error; the same
        of the courses within songs, each less its song's mean; and 1 - CCC of what valence has beyond arousal.
        See `moodcurve.learn.models.losses`.
    weigh_by_agreement : bool
        Let songs count the more in the loss, the better their raters agree.
    dropout, input_dropout : float
        Share of units, and of columns, left out at each step of training, in [0, 1).
    window_rows : int
        Rows (half seconds) that a step of training reads of a song, at a random place. Half of DEAM's clips is
        short enough for windows to begin among the rated rows too, so that beginnings are learned.
    batch_songs : int
        Songs a step.
    learning_rate, weight_decay : float
        Of Adam with decoupled weight decay; the rate rises to learning_rate over the first fifth of training
        and falls to almost 0 until its end.
    epochs : int
        Passes over the training songs.
    """

    cell: str = "gru"
    bidirectional: bool = True
    bottleneck: int = 32
    hidden: int = 32
    layers: int = 1
    surroundings_rows: int = 60
    surroundings_units: int = 48
    networks: int = 5
    ccc_weight: float = 1.0
    error_weight: float = 1.0
    course_weight: float = 0.0
    residual_weight: float = 0.5
    weigh_by_agreement: bool = False
    dropout: float = 0.5
    input_dropout: float = 0.2
    window_rows: int = 50
    batch_songs: int = 32
    learning_rate: float = 4e-3
    weight_decay: float = 1e-3
    epochs: int = 20
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.cell in CELLS, "cell", f"one of {', '.join(CELLS)}", self.cell)
        for key in ("bottleneck", "hidden", "surroundings_units"):
            value = getattr(self, key)
            check(1 <= value <= MOST_UNITS, key, f"from 1 to {MOST_UNITS}", value)
        most = (MARGIN_ROWS - 1) if self.bidirectional else 0
        wanted = f"from 0 to {most}" if self.bidirectional else "0 where the network reads forward only"
        check(0 <= self.surroundings_rows <= most, "surroundings_rows", wanted, self.surroundings_rows)
        for key in ("layers", "networks", "batch_songs", "epochs"):
            check(getattr(self, key) >= 1, key, "1 or more", getattr(self, key))
        check(self.window_rows >= 2, "window_rows", "2 or more", self.window_rows)
        weights = ("ccc_weight", "error_weight", "course_weight", "residual_weight")
        for key in (*weights, "weight_decay"):
            check(getattr(self, key) >= 0, key, "0 or positive", getattr(self, key))
        terms = any(getattr(self, key) for key in weights[:2])
        check(terms, "error_weight", "positive where ccc_weight is 0", self.error_weight)
        for key in ("dropout", "input_dropout"):
            check(0 <= getattr(self, key) < 1, key, "in [0, 1)", getattr(self, key))
        check(self.learning_rate > 0, "learning_rate", "positive", self.learning_rate)

    @property
    def surroundings(self) -> Surroundings | None:
        """What joins each row with those around it."""
        return Surroundings(self.surroundings_rows) if self.surroundings_rows else None

    def shape(self, columns: int) -> Shape:
        """Sizes of a network that reads so many preprocessed columns."""
        return Shape(
            columns=columns,
            cell=self.cell,
            bidirectional=self.bidirectional,
            bottleneck=self.bottleneck,
            hidden=self.hidden,
            layers=self.layers,
            surroundings_units=self.surroundings_units if self.surroundings_rows else 0,
            dropout=self.dropout,
            input_dropout=self.input_dropout,
        )


@dataclass(frozen=True, kw_only=True)
class LSTMConfig(RecurrentConfig):
    """The same settings with other defaults: cells of the other kind."""

    cell: str = "lstm"


@dataclass(frozen=True, kw_only=True)
class ForwardConfig(RecurrentConfig):
    """The same settings with other defaults: a network for live use, which knows no later row."""

    bidirectional: bool = False
    surroundings_rows: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Recurrent:
    """Fitted networks; their weights and arithmetic have single precision, what comes before them double."""

    config: RecurrentConfig
    preprocessing: Preprocessing
    networks: tuple[Network, ...]
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of the rows of one song (n, columns); not limited to [-1, 1]."""
        answer: FloatArray = self._answers(x)[0].mean(axis=0)
        return answer

    def predict_spread(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Give the standard deviation (n, 2) to be expected of ratings about `predict`, as learned in training.

        The networks' answers are taken as a mixture of normal distributions in equal parts: its variance is
        the mean of theirs and the variance (divisor n) of their means. It is not calibrated.
        """
        answers, spreads = self._answers(x)
        spread: FloatArray = np.sqrt((spreads**2).mean(axis=0) + answers.var(axis=0))
        return spread

    def _answers(self, x: npt.NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
        """Answers and spreads of each network, (networks, n, 2) each."""
        z = self.preprocessing.apply(x)
        if not len(z):
            return np.zeros((len(self.networks), 0, 2)), np.zeros((len(self.networks), 0, 2))
        surroundings = self.config.surroundings
        around = _tensor(surroundings.apply(z)) if surroundings else None
        with torch.no_grad():
            found = [network(_tensor(z), around) for network in self.networks]
        answers = np.stack([answer[0].double().numpy() for answer, _ in found])
        return answers, np.stack([log_spread[0].double().exp().numpy() for _, log_spread in found])

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph, the spread beside it; gives the name of the result."""
        z = self.preprocessing.build(graph)
        surroundings = self.config.surroundings
        around = surroundings.build(graph, z, self.preprocessing.width) if surroundings else None
        z = graph.add("Cast", z, to=graph.float)
        around = graph.add("Cast", around, to=graph.float) if around else None
        size = self.networks[0].shape.state_size
        state = None
        if not self.config.bidirectional:
            graph.rows = SequenceMode(kind="carried", state_size=size * len(self.networks))
            state = graph.take("state", graph.rows.state_size)
        else:
            graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=MARGIN_ROWS)
        means, spreads, remembered = [], [], []
        for number, network in enumerate(self.networks):
            own = _columns(graph, state, number * size, size) if state else None
            mean, spread, left = Nodes(graph, network).answers(z, around, own)
            means.append(graph.add("Unsqueeze", graph.add("Cast", mean, to=graph.double), graph.indices([0])))
            spreads.append(graph.add("Unsqueeze", graph.add("Cast", spread, to=graph.double), graph.indices([0])))
            remembered += left
        if state:
            join_states(graph, remembered, graph.rows.state_size)
        answers, spread = graph.add("Concat", *means, axis=0), graph.add("Concat", *spreads, axis=0)
        mean = graph.add("ReduceMean", answers, axes=[0], keepdims=0)
        away = graph.add("Sub", answers, mean)
        squares = graph.add("Add", graph.add("Mul", spread, spread), graph.add("Mul", away, away))
        graph.give("spread", graph.add("Sqrt", graph.add("ReduceMean", squares, axes=[0], keepdims=0)), ["rows", 2])
        return mean


def fit_recurrent(
    songs: Sequence[Song], config: RecurrentConfig, *, seed: int = 0, progress: Progress = silent
) -> Recurrent:
    """Train the networks; the same songs, settings and seed give the same networks on one machine.

    Raises
    ------
    TrainingError
        If the weights grow beyond all numbers.
    """
    preprocessing = fit_preprocessing(stacked(songs)[0], config.preprocessing)
    weights = agreement_weights(songs) if config.weigh_by_agreement else np.ones(len(songs))
    prepared = [heard(song, preprocessing, weight=float(w)) for song, w in zip(songs, weights, strict=True)]
    networks, courses = [], []
    with reproducible(seed):
        for number in range(config.networks):
            network = Network(config.shape(preprocessing.width))
            courses.append(_train(network, prepared, config, _part(progress, number, config)))
            networks.append(network.eval())
    rmse = np.sqrt(np.square(courses).mean(axis=0))
    history = tuple(Epoch(number, float(error), None) for number, error in enumerate(rmse, start=1))
    return Recurrent(config=config, preprocessing=preprocessing, networks=tuple(networks), history=history)


def _train(network: Network, songs: Sequence[Heard], config: RecurrentConfig, progress: Progress) -> list[float]:
    """Train one network: the training loop. Gives the RMSE of each epoch."""
    slope = valence_slope(np.vstack([song.y[song.span].double().numpy() for song in songs]))
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    size = config.batch_songs
    steps = config.epochs * math.ceil(len(songs) / size)
    # one step more than there are: a schedule of a single step has no phases
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps + 1, pct_start=0.2
    )
    course = []
    for epoch in range(1, config.epochs + 1):
        network.train()
        squares, points = 0.0, 0.0
        for batch in batches(songs, size=size, window=config.window_rows, surroundings=bool(config.surroundings_rows)):
            y, log_spread = network(batch.rows, batch.around, batch.lengths)
            error = squared_error(y, batch.y, batch.rated)
            loss = config.error_weight * error
            if config.ccc_weight:
                loss = loss + config.ccc_weight * concordance_loss(y, batch.y, batch.rated)
            if config.course_weight:
                loss = loss + config.course_weight * course_error(y, batch.y, batch.rated)
            if config.residual_weight:
                loss = loss + config.residual_weight * residual_loss(y, batch.y, batch.rated, slope)
            loss = loss + spread_loss(log_spread, (batch.y - y).detach(), batch.rated)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            rated = float(batch.rated.sum())
            squares, points = squares + error.item() * rated, points + rated
        if not all(bool(weights.isfinite().all()) for weights in network.parameters()):
            raise TrainingError(
                f"training diverged in epoch {epoch}; learning_rate must be below {config.learning_rate:g}"
            )
        course.append(math.sqrt(squares / points))
        progress(epoch, config.epochs, f"training RMSE {course[-1]:.4f}")
    return course


def _part(progress: Progress, number: int, config: RecurrentConfig) -> Progress:
    """Report one network's epochs among those of all."""

    def report(done: int, total: int, what: str) -> None:
        said = f"network {number + 1} of {config.networks}: {what}"
        progress(number * total + done, config.networks * total, said)

    return report


def _columns(graph: Graph, values: str, start: int, size: int) -> str:
    return graph.add("Slice", values, graph.indices([start]), graph.indices([start + size]), graph.indices([1]))


def _tensor(values: FloatArray) -> torch.Tensor:
    """One song alone, (1, n, columns)."""
    return torch.from_numpy(values.astype(np.float32))[None]
