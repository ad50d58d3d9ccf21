"""The first run on a machine: compile all that a feature set needs, at once and with progress."""

from collections.abc import Callable

import numpy as np

from moodcurve.features.feature_sets import FeatureSet
from moodcurve.features.jit import cache, kernel

KERNEL_COUNTS = {"compare260": 13, "compare236": 8}
"""How many kernels a feature set calls from Python, for the progress; a test counts them."""

_SR = 44_100
_F0_HZ = 210.0


def is_prepared(feature_set: FeatureSet) -> bool:
    """Tell whether an earlier run has left all machine code that a feature set needs."""
    return cache.load(_marker_name(feature_set)) is not None


def prepare(feature_set: FeatureSet, *, progress: Callable[[int, int], None] | None = None) -> bool:
    """Compile what a feature set needs, unless an earlier run has left it.

    Parameters
    ----------
    feature_set : FeatureSet
        Its features can then be taken without the compiler.
    progress : callable, optional
        Called with the number of kernels that are ready and of all, as each one's turn comes.

    Returns
    -------
    bool
        Whether it is kept for later runs; False if no folder can be written.
    """
    if is_prepared(feature_set):
        return True
    from moodcurve.features.extractor import extract

    done = 0

    def report() -> None:
        nonlocal done
        if progress is not None:
            progress(done, max(KERNEL_COUNTS.get(feature_set.name, 0), done + 1))
        done += 1

    with kernel.on_first_call(report):
        extract([_test_signal()], _SR, feature_set)
    return cache.store(_marker_name(feature_set), "", b"")


def _marker_name(feature_set: FeatureSet) -> str:
    return f"{feature_set.name}-{feature_set.version}-complete"


def _test_signal() -> np.ndarray:
    """Make two seconds of a tone with overtones and noise, then silence: each stage meets what it is made for."""
    t = np.arange(2 * _SR) / _SR
    tone = 0.3 * np.sign(np.sin(2 * np.pi * _F0_HZ * t)) * (t < 1.5)
    return (tone + np.random.default_rng(0).normal(0, 0.01, len(t)) * (t < 1.5)).astype(np.float32)
