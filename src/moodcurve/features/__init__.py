"""Audio to Features: 65 descriptors every 10 ms, their deltas, and means and spreads over 1 s twice a second."""

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
    feature_set,
    write_csv,
)

if TYPE_CHECKING:
    from moodcurve.features.extractor import Descriptors, Extractor, extract, stream

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

# Loaded at first use: reading a model needs the tables alone, and not the compiler.
_COMPILED = {"Descriptors", "Extractor", "extract", "stream"}


def __getattr__(name: str) -> Any:
    if name not in _COMPILED:
        raise AttributeError(f"module 'moodcurve.features' has no attribute {name!r}")
    return getattr(import_module("moodcurve.features.extractor"), name)
