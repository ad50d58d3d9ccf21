"""Preprocess features for a model by configurable steps, fitted on training songs only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve._typing import FloatArray
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.preprocessing.steps import (
    Clip,
    Compression,
    Projection,
    Step,
    components_for,
    fit_centering,
    fit_median_scaling,
    fit_standardization,
    fit_unit_range,
    principal_components,
)

SCALINGS = {"none": None, "center": fit_centering, "standardize": fit_standardization, "range": fit_unit_range}


@dataclass(frozen=True, kw_only=True)
class PreprocessingConfig:
    """Steps between features and model, in this order.

    Attributes
    ----------
    compress : bool
        Compress the long tails of energies and similar columns. Each column becomes arsinh of its distance from the
        median, in units of the median distance: linear near the median and logarithmic far from it.
    scaling : str
        Method of scaling: ``none``, ``center``, ``standardize`` or ``range``. ``center`` subtracts each column's mean;
        ``standardize`` also divides by its standard deviation; ``range`` maps its minimum and maximum to -1 and 1.
    clip : float
        Limit of the scaled columns to ±clip; 0 for no limit. It keeps a recording unlike the training songs from
        driving a model far outside its training range.
    pca_components : int
        Number of principal components; 0 for no PCA.
    pca_variance : float
        Keep the components that explain this fraction of the variance; 0 for no PCA. It cannot be combined
        with `pca_components`.
    whiten : bool
        Divide each principal component by its standard deviation.
    """

    compress: bool = True
    scaling: str = "standardize"
    clip: float = 5.0
    pca_components: int = 0
    pca_variance: float = 0.0
    whiten: bool = False

    def __post_init__(self) -> None:
        check(self.scaling in SCALINGS, "scaling", f"one of {', '.join(SCALINGS)}", self.scaling)
        check(self.clip >= 0, "clip", "positive, or 0 for none", self.clip)
        check(self.clip == 0 or self.scaling != "none", "clip", "0 if scaling is 'none'", self.clip)
        check(self.pca_components >= 0, "pca_components", "positive, or 0 for no PCA", self.pca_components)
        check(0 <= self.pca_variance <= 1, "pca_variance", "in (0, 1], or 0 for no PCA", self.pca_variance)
        both = bool(self.pca_components and self.pca_variance)
        check(not both, "pca_variance", "0 if pca_components is set", self.pca_variance)
        pca = bool(self.pca_components or self.pca_variance)
        check(pca or not self.whiten, "whiten", "false without pca_components or pca_variance", self.whiten)


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """Fitted steps, and the number of columns after the last one."""

    steps: tuple[Step, ...]
    width: int

    def apply(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Apply the steps to features (n, columns) and return (n, width)."""
        z = x.astype(np.float64)
        for step in self.steps:
            z = step.apply(z)
        return z

    def build(self, graph: Graph) -> str:
        """Add the steps to a graph and return the name of the result."""
        z = graph.x
        for step in self.steps:
            z = step.build(graph, z)
        return z


def stack_songs(songs: Sequence[Song], *, step: int = 1) -> tuple[npt.NDArray[np.float32], FloatArray]:
    """Stack every `step`-th rated row of all songs: features (n, columns) and labels (n, 2).

    Raises
    ------
    TrainingError
        If there are no songs.
    """
    check(len(songs) > 0, "songs", "at least one song", 0)
    return np.vstack([song.x[::step] for song in songs]), np.vstack([song.y[::step] for song in songs])


def fit_preprocessing(x: npt.NDArray[np.floating], config: PreprocessingConfig) -> Preprocessing:
    """Fit each step to the training rows (n ≥ 2, columns) as transformed by the steps before it.

    Raises
    ------
    TrainingError
        If there are fewer than two rows, or more components are requested than the rows determine.
    """
    check(len(x) >= 2, "x", "at least two rows", len(x))
    z = x.astype(np.float64)
    steps: list[Step] = []

    def append(step: Step) -> None:
        nonlocal z
        steps.append(step)
        z = step.apply(z)

    if config.compress:
        append(fit_median_scaling(z))
        append(Compression())
    scaling = SCALINGS[config.scaling]
    if scaling is not None:
        append(scaling(z))
    if config.clip:
        append(Clip(config.clip))
    if config.pca_components or config.pca_variance:
        append(_projection(z, config))
    return Preprocessing(tuple(steps), z.shape[1])


def _projection(z: FloatArray, config: PreprocessingConfig) -> Projection:
    center, directions, variances = principal_components(z)
    check(len(variances) > 0, "x", "rows that vary in at least one column, for PCA", "constant rows")
    count = config.pca_components or components_for(variances, config.pca_variance)
    check(count <= len(variances), "pca_components", f"at most {len(variances)}, the rank of the data", count)
    if config.whiten:
        directions = directions / np.sqrt(variances)
    return Projection(center, directions[:, :count])
