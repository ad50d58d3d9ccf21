"""What comes between features and model, chosen by settings and fitted on training songs only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.steps import (
    Compression,
    Limit,
    Projection,
    Step,
    centring,
    components_for,
    median_distance,
    principal_components,
    standardising,
    unit_range,
)

SCALINGS = {"none": None, "centre": centring, "standardise": standardising, "range": unit_range}


@dataclass(frozen=True, kw_only=True)
class PreprocessingConfig:
    """Which steps come between features and model, in this order.

    Attributes
    ----------
    compress : bool
        Draw in the long tails that energies and their like have: each column becomes arsinh of its distance
        from the median in units of the median distance, linear near the median and logarithmic far from it.
    scaling : str
        ``none``; ``centre`` subtracts each column's mean; ``standardise`` also divides by its standard
        deviation; ``range`` maps its least and greatest value to -1 and 1.
    clip : float
        Limit of the scaled columns: values beyond ±clip become ±clip. It keeps a recording unlike the
        training songs from driving a model far outside what it has seen. 0 turns it off.
    pca_components : int
        Number of principal components kept; 0 for no PCA.
    pca_variance : float
        Instead of a number: as many components as hold this share of the variance, in (0, 1]; 0 for no PCA.
    whiten : bool
        Divide each component by its standard deviation.
    """

    compress: bool = True
    scaling: str = "standardise"
    clip: float = 5.0
    pca_components: int = 0
    pca_variance: float = 0.0
    whiten: bool = False

    def __post_init__(self) -> None:
        check(self.scaling in SCALINGS, "scaling", f"one of {', '.join(SCALINGS)}", self.scaling)
        check(self.clip >= 0, "clip", "positive, or 0 for none", self.clip)
        check(self.clip == 0 or self.scaling != "none", "clip", "0 where scaling is 'none'", self.clip)
        check(self.pca_components >= 0, "pca_components", "positive, or 0 for no PCA", self.pca_components)
        check(0 <= self.pca_variance <= 1, "pca_variance", "in (0, 1], or 0 for no PCA", self.pca_variance)
        both = bool(self.pca_components and self.pca_variance)
        check(not both, "pca_variance", "0 where pca_components is given", self.pca_variance)
        pca = bool(self.pca_components or self.pca_variance)
        check(pca or not self.whiten, "whiten", "false without pca_components or pca_variance", self.whiten)


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """Fitted steps, and the number of columns that come out of them."""

    steps: tuple[Step, ...]
    width: int

    def apply(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Take features (n, columns) to what the model reads, (n, width)."""
        z = x.astype(np.float64)
        for step in self.steps:
            z = step.apply(z)
        return z

    def build(self, graph: Graph) -> str:
        """Add the same steps to a graph; gives the name of the result."""
        z = graph.x
        for step in self.steps:
            z = step.build(graph, z)
        return z


def stacked(songs: Sequence[Song], *, step: int = 1) -> tuple[npt.NDArray[np.float32], FloatArray]:
    """Every `step`-th frame of each song, one under the other: features (n, columns) and labels (n, 2).

    Raises
    ------
    TrainingError
        If there is no song.
    """
    check(len(songs) > 0, "songs", "at least one song", 0)
    return np.vstack([song.x[::step] for song in songs]), np.vstack([song.y[::step] for song in songs])


def fit_preprocessing(x: npt.NDArray[np.floating], config: PreprocessingConfig) -> Preprocessing:
    """Fit the steps, each to what the ones before make of the training songs' rows (n, columns), n ≥ 2.

    Raises
    ------
    TrainingError
        If there are fewer than two rows, or more components are asked for than the rows determine.
    """
    check(len(x) >= 2, "x", "at least two rows", len(x))
    z = x.astype(np.float64)
    steps: list[Step] = []

    def then(step: Step) -> None:
        nonlocal z
        steps.append(step)
        z = step.apply(z)

    if config.compress:
        then(median_distance(z))
        then(Compression())
    scaling = SCALINGS[config.scaling]
    if scaling is not None:
        then(scaling(z))
    if config.clip:
        then(Limit(config.clip))
    if config.pca_components or config.pca_variance:
        then(_projection(z, config))
    return Preprocessing(tuple(steps), z.shape[1])


def _projection(z: FloatArray, config: PreprocessingConfig) -> Projection:
    centre, directions, variances = principal_components(z)
    check(len(variances) > 0, "x", "varying in at least one column for PCA", "constants only")
    kept = config.pca_components or components_for(variances, config.pca_variance)
    check(kept <= len(variances), "pca_components", f"at most {len(variances)}, the rank of the data", kept)
    if config.whiten:
        directions = directions / np.sqrt(variances)
    return Projection(centre, directions[:, :kept])
