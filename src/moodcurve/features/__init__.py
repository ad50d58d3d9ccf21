"""Extract audio features: 65 descriptors every 10 ms, their deltas, and means and standard deviations over 1 s windows.

The descriptors are those of openSMILE's ComParE set. `extract` computes the features of a whole recording, `stream`
yields them part by part, and `Extractor` takes samples as they arrive. All return `Features`: one row every 0.5 s, with
the columns of a `FeatureSet`. Prediction and training read these rows.

>>> import numpy as np
>>> from moodcurve.features import COMPARE236, extract
>>> samples = np.random.default_rng(0).uniform(-0.1, 0.1, 3 * 44100)
>>> extract(samples, 44100, COMPARE236)
Features(compare236/1, rows=4, columns=236, sr=44100)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from moodcurve.features.feature_sets import (
    COMPARE236,
    COMPARE260,
    DEFAULT_SET,
    FEATURE_SETS,
    LLD_NAMES,
    FeatureError,
    Features,
    FeatureSet,
    write_csv,
)
from moodcurve.features.lookup import feature_set

if TYPE_CHECKING:
    from moodcurve.features.extractor import Extractor, extract, stream
    from moodcurve.features.low_level import Descriptors

__all__ = [
    "COMPARE236",
    "COMPARE260",
    "DEFAULT_SET",
    "FEATURE_SETS",
    "LLD_NAMES",
    "Descriptors",
    "Extractor",
    "FeatureError",
    "FeatureSet",
    "Features",
    "extract",
    "feature_set",
    "stream",
    "write_csv",
]

# Imported on first use: loading a model needs only the feature sets, not the compiled kernels.
_COMPILED = {
    "Descriptors": "moodcurve.features.low_level",
    "Extractor": "moodcurve.features.extractor",
    "extract": "moodcurve.features.extractor",
    "stream": "moodcurve.features.extractor",
}


def __getattr__(name: str) -> Any:
    if name not in _COMPILED:
        raise AttributeError(f"module 'moodcurve.features' has no attribute {name!r}")
    return getattr(import_module(_COMPILED[name]), name)
