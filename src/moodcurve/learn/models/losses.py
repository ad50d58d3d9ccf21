"""What training lowers: losses over a batch of windows, of which some rows are rated."""

import torch

from moodcurve._typing import FloatArray

Tensor = torch.Tensor
LOG_SPREAD_LIMITS = (-5.0, 1.0)
"""Of a predicted spread's logarithm: from 0.007, far below any rating's error, to 2.7, beyond the whole scale."""


def concordance_loss(y_pred: Tensor, y_true: Tensor, rated: Tensor) -> Tensor:
    """1 - CCC over all rated rows of the batch together, mean of the axes; see `moodcurve.metrics.ccc`.

    Parameters
    ----------
    y_pred, y_true : (songs, rows, axes)
    rated : (songs, rows)
        The row's weight where it counts, 0 elsewhere; at least one counts.
    """
    mean_p, mean_t = _mean(y_pred, rated), _mean(y_true, rated)
    away_p, away_t = y_pred - mean_p, y_true - mean_t
    spread = _mean(away_p**2, rated) + _mean(away_t**2, rated) + (mean_p - mean_t) ** 2
    # the tiny term is for a batch in which all labels and answers are equal
    return (1 - 2 * _mean(away_p * away_t, rated) / (spread + 1e-12)).mean()


def squared_error(y_pred: Tensor, y_true: Tensor, rated: Tensor) -> Tensor:
    """Mean of (ŷ - y)² over the rated rows, mean of both axes."""
    return _mean((y_pred - y_true) ** 2, rated).mean()


def course_error(y_pred: Tensor, y_true: Tensor, rated: Tensor) -> Tensor:
    """Mean of ((ŷ - its song's mean) - (y - its song's mean))²: the course within songs, without their levels."""
    counted = rated[..., None]
    # a window without any rated row has none to count
    rows = counted.sum(dim=1, keepdim=True).clamp(min=1e-9)

    def course(y: Tensor) -> Tensor:
        return y - (y * counted).sum(dim=1, keepdim=True) / rows

    return squared_error(course(y_pred), course(y_true), rated)


def residual_loss(y_pred: Tensor, y_true: Tensor, rated: Tensor, slope: float) -> Tensor:
    """1 - CCC of what valence has beyond arousal: valence - slope · arousal, of answers and of labels.

    `slope` is that of the training labels' regression line of valence on arousal. The answers of a network that
    has learned arousal well and valence badly go together far more than ratings do; this term counts only what
    such a shadow does not explain.
    """

    def residual(y: Tensor) -> Tensor:
        return y[..., 1:] - slope * y[..., :1]

    return concordance_loss(residual(y_pred), residual(y_true), rated)


def valence_slope(y: FloatArray) -> float:
    """Give the slope of the regression line of valence on arousal, of labels (n, 2); 0 where arousal is constant."""
    arousal, valence = (y - y.mean(axis=0)).T
    spread = float(arousal @ arousal)
    return float(arousal @ valence) / spread if spread > 0 else 0.0


def spread_loss(log_spread: Tensor, error: Tensor, rated: Tensor) -> Tensor:
    """Negative log likelihood of errors under a normal distribution: ln s + e² / (2 s²), without its constant.

    Parameters
    ----------
    log_spread : (songs, rows, 2)
        ln s, within `LOG_SPREAD_LIMITS`.
    error : (songs, rows, 2)
        e = y - ŷ.
    """
    return _mean(log_spread + error**2 * torch.exp(-2 * log_spread) / 2, rated).mean()


def _mean(values: Tensor, rated: Tensor) -> Tensor:
    """Mean over the rated rows of all songs, (axes,)."""
    return (values * rated[..., None]).sum(dim=(0, 1)) / rated.sum()
