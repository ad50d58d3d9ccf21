"""Mood classifiers: a support vector machine, and a network with softmax and one-hot targets.

Both are trained on preprocessed rows and the classes of the labels at these rows (section 5 of Feng, Markov & Yu 2016).
They are compared with classes derived from a regression's curve, see `moodcurve.mood.classes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from sklearn import svm
from torch import nn

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.models.batches import reproducible
from moodcurve.learn.models.ffnn import FFNNConfig, network
from moodcurve.learn.models.targets import one_hot
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs
from moodcurve.mood.classes import SCHEMES, classes


@dataclass(frozen=True, kw_only=True)
class SVMConfig:
    """Settings of the support vector machine; see `moodcurve.learn.models.svr.SVRConfig` with an rbf kernel.

    Attributes
    ----------
    scheme : str
        ``quadrants`` or ``moods``.
    C : float
        Cost of a misclassified row.
    gamma : float
        Scale of the rbf kernel.
    row_step : int
        Train on every n-th row of each song.
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    scheme: str = "quadrants"
    C: float = 1.0
    gamma: float = 0.001
    row_step: int = 10
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(self.scheme in SCHEMES, "scheme", f"one of {', '.join(SCHEMES)}", self.scheme)
        check(self.C > 0, "C", "positive", self.C)
        check(self.gamma > 0, "gamma", "positive", self.gamma)
        check(self.row_step >= 1, "row_step", "1 or more", self.row_step)


@dataclass(frozen=True, kw_only=True)
class SoftmaxConfig:
    """Settings of the network: like those of the regression, but always trained with Adam for all epochs.

    Attributes
    ----------
    scheme : str
        ``quadrants`` or ``moods``.
    network : FFNNConfig
        The fields output, optimizer, momentum, held_out, patience and refit are ignored.
    """

    scheme: str = "quadrants"
    network: FFNNConfig = field(default_factory=FFNNConfig)

    def __post_init__(self) -> None:
        check(self.scheme in SCHEMES, "scheme", f"one of {', '.join(SCHEMES)}", self.scheme)


@dataclass(frozen=True, eq=False, kw_only=True)
class SVMClassifier:
    """Fitted support vector machine for the classes that occur in the training songs."""

    config: SVMConfig
    preprocessing: Preprocessing
    machine: svm.SVC

    def probabilities(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Compute class scores (n, classes) of features (n, columns): a ranking, not calibrated probabilities.

        The scores are the softmax of scikit-learn's one-versus-rest decision values and add up to 1.
        """
        values = self.machine.decision_function(self.preprocessing.apply(x))
        if values.ndim == 1:  # scikit-learn returns one column for two classes
            values = np.column_stack([-values, values])
        scores = np.exp(values - values.max(axis=1, keepdims=True))
        result = np.zeros((len(x), len(SCHEMES[self.config.scheme])))
        result[:, self.machine.classes_] = scores / scores.sum(axis=1, keepdims=True)
        return result


@dataclass(frozen=True, eq=False, kw_only=True)
class SoftmaxClassifier:
    """Fitted network."""

    config: SoftmaxConfig
    preprocessing: Preprocessing
    network: nn.Sequential

    def probabilities(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict class probabilities (n, classes) from features (n, columns)."""
        with torch.no_grad():
            probabilities = torch.softmax(self.network(_tensor(self.preprocessing.apply(x))), dim=1)
        return probabilities.double().numpy()


def fit_svm(songs: Sequence[Song], config: SVMConfig) -> SVMClassifier:
    """Fit on every `row_step`-th row, with class weights inversely proportional to class frequencies.

    Raises
    ------
    TrainingError
        If all of these rows have the same class.
    """
    preprocessing = fit_preprocessing(stack_songs(songs)[0], config.preprocessing)
    x, y = stack_songs(songs, step=config.row_step)
    targets = classes(y, config.scheme)
    check(len(set(targets.tolist())) > 1, "songs", f"rows of at least two {config.scheme}", "one class")
    machine = svm.SVC(C=config.C, gamma=config.gamma, class_weight="balanced", cache_size=500)
    machine.fit(preprocessing.apply(x), targets)
    return SVMClassifier(config=config, preprocessing=preprocessing, machine=machine)


def fit_softmax(songs: Sequence[Song], config: SoftmaxConfig, *, seed: int = 0) -> SoftmaxClassifier:
    """Train on all rows by cross-entropy, -Σ target · log probability."""
    x, y = stack_songs(songs)
    preprocessing = fit_preprocessing(x, config.network.preprocessing)
    targets = _tensor(one_hot(classes(y, config.scheme), len(SCHEMES[config.scheme])))
    inputs = _tensor(preprocessing.apply(x))
    rate, decay = config.network.learning_rate, config.network.weight_decay
    with reproducible(seed):
        hidden = list(network(preprocessing.width, config.network))[: 3 * len(config.network.hidden)]
        net = nn.Sequential(*hidden, nn.Linear(config.network.hidden[-1], targets.shape[1]))
        optimizer = torch.optim.Adam(net.parameters(), lr=rate, weight_decay=decay)
        for _ in range(config.network.epochs):
            for rows in torch.split(torch.randperm(len(inputs)), config.network.batch_size or len(inputs)):
                loss = -(targets[rows] * torch.log_softmax(net(inputs[rows]), dim=1)).sum(dim=1).mean()
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
    return SoftmaxClassifier(config=config, preprocessing=preprocessing, network=net.eval())


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
