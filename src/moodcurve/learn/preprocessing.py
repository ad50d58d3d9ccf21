"""Features to what a model reads, and labels to what it puts out; fitted on training songs only.

All steps together are x → clip((x - offset) · scale) → (· - centre) @ rotation, with each part optional. They
are computed in double precision: columns range from 1e-9 to 1e7, and their means can exceed their spread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moodcurve.circumplex import QUADRANTS
from moodcurve.datasets import Song
from moodcurve.learn.config import check
from moodcurve.learn.graph import Graph

FloatArray = npt.NDArray[np.float64]

SCALINGS = ("none", "centre", "standardise", "range")
ACTIVATIONS = ("linear", "tanh", "sigmoid")


@dataclass(frozen=True, kw_only=True)
class PreprocessingConfig:
    """Which steps come between features and model.

    Attributes
    ----------
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
    """Fitted steps.

    Attributes
    ----------
    offset, scale : (columns,)
        The scaled columns are (x - offset) · scale.
    clip : float
        Their limit, 0 for none.
    centre, rotation : (columns,), (columns, components); None without PCA
        The components are (· - centre) @ rotation.
    """

    offset: FloatArray
    scale: FloatArray
    clip: float
    centre: FloatArray | None = None
    rotation: FloatArray | None = None

    @property
    def width(self) -> int:
        """Number of columns that come out."""
        return len(self.offset) if self.rotation is None else self.rotation.shape[1]

    def apply(self, x: npt.NDArray[np.floating]) -> FloatArray:
        """Take features (n, columns) to what the model reads, (n, width)."""
        z = (x.astype(np.float64) - self.offset) * self.scale
        if self.clip:
            z = np.clip(z, -self.clip, self.clip)
        if self.centre is None or self.rotation is None:
            return z
        projected: FloatArray = (z - self.centre) @ self.rotation
        return projected

    def build(self, graph: Graph) -> str:
        """Add the same steps to a graph; gives the name of the result."""
        z = graph.add(
            "Mul", graph.add("Sub", graph.x, graph.constant(self.offset)), graph.constant(self.scale)
        )
        if self.clip:
            limit = np.float64(self.clip)
            z = graph.add("Clip", z, graph.constant(-limit), graph.constant(limit))
        if self.centre is None or self.rotation is None:
            return z
        return graph.add(
            "MatMul", graph.add("Sub", z, graph.constant(self.centre)), graph.constant(self.rotation)
        )


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
    """Fit the steps to the rows of the training songs, (n, columns), n ≥ 2.

    A column that is constant in training says nothing there: its scale is 0 under every scaling but ``none``,
    so that it comes out as 0 for any song instead of dividing by zero or passing unscaled.

    Raises
    ------
    TrainingError
        If there are fewer than two rows, or more components are asked for than the rows determine.
    """
    check(len(x) >= 2, "x", "at least two rows", len(x))
    x64 = x.astype(np.float64)
    fitters = {"none": no_scaling, "centre": centring, "standardise": standardising, "range": unit_range}
    offset, scale = fitters[config.scaling](x64)
    scaled = Preprocessing(offset, scale, config.clip)
    if not config.pca_components and not config.pca_variance:
        return scaled
    centre, directions, variances = principal_components(scaled.apply(x64))
    check(len(variances) > 0, "x", "varying in at least one column for PCA", "constants only")
    kept = config.pca_components or components_for(variances, config.pca_variance)
    check(kept <= len(variances), "pca_components", f"at most {len(variances)}, the rank of the data", kept)
    rotation = directions[:, :kept] / (np.sqrt(variances[:kept]) if config.whiten else 1.0)
    return Preprocessing(offset, scale, config.clip, centre, rotation)


def no_scaling(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset 0 and scale 1 for each column."""
    return np.zeros(x.shape[1]), np.ones(x.shape[1])


def centring(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset: the column's mean; scale 1, or 0 where the column is constant."""
    return x.mean(axis=0), (np.ptp(x, axis=0) > 0).astype(np.float64)


def standardising(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset: the column's mean; scale 1/σ with σ² = Σ(x - mean)²/n, or 0 where the column is constant."""
    return x.mean(axis=0), _inverse(x.std(axis=0), np.ptp(x, axis=0) > 0)


def unit_range(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Offset: (min + max)/2; scale 2/(max - min), or 0 where the column is constant."""
    spread = np.ptp(x, axis=0)
    return x.min(axis=0) + spread / 2, _inverse(spread / 2, spread > 0)


def principal_components(x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Directions of greatest variance, in falling order.

    Each direction's sign is set so that its largest entry is positive; the decomposition leaves it open.
    Directions whose variance is below 1e-10 of the greatest are left out: they hold rounding errors, which
    whitening would blow up.

    Returns
    -------
    centre : (columns,)
        The columns' means.
    directions : (columns, rank)
        Unit vectors, orthogonal.
    variances : (rank,)
        Variance of the data along each, with divisor n.
    """
    centre = x.mean(axis=0)
    covariance = (x - centre).T @ (x - centre) / len(x)
    variances, directions = np.linalg.eigh(covariance)
    variances, directions = variances[::-1], directions[:, ::-1]
    kept = variances > 1e-10 * max(variances[0], np.finfo(np.float64).tiny)
    directions = directions[:, kept]
    largest = np.abs(directions).argmax(axis=0)
    return centre, directions * np.sign(directions[largest, np.arange(directions.shape[1])]), variances[kept]


def components_for(variances: FloatArray, share: float) -> int:
    """Least number of components that together hold this share of the variance (falling variances)."""
    held = np.cumsum(variances) / variances.sum()
    # the last sum can round to a little under 1
    return min(int(np.searchsorted(held, share)) + 1, len(variances))


@dataclass(frozen=True)
class TargetScaling:
    """The affine map between labels in [-1, 1] and what an output activation can put out."""

    factor: float
    shift: float

    def apply(self, y: FloatArray) -> FloatArray:
        """Map labels to targets: y · factor + shift."""
        return y * self.factor + self.shift

    def invert(self, targets: FloatArray) -> FloatArray:
        """Map outputs back to the labels' scale."""
        return (targets - self.shift) / self.factor


def target_scaling(activation: str) -> TargetScaling:
    """Map [-1, 1] onto the range of an output activation: sigmoid (0, 1), tanh (-1, 1), linear as it is.

    The whole scale is mapped, not the part that the training labels fill, so that no song is out of reach.
    """
    check(activation in ACTIVATIONS, "output", f"one of {', '.join(ACTIVATIONS)}", activation)
    return TargetScaling(0.5, 0.5) if activation == "sigmoid" else TargetScaling(1.0, 0.0)


def quadrant_classes(y: FloatArray) -> npt.NDArray[np.int64]:
    """Quadrant of each arousal and valence (n, 2) as its place in `QUADRANTS`.

    An exact zero counts as positive. Every point belongs to one of the four, near the centre too: a
    classifier's targets leave nothing out.
    """
    arousal, valence = y[:, 0] >= 0, y[:, 1] >= 0
    return np.where(arousal, np.where(valence, 0, 1), np.where(valence, 3, 2))


def one_hot(classes: npt.NDArray[np.int64], n_classes: int = len(QUADRANTS)) -> FloatArray:
    """Classes (n,) from 0 to n_classes - 1 as rows (n, n_classes) with a single 1."""
    rows: FloatArray = np.eye(n_classes)[classes]
    return rows


def _inverse(spread: FloatArray, varies: npt.NDArray[np.bool_]) -> FloatArray:
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
