"""Training losses over a batch of windows in which only some rows are rated.

All take `weights`, (songs, rows): the weight of each rated row and 0 elsewhere. At least one must be positive.
"""

import torch

from moodcurve._typing import FloatArray

Tensor = torch.Tensor
LOG_STD_LIMITS = (-5.0, 1.0)
"""Range of the logarithm of a predicted standard deviation: 0.007 to 2.7, beyond both ends of what ratings show."""


def concordance_loss(y_pred: Tensor, y_true: Tensor, weights: Tensor) -> Tensor:
    """Compute 1 - CCC over all rated rows of the batch, averaged over axes; see `moodcurve.metrics.ccc`.

    Parameters
    ----------
    y_pred, y_true : (songs, rows, axes)
    weights : (songs, rows)
    """
    mean_p, mean_t = _mean(y_pred, weights), _mean(y_true, weights)
    deviation_p, deviation_t = y_pred - mean_p, y_true - mean_t
    total = _mean(deviation_p**2, weights) + _mean(deviation_t**2, weights) + (mean_p - mean_t) ** 2
    # the small term avoids 0 / 0 if all labels and predictions of a batch are equal
    return (1 - 2 * _mean(deviation_p * deviation_t, weights) / (total + 1e-12)).mean()


def squared_error(y_pred: Tensor, y_true: Tensor, weights: Tensor) -> Tensor:
    """Compute the mean of (ŷ - y)² over the rated rows and both axes."""
    return _mean((y_pred - y_true) ** 2, weights).mean()


def within_song_error(y_pred: Tensor, y_true: Tensor, weights: Tensor) -> Tensor:
    """Compute the mean squared error after subtracting each song's mean from predictions and labels.

    It measures the curve's shape within songs and ignores their levels.
    """
    counted = weights[..., None]
    # a window may hold no rated row
    rows = counted.sum(dim=1, keepdim=True).clamp(min=1e-9)

    def centered(y: Tensor) -> Tensor:
        return y - (y * counted).sum(dim=1, keepdim=True) / rows

    return squared_error(centered(y_pred), centered(y_true), weights)


def residual_loss(y_pred: Tensor, y_true: Tensor, weights: Tensor, slope: float) -> Tensor:
    """Compute 1 - CCC of the part of valence that arousal does not explain: valence - slope · arousal.

    `slope` is that of `valence_slope` for the training labels. A network that predicts arousal well and valence
    badly tends to predict a valence that follows arousal more than ratings do. This loss ignores that part.
    """

    def residual(y: Tensor) -> Tensor:
        return y[..., 1:] - slope * y[..., :1]

    return concordance_loss(residual(y_pred), residual(y_true), weights)


def valence_slope(y: FloatArray) -> float:
    """Compute the slope of the regression of valence on arousal for labels (n, 2); 0 if arousal is constant."""
    arousal, valence = (y - y.mean(axis=0)).T
    square = float(arousal @ arousal)
    return float(arousal @ valence) / square if square > 0 else 0.0


def gaussian_loss(log_std: Tensor, error: Tensor, weights: Tensor) -> Tensor:
    """Compute the negative log likelihood of normal errors without its constant: ln s + e² / (2 s²).

    Parameters
    ----------
    log_std : (songs, rows, 2)
        ln s, within `LOG_STD_LIMITS`.
    error : (songs, rows, 2)
        e = y - ŷ.
    weights : (songs, rows)
    """
    return _mean(log_std + error**2 * torch.exp(-2 * log_std) / 2, weights).mean()


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Compute the weighted mean over all rows of all songs, (axes,)."""
    return (values * weights[..., None]).sum(dim=(0, 1)) / weights.sum()
