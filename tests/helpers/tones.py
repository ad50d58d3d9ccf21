"""Finds out which tones a recording holds, second by second."""

import numpy as np

from moodcurve.audio import ANALYSIS_SR


def loudest(x: np.ndarray) -> list[int]:
    """Return the strongest frequency in Hz of the middle of each second of samples at 44.1 kHz; 0 is silence."""
    seconds = x[: len(x) // ANALYSIS_SR * ANALYSIS_SR].reshape(-1, ANALYSIS_SR)[:, ANALYSIS_SR // 4 : -ANALYSIS_SR // 4]
    bins = np.abs(np.fft.rfft(seconds)).argmax(axis=1)
    return [2 * int(k) * (float(np.abs(second).max()) > 1e-3) for k, second in zip(bins, seconds, strict=True)]
