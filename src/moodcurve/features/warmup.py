"""Compile the kernels of a feature set ahead of time, with progress."""

from collections.abc import Callable

import numpy as np

from moodcurve.features.encoders import encoder_of
from moodcurve.features.feature_sets import FEATURE_SETS, FeatureSet, check_computable
from moodcurve.features.jit import cache, kernel
from moodcurve.features.song.loudness import LoudnessMeter

KERNEL_COUNTS = {"compare260": 14, "compare236": 9, "tonal1": 5, "tags1": 6}
"""Number of kernels that Python calls for a feature set, for the progress; a test counts them."""

_SR = 44_100
_F0_HZ = 210.0


def is_prepared(feature_set: FeatureSet) -> bool:
    """Return True if all machine code of a feature set is cached.

    Raises
    ------
    FeatureError
        If a column cannot be computed from audio.
    """
    check_computable(feature_set)
    return all(cache.load(_marker_name(part)) is not None for part in _compiled_parts(feature_set))


def prepare(feature_set: FeatureSet, *, progress: Callable[[int, int], None] | None = None) -> bool:
    """Compile the kernels of a feature set, unless they are cached.

    Parameters
    ----------
    feature_set : FeatureSet
        Later runs can compute its features without the compiler.
    progress : callable, optional
        Called with the number of kernels that are ready and the total, before each kernel.

    Returns
    -------
    bool
        True if the code is cached for later runs; False if no cache folder can be written.
    """
    if is_prepared(feature_set):
        return True
    missing = [part for part in _compiled_parts(feature_set) if not is_prepared(part)]
    expected = sum(KERNEL_COUNTS.get(part.name, 0) for part in missing)
    done = 0

    def report() -> None:
        nonlocal done
        if progress is not None:
            progress(done, max(expected, done + 1))
        done += 1

    with kernel.on_first_call(report):
        return all(_prepare_part(part) for part in missing)


def _compiled_parts(feature_set: FeatureSet) -> list[FeatureSet]:
    """Return the parts of a set that kernels compute; encoders have none."""
    parts = feature_set.parts or (feature_set,)
    return [part for part in parts if part.name in FEATURE_SETS or encoder_of(part.names[0]) is None]


def _prepare_part(part: FeatureSet) -> bool:
    from moodcurve.features.extractor import extract

    x = _test_signal()
    extract([x], _SR, part)
    LoudnessMeter().add(x[:, None], _SR)
    return cache.store(_marker_name(part), "", b"")


def _marker_name(feature_set: FeatureSet) -> str:
    return f"{feature_set.name}-{feature_set.version}-complete"


def _test_signal() -> np.ndarray:
    """Return two seconds of a tone with overtones and noise, then silence, to exercise every stage."""
    t = np.arange(2 * _SR) / _SR
    tone = 0.3 * np.sign(np.sin(2 * np.pi * _F0_HZ * t)) * (t < 1.5)
    return (tone + np.random.default_rng(0).normal(0, 0.01, len(t)) * (t < 1.5)).astype(np.float32)
