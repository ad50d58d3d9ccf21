"""Two levels: what a passage is like as a whole gives its level, what changes within it gives the course.

Most of the variance of rated music lies between songs, so one model for both spends itself on the level.
Here ŷ(t) = level(t) + course(t):

- level: support vector regression on the mean and spread of each column over the rows around t, for each axis
  with its own weights of these: what goes with the axis brings two passages near each other or sets them apart;
- course: (s(t) - m(t)) W, where m is that mean and s an exponential average of the rows up to t, since
  raters follow the music with a lag of some seconds. W is fitted by ridge regression.

The rows around t reach `context_s` to both sides: far enough that a song of up to ten minutes has one level, and
the course is what deviates from the song's mean; over a longer recording the context slides. A narrow context would
let the level change within a song. On clips of 45 s that followed the ratings worse (per-song r of arousal .33
with the whole clip, .22 with 30 s to both sides, .15 with 15 s), and so it did on nine whole songs (.22 with all,
-.05 with 48 s), too few to tell on their own.
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
from moodcurve.datasets import Song
from moodcurve.evaluation import AXES
from moodcurve.features.feature_sets import HOP_S
from moodcurve.learn.config import check
from moodcurve.learn.models.base import Epoch, Progress, silent
from moodcurve.learn.models.svr import SVRConfig
from moodcurve.learn.models.svr_level import SupportVectorLevel, fit_level
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.context import Surroundings
from moodcurve.learn.preprocessing.pipeline import Preprocessing, PreprocessingConfig, fit_preprocessing, stacked
from moodcurve.learn.preprocessing.steps import Limit, Scaling, standardising
from moodcurve.runtime.sequence import SequenceMode

CLIP = 5.0
"""Limit of the standardised means and spreads, as that of single frames."""
FORGOTTEN = 1e-9
"""What is left of a row's weight in the exponential average where a window's margin ends."""
WINDOW_ROWS = 3072
"""Rows given to the graph at once: about 25 minutes."""


@dataclass(frozen=True, kw_only=True)
class TwoLevelConfig:
    """Settings of the two-level model.

    C is what an inner cross-validation within the training songs of the protocol `deam` chose for 7 of 10 folds and
    axes. The others stand on plateaus of that protocol's own figures, and so flatter them a little: gamma .1 and .25
    give the same r; a lag of 2, 4 and 8 s gives a per-song r of arousal of .27, .30 and .31; a tenth of the ridge
    costs .004 of it, and .02 of valence's.

    Attributes
    ----------
    context_s : float
        How far the surroundings reach to both sides.
    C, epsilon : float
        Of the level's regression, as in `moodcurve.learn.models.svr.SVRConfig`.
    gamma : float
        Width of its kernel exp(-gamma |w (z - s)|² / columns), with as many columns as means and spreads.
    relevance : float
        w = |r| ** relevance, brought to a mean square of 1, with r the correlation of a mean or spread with the
        axis over the training passages; 0 lets all count alike. On the protocol `deam` .5 gives a pooled r of
        .781 / .645, where 0 gives .774 / .626 and 1 gives .781 / .647.
    lag_s : float
        Time constant of the exponential average; 0 for the row itself.
    ridge : float
        Penalty of the course's weights: the loss a row is |error|² + ridge · |weights of columns in units of
        their standard deviation|².
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
        """Rows to each side."""
        return round(self.context_s / HOP_S)

    @property
    def decay(self) -> float:
        """What a row keeps of its weight in the exponential average from one row to the next, in [0, 1)."""
        return math.exp(-HOP_S / self.lag_s) if self.lag_s else 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoLevel:
    """Fitted model.

    Attributes
    ----------
    scaling : Scaling
        Of means and spreads (2 · width).
    levels : SupportVectorLevel of arousal and of valence
    course : (width, 2)
        W.
    """

    config: TwoLevelConfig
    preprocessing: Preprocessing
    scaling: Scaling
    levels: tuple[SupportVectorLevel, ...]
    course: FloatArray
    history: tuple[Epoch, ...] = ()

    def predict(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Arousal and valence (n, 2) of a recording's features (n, columns), n ≥ 1; not limited to [-1, 1]."""
        z = self.preprocessing.apply(x)
        around = Surroundings(self.config.context_rows).apply(z)
        passages = Limit(CLIP).apply(self.scaling.apply(around))
        level = np.hstack([machine.apply(passages) for machine in self.levels])
        course = averaged(z @ self.course, self.config.decay) - around[:, : z.shape[1]] @ self.course
        return level + course

    def build(self, graph: Graph) -> str:
        """Add the same arithmetic to a graph; gives the name of the result."""
        width = self.preprocessing.width
        z = self.preprocessing.build(graph)
        around = Surroundings(self.config.context_rows).build(graph, z, width)
        passages = Limit(CLIP).build(graph, self.scaling.build(graph, around))
        level = graph.add("Concat", *(machine.build(graph, passages) for machine in self.levels), axis=1)
        recent = averaged_nodes(graph, graph.add("MatMul", z, graph.constant(self.course)), self.config.decay)
        # the spreads have no part in the course
        of_mean = np.vstack([self.course, np.zeros_like(self.course)])
        usual = graph.add("MatMul", around, graph.constant(of_mean))
        graph.rows = SequenceMode(kind="window", window_rows=WINDOW_ROWS, margin_rows=_margin_rows(self.config))
        return graph.add("Add", level, graph.add("Sub", recent, usual))


def fit_two_level(
    songs: Sequence[Song], config: TwoLevelConfig, *, seed: int = 0, progress: Progress = silent
) -> TwoLevel:
    """Fit the preprocessing on all rated frames, then the level, then the course.

    The level learns from one passage a song, or several where more than `context_s` to both sides is rated: the
    surroundings of the passage's middle row, and the mean of its labels. The course learns from each rated row
    what the label deviates from the mean of the labels around it.

    There is nothing random in it: `seed` is taken for the sake of one signature for all families.
    """
    preprocessing = fit_preprocessing(stacked(songs)[0], config.preprocessing)
    surroundings = Surroundings(config.context_rows)
    passages, levels = [], []
    moments: list[FloatArray] = []
    for song in songs:
        z = preprocessing.apply(song.full_features.values)
        around = surroundings.apply(z)
        for part in _passages(len(song.y), 2 * config.context_rows):
            passages.append(around[song.rated][(part.start + part.stop) // 2])
            levels.append(song.y[part].mean(axis=0))
        moments.append((averaged(z, config.decay) - around[:, : z.shape[1]])[song.rated])
    deviations = np.vstack([song.y - surroundings.apply(song.y)[:, :2] for song in songs])
    scaling = standardising(np.array(passages))
    scaled = Limit(CLIP).apply(scaling.apply(np.array(passages)))
    machines = []
    for axis, (name, level) in enumerate(zip(AXES, np.array(levels).T, strict=True)):
        machines.append(fit_level(scaled, level, _settings(config, scaled.shape[1]), relevance=config.relevance))
        found = f"level of {name}: {len(machines[-1].support)} of {len(scaled)} passages are support vectors"
        progress(axis + 1, 3, found)
    course = _ridge(np.vstack(moments), deviations, config.ridge)
    progress(3, 3, "course fitted")
    return TwoLevel(
        config=config,
        preprocessing=preprocessing,
        scaling=scaling,
        levels=tuple(machines),
        course=course,
    )


def averaged(x: FloatArray, decay: float) -> FloatArray:
    """Exponential average s(t) = decay · s(t - 1) + (1 - decay) · x(t) of rows (n, columns), from s(0) = x(0)."""
    first: FloatArray = decay * x[:1]
    result: FloatArray = lfilter([1 - decay], [1, -decay], x, axis=0, zi=first)[0]
    return result


def averaged_nodes(graph: Graph, x: str, decay: float) -> str:
    """Add `averaged` of (rows, 2) to a graph; gives the name of the result."""
    kept, new = (graph.constant(np.float64(share)) for share in (decay, 1 - decay))
    double = TensorProto.DOUBLE
    body = helper.make_graph(
        [
            helper.make_node("Mul", ["before", kept], ["old_part"]),
            helper.make_node("Mul", ["row", new], ["new_part"]),
            helper.make_node("Add", ["old_part", "new_part"], ["after"]),
            helper.make_node("Identity", ["after"], ["average"]),
        ],
        "exponential_average",
        [helper.make_tensor_value_info(name, double, [2]) for name in ("before", "row")],
        [helper.make_tensor_value_info(name, double, [2]) for name in ("after", "average")],
    )
    first = graph.add("Gather", x, graph.index(0))
    return graph.add_all("Scan", first, x, outputs=2, body=body, num_scan_inputs=1)[1]


def _settings(config: TwoLevelConfig, columns: int) -> SVRConfig:
    return SVRConfig(kernel="rbf", C=config.C, epsilon=config.epsilon, gamma=config.gamma / columns)


def _margin_rows(config: TwoLevelConfig) -> int:
    lag = math.ceil(math.log(FORGOTTEN) / math.log(config.decay)) if config.decay else 0
    return max(config.context_rows, lag)


def _passages(rows: int, longest: int) -> list[slice]:
    """Parts of nearly equal length, as few as have at most `longest` rows each."""
    ends = np.linspace(0, rows, math.ceil(rows / longest) + 1).astype(int)
    return [slice(int(start), int(stop)) for start, stop in itertools.pairwise(ends)]


def _ridge(x: FloatArray, y: FloatArray, ridge: float) -> FloatArray:
    """Weights (columns, 2) of least mean |y - x W|² + ridge · |σ W|², σ the columns' root mean squares.

    A column that is 0 in all rows gets no weight.
    """
    spread = np.sqrt((x**2).mean(axis=0))
    inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    unit = x * inverse
    gram = unit.T @ unit / len(x) + ridge * np.eye(x.shape[1])
    weights: FloatArray = np.linalg.solve(gram, unit.T @ y / len(x)) * inverse[:, None]
    return weights
