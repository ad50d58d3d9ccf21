"""Two-level model: the statistics of a passage predict its level, changes within it predict the trajectory.

Most of the variance of rated music lies between songs, so a single model mainly fits the level.
Here ŷ(t) = level(t) + trajectory(t):

- level: support vector regression on the mean and standard deviation of each column over the rows around t. Each axis
  weights the columns by their correlation with it.
- trajectory: (s(t) - m(t)) W, where m is that mean and s an exponential average of the rows up to t, since raters
  follow the music with a lag of some seconds. W is fitted by ridge regression.

The context of a row reaches `context_s` to both sides. By default a song of up to ten minutes has a single level, and
the trajectory is the deviation from the song's mean. In a longer recording the context slides. A shorter context lets
the level change within a song. On clips of 45 s this followed the ratings less well: the per-song r of arousal was .33
with the whole clip, .22 with 30 s and .15 with 15 s on each side. On nine whole songs it was .22 with the whole
song and -.05 with 48 s, but nine songs are too few to decide.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from onnx import TensorProto, helper
from scipy.signal import lfilter

from moodcurve._typing import FloatArray
from moodcurve.curve import AXES
from moodcurve.datasets import Song
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, TrainingProgress, no_progress
from moodcurve.learn.models.svr import SVRConfig
from moodcurve.learn.models.svr_level import SupportVectorLevel, fit_level
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import ContextStatistics
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stack_songs
from moodcurve.learn.preprocessing.steps import Clip, Scaling, fit_standardization
from moodcurve.runtime.sequence import SequenceMode

CLIP = 5.0
"""Limit of the standardized means and standard deviations, the same as for single rows."""
NEGLIGIBLE = 1e-9
"""Weight of a row in the exponential average at which the margin of a window ends."""
WINDOW_ROWS = 3072
"""Rows that the graph reads at once: about 25 minutes."""


@dataclass(frozen=True, kw_only=True)
class TwoLevelConfig:
    """Settings of the two-level model.

    C was chosen by inner cross-validation within the training songs of the protocol `deam`, for 7 of 10 folds and
    axes. The others lie on plateaus of that protocol's own scores, which are therefore slightly optimistic. gamma .1
    and .25 give the same r; a lag of 2, 4 and 8 s gives a per-song r of arousal of .27, .30 and .31; a tenth of the
    ridge costs .004 of it, and .02 for valence. With relevance .5 the pooled r is .781 / .645, with 0 it is
    .774 / .626, and with 1 it is .781 / .647.

    Attributes
    ----------
    context_s : float
        Length of the context on each side, in seconds, up to 600.
    C : float
        Cost of errors beyond epsilon in the level's regression.
    epsilon : float
        Errors of the level up to this size cost nothing, in units of the labels.
    gamma : float
        Scale of the level's kernel, divided by the number of columns. The kernel is exp(-gamma |w (z - s)|² / columns),
        where the columns are the means and standard deviations.
    relevance : float
        Exponent of the column weights w = |r| ** relevance, from 0 to 4. r is the correlation of a column with the
        axis over the training passages; w is scaled to a mean square of 1. With 0 all columns have the same weight.
    lag_s : float
        Time constant of the exponential average in seconds, from 0 to 60; 0 uses the row itself.
    ridge : float
        Penalty of the trajectory's weights. The loss per row is |error|² + ridge · |W|², with the columns scaled to
        unit standard deviation.
    preprocessing : PreprocessingConfig
        Steps between the features and the model.
    """

    context_s: float = 600.0
    C: float = 1.0
    epsilon: float = 0.1
    gamma: float = 0.25
    relevance: float = 0.5
    lag_s: float = 4.0
    ridge: float = 2.4
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)

    def __post_init__(self) -> None:
        check(HOP_S <= self.context_s <= 600, "context_s", f"from {HOP_S} to 600", self.context_s)
        check(self.C > 0, "C", "positive", self.C)
        check(self.epsilon >= 0, "epsilon", "0 or positive", self.epsilon)
        check(self.gamma > 0, "gamma", "positive", self.gamma)
        check(0 <= self.relevance <= 4, "relevance", "from 0 to 4", self.relevance)
        check(0 <= self.lag_s <= 60, "lag_s", "from 0 to 60", self.lag_s)
        check(self.ridge > 0, "ridge", "positive", self.ridge)

    @property
    def context_rows(self) -> int:
        """Length of the context on each side, in rows."""
        return round(self.context_s / HOP_S)

    @property
    def decay(self) -> float:
        """Factor of the exponential average's weights from one row to the next, in [0, 1)."""
        return math.exp(-HOP_S / self.lag_s) if self.lag_s else 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoLevel:
    """Fitted model.

    Attributes
    ----------
    scaling : Scaling
        Of means and standard deviations (2 · width).
    levels : tuple of SupportVectorLevel
        For arousal and valence.
    trajectory : (width, 2)
        W.
    """

    config: TwoLevelConfig
    preprocessing: Preprocessing
    scaling: Scaling
    levels: tuple[SupportVectorLevel, ...]
    trajectory: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Predict arousal and valence (n, 2) from a recording's features (n ≥ 1, columns); not limited to [-1, 1]."""
        z = self.preprocessing.apply(x)
        context = ContextStatistics(self.config.context_rows).apply(z)
        passages = Clip(CLIP).apply(self.scaling.apply(context))
        level = np.hstack([machine.apply(passages) for machine in self.levels])
        recent = exponential_average(z @ self.trajectory, self.config.decay)
        return level + (recent - context[:, : z.shape[1]] @ self.trajectory)

    def build(self, graph: Graph) -> str:
        """Add the model to a graph and return the name of its output."""
        width = self.preprocessing.width
        z = self.preprocessing.build(graph)
        context = ContextStatistics(self.config.context_rows).build(graph, z, width)
        passages = Clip(CLIP).build(graph, self.scaling.build(graph, context))
        level = graph.add("Concat", *(machine.build(graph, passages) for machine in self.levels), axis=1)
        projected = graph.add("MatMul", z, graph.constant(self.trajectory))
        recent = add_exponential_average(graph, projected, self.config.decay)
        # the trajectory does not depend on the standard deviations
        of_mean = np.vstack([self.trajectory, np.zeros_like(self.trajectory)])
        mean = graph.add("MatMul", context, graph.constant(of_mean))
        graph.rows = SequenceMode(
            kind="window", window_rows=WINDOW_ROWS, margin_rows=margin_rows(self.config.context_rows, self.config.decay)
        )
        return graph.add("Add", level, graph.add("Sub", recent, mean))


def fit_two_level(
    songs: Sequence[Song], config: TwoLevelConfig, *, seed: int = 0, progress: TrainingProgress = no_progress
) -> TwoLevel:
    """Fit the preprocessing on all rated rows, then the level, then the trajectory.

    The level is trained on one passage per song, or several if more than twice `context_s` is rated: the context of
    the passage's middle row, and the mean of its labels. The trajectory is trained on each rated row's deviation from
    the mean of the labels in its context.

    The fit is deterministic; `seed` is accepted so that all families have the same signature.
    """
    preprocessing = fit_preprocessing(stack_songs(songs)[0], config.preprocessing)
    statistics = ContextStatistics(config.context_rows)
    passages, levels = [], []
    moments: list[FloatArray] = []
    for song in songs:
        z = preprocessing.apply(song.full_features.values)
        context = statistics.apply(z)
        for part in _passages(len(song.y), 2 * config.context_rows):
            passages.append(context[song.rated][(part.start + part.stop) // 2])
            levels.append(song.y[part].mean(axis=0))
        moments.append((exponential_average(z, config.decay) - context[:, : z.shape[1]])[song.rated])
    deviations = np.vstack([song.y - statistics.apply(song.y)[:, :2] for song in songs])
    scaling = fit_standardization(np.array(passages))
    scaled = Clip(CLIP).apply(scaling.apply(np.array(passages)))
    machines = []
    for axis, (name, level) in enumerate(zip(AXES, np.array(levels).T, strict=True)):
        machines.append(fit_level(scaled, level, _kernel_config(config, scaled.shape[1]), relevance=config.relevance))
        message = f"level of {name}: {len(machines[-1].support)} of {len(scaled)} passages are support vectors"
        progress(axis + 1, 3, message)
    trajectory = fit_ridge(np.vstack(moments), deviations, config.ridge)
    progress(3, 3, "trajectory fitted")
    return TwoLevel(
        config=config,
        preprocessing=preprocessing,
        scaling=scaling,
        levels=tuple(machines),
        trajectory=trajectory,
    )


def exponential_average(x: FloatArray, decay: float) -> FloatArray:
    """Compute s(t) = decay · s(t - 1) + (1 - decay) · x(t) of rows (n, columns), from s(0) = x(0)."""
    first: FloatArray = decay * x[:1]
    result: FloatArray = lfilter([1 - decay], [1, -decay], x, axis=0, zi=first)[0]
    return result


def add_exponential_average(graph: Graph, x: str, decay: float) -> str:
    """Add `exponential_average` of (rows, 2) to a graph and return the name of its output."""
    old, new = (graph.constant(np.float64(weight)) for weight in (decay, 1 - decay))
    double = TensorProto.DOUBLE
    body = helper.make_graph(
        [
            helper.make_node("Mul", ["before", old], ["old_part"]),
            helper.make_node("Mul", ["row", new], ["new_part"]),
            helper.make_node("Add", ["old_part", "new_part"], ["after"]),
            helper.make_node("Identity", ["after"], ["average"]),
        ],
        "exponential_average",
        [helper.make_tensor_value_info(name, double, [2]) for name in ("before", "row")],
        [helper.make_tensor_value_info(name, double, [2]) for name in ("after", "average")],
    )
    first = graph.add("Gather", x, graph.index(0))
    return graph.add_multiple("Scan", first, x, outputs=2, body=body, num_scan_inputs=1)[1]


def _kernel_config(config: TwoLevelConfig, columns: int) -> SVRConfig:
    return SVRConfig(kernel="rbf", C=config.C, epsilon=config.epsilon, gamma=config.gamma / columns)


def margin_rows(context_rows: int, decay: float) -> int:
    """Return the rows at the inner end of a window that only serve as context."""
    lag = math.ceil(math.log(NEGLIGIBLE) / math.log(decay)) if decay else 0
    return max(context_rows, lag)


def _passages(rows: int, longest: int) -> list[slice]:
    """Split rows into the fewest parts of nearly equal length with at most `longest` rows each."""
    ends = np.linspace(0, rows, math.ceil(rows / longest) + 1).astype(int)
    return [slice(int(start), int(stop)) for start, stop in itertools.pairwise(ends)]


def fit_ridge(x: FloatArray, y: FloatArray, ridge: float) -> FloatArray:
    """Minimize mean |y - x W|² + ridge · |σ W|² over W (columns, 2), σ being the columns' root mean squares.

    A column that is 0 in all rows has weight 0.
    """
    rms = np.sqrt((x**2).mean(axis=0))
    inverse = np.divide(1.0, rms, out=np.zeros_like(rms), where=rms > 0)
    unit = x * inverse
    gram = unit.T @ unit / len(x) + ridge * np.eye(x.shape[1])
    weights: FloatArray = np.linalg.solve(gram, unit.T @ y / len(x)) * inverse[:, None]
    return weights
