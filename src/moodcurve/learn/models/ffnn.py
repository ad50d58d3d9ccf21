"""Feed-forward network: hidden layers between the features and both axes, trained by gradient descent."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit
from torch import nn

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.datasets.splits import holdout
from moodcurve.learn import TrainingError
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.batches import reproducible
from moodcurve.learn.models.targets import ACTIVATIONS, target_scaling
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs

MAX_UNITS = 65_536
"""Maximum units of a layer: two such layers have 17 GB of weights."""
HIDDEN_ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
_OPERATORS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}
_FUNCTIONS = {
    "relu": lambda v: np.maximum(v, 0),
    "sigmoid": expit,
    "tanh": np.tanh,
    "linear": lambda v: v,
}


@dataclass(frozen=True, kw_only=True)
class FFNNConfig:
    """Settings of the network and its training.

    The defaults were chosen by four folds with disjoint artists, over the 310 songs of DEAM that share neither song
    nor artist with the 2015 development songs. A fixed number of 16 epochs was better than early stopping, since a
    few dozen held-out songs rank epochs poorly. On other data, start with held_out = 0.15 and epochs = 100.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer, from the features on; any number of layers.
    activation : str
        Activation of the hidden layers: ``relu``, ``sigmoid`` or ``tanh``.
    output : str
        Activation of the two outputs: ``linear``, ``tanh`` or ``sigmoid``. The labels are scaled to its range.
    dropout : float
        Dropout rate of each hidden layer, in [0, 1).
    optimizer : str
        Optimizer: ``sgd`` or ``adam``.
    batch_size : int
        Rows per training step: a power of two, or 0 for all rows.
    learning_rate : float
        Learning rate of the optimizer.
    momentum : float
        Momentum of ``sgd``, in [0, 1).
    weight_decay : float
        Weight decay of the optimizer: this times each weight is added to the weight's gradient.
    epochs : int
        Maximum number of passes over the training songs.
    held_out : float
        Fraction of the songs held out to decide when to stop, in [0, 1); 0 for none. All songs of an artist are held
        out together.
    patience : int
        Stop after this many epochs without a lower error on the held-out songs.
    refit : bool
        If songs are held out, train again on all songs for the best number of epochs. Otherwise keep the network of
        the best epoch.
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    hidden: tuple[int, ...] = (128, 128, 128)
    activation: str = "relu"
    output: str = "linear"
    dropout: float = 0.5
    optimizer: str = "adam"
    batch_size: int = 256
    learning_rate: float = 3e-4
    momentum: float = 0.0
    weight_decay: float = 3e-3
    epochs: int = 16
    held_out: float = 0.0
    patience: int = 8
    refit: bool = True
    preprocessing: PreprocessingConfig = field(default_factory=lambda: PreprocessingConfig(pca_variance=0.99))

    def __post_init__(self) -> None:
        hidden = bool(self.hidden) and min(self.hidden) >= 1 and max(self.hidden) <= MAX_UNITS
        check(hidden, "hidden", f"the units of each layer, from 1 to {MAX_UNITS}, at least one layer", self.hidden)
        known = ", ".join(HIDDEN_ACTIVATIONS)
        check(self.activation in HIDDEN_ACTIVATIONS, "activation", f"one of {known}", self.activation)
        check(self.output in ACTIVATIONS, "output", f"one of {', '.join(ACTIVATIONS)}", self.output)
        check(0 <= self.dropout < 1, "dropout", "in [0, 1)", self.dropout)
        check(self.optimizer in ("sgd", "adam"), "optimizer", "sgd or adam", self.optimizer)
        size = self.batch_size
        check(size >= 0 and size & (size - 1) == 0, "batch_size", "a power of two, or 0 for all rows", size)
        check(self.learning_rate > 0, "learning_rate", "positive", self.learning_rate)
        check(0 <= self.momentum < 1, "momentum", "in [0, 1)", self.momentum)
        check(self.momentum == 0 or self.optimizer == "sgd", "momentum", "0 with adam", self.momentum)
        check(self.weight_decay >= 0, "weight_decay", "0 or positive", self.weight_decay)
        check(self.epochs >= 1, "epochs", "1 or more", self.epochs)
        check(0 <= self.held_out < 1, "held_out", "in [0, 1)", self.held_out)
        check(self.patience >= 1, "patience", "1 or more", self.patience)


@dataclass(frozen=True, eq=False, kw_only=True)
class FFNN:
    """Fitted network: h₀ = z, h_k = f(h_{k-1} W_k + b_k), and ŷ is the scaled output g(h_{K-1} W_K + b_K).

    z are the preprocessed features, f is the activation of the hidden layers and g that of the outputs.

    Attributes
    ----------
    layers : tuple of (W_k (units in, units out), b_k (units out,))
        From the features to the two outputs, exact in single precision.
    """

    config: FFNNConfig
    preprocessing: Preprocessing
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from features (n, columns); not limited to [-1, 1]."""
        z = self.preprocessing.apply(x)
        for weights, bias in self.layers[:-1]:
            z = _FUNCTIONS[self.config.activation](z @ weights + bias)
        weights, bias = self.layers[-1]
        return target_scaling(self.config.output).invert(_FUNCTIONS[self.config.output](z @ weights + bias))

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        z = self.preprocessing.build(graph)
        activations = [self.config.activation] * (len(self.layers) - 1) + [self.config.output]
        for (weights, bias), activation in zip(self.layers, activations, strict=True):
            z = graph.add("Add", graph.add("MatMul", z, graph.constant(weights)), graph.constant(bias))
            if activation != "linear":
                z = graph.add(_OPERATORS[activation], z)
        scaling = target_scaling(self.config.output)
        z = graph.add("Sub", z, graph.constant(np.float64(scaling.shift)))
        return graph.add("Div", z, graph.constant(np.float64(scaling.factor)))


def fit_ffnn(
    songs: Sequence[Song], config: FFNNConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> FFNN:
    """Train a network; the same songs, settings and seed give the same network on the same machine.

    Raises
    ------
    TrainingError
        If training diverges.
    DatasetError
        If there are too few songs or artists to hold some out.
    """
    with reproducible(seed):
        if not config.held_out:
            return _train(songs, (), config, progress)
        train, test = holdout(songs, config.held_out, seed, by="artist")
        model = _train([songs[i] for i in train], [songs[i] for i in test], config, progress)
    if not config.refit:
        return model
    best = min((e.held_out_rmse, e.number) for e in model.history if e.held_out_rmse is not None)[1]
    with reproducible(seed):
        refitted = _train(songs, (), replace(config, epochs=best), _refitting(progress))
    return replace(refitted, config=config, history=model.history)


def network(width: int, config: FFNNConfig) -> nn.Sequential:
    """Build an untrained network from `width` inputs to two outputs, with PyTorch's initial weights."""
    units = [width, *config.hidden]
    layers: list[nn.Module] = []
    for before, after in itertools.pairwise(units):
        layers += [
            nn.Linear(before, after),
            HIDDEN_ACTIVATIONS[config.activation](),
            nn.Dropout(config.dropout),
        ]
    layers.append(nn.Linear(units[-1], 2))
    if config.output != "linear":
        layers.append(HIDDEN_ACTIVATIONS[config.output]())
    return nn.Sequential(*layers)


def _train(
    songs: Sequence[Song], held_out_songs: Sequence[Song], config: FFNNConfig, progress: TrainingProgress
) -> FFNN:
    """Train until the error on the held-out songs stops falling, or for `epochs`."""
    x, y = stack_songs(songs)
    preprocessing = fit_preprocessing(x, config.preprocessing)
    scaling = target_scaling(config.output)
    inputs, targets = _tensor(preprocessing.apply(x)), _tensor(scaling.apply(y))
    net = network(preprocessing.width, config)
    optimizer = _optimizer(net, config)
    best_error, best_number, best = math.inf, 0, _fitted(net, config, preprocessing)
    history: list[Epoch] = []
    for number in range(1, config.epochs + 1):
        net.train()
        squares = 0.0
        for rows in torch.split(torch.randperm(len(inputs)), config.batch_size or len(inputs)):
            mean_square = ((net(inputs[rows]) - targets[rows]) ** 2).mean()
            optimizer.zero_grad()
            # the loss is the RMSE; the small term keeps its gradient finite at 0
            (mean_square + 1e-12).sqrt().backward()
            optimizer.step()
            squares += mean_square.item() * len(rows)
        if not all(bool(weights.isfinite().all()) for weights in net.parameters()):
            raise TrainingError(
                f"training diverged in epoch {number}; learning_rate must be below {config.learning_rate:g}"
            )
        training = math.sqrt(squares / len(inputs)) / scaling.factor
        model = _fitted(net, config, preprocessing)
        held_out = _rmse(model, held_out_songs) if held_out_songs else None
        history.append(Epoch(number, training, held_out))
        progress(number, config.epochs, _message(history[-1]))
        if held_out is None or held_out < best_error:
            best_error, best_number, best = held_out or best_error, number, model
        elif number - best_number >= config.patience:
            break
    return replace(best, history=tuple(history))


def _refitting(progress: TrainingProgress) -> TrainingProgress:
    return lambda done, total, what: progress(done, total, f"on all songs: {what}")


def _fitted(net: nn.Sequential, config: FFNNConfig, preprocessing: Preprocessing) -> FFNN:
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    layers = [(_array(layer.weight).T, _array(layer.bias)) for layer in linear]
    return FFNN(config=config, preprocessing=preprocessing, layers=tuple(layers))


def _optimizer(net: nn.Sequential, config: FFNNConfig) -> torch.optim.Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "adam":
        return torch.optim.Adam(net.parameters(), lr=rate, weight_decay=decay)
    return torch.optim.SGD(net.parameters(), lr=rate, momentum=config.momentum, weight_decay=decay)


def _rmse(model: FFNN, songs: Sequence[Song]) -> float:
    x, y = stack_songs(songs)
    return float(np.sqrt(((model.predict(x) - y) ** 2).mean()))


def _message(epoch: Epoch) -> str:
    if epoch.held_out_rmse is None:
        return f"training RMSE {epoch.training_rmse:.4f}"
    return f"training RMSE {epoch.training_rmse:.4f}, held out {epoch.held_out_rmse:.4f}"


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _array(parameter: torch.Tensor) -> FloatArray:
    return parameter.detach().numpy().astype(np.float64)
