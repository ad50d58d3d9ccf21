"""Define the models that are included in the package: their families, settings and features."""

from dataclasses import dataclass
from typing import Any

from moodcurve.features import COMPARE236, FeatureSet, feature_set
from moodcurve.learn.models.gp_blend import GPBlendConfig
from moodcurve.learn.models.gp_live import GPLiveConfig

SEED = 0
LICENSE = (
    "Research use: the model has learned from DEAM and from the 4Q audio emotion set (Panda, Malheiro & Paiva 2018), "
    "which are given for research; for other use ask those who own that data"
)


@dataclass(frozen=True, kw_only=True)
class PackagedModel:
    """A model that is included in the package.

    Attributes
    ----------
    file : str
        Stem of the file, the name for ``--model``.
    name : str
        Name of the model in curves and results.
    family : str
        One of `moodcurve.learn.training.FAMILIES`.
    config : settings of the family
    feature_set : FeatureSet
    """

    file: str
    name: str
    family: str
    config: Any
    feature_set: FeatureSet


DEFAULT = PackagedModel(
    file="default",
    name="moodcurve-default-4",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=feature_set("compare236+tonal1+tags1"),
)
FAST = PackagedModel(
    file="fast",
    name="moodcurve-fast-4",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=COMPARE236,
)
"""Does without harmony, rhythm and tags, and is about twice as fast."""
LIVE = PackagedModel(
    file="live",
    name="moodcurve-live-3",
    family="gp-live",
    config=GPLiveConfig(),
    feature_set=feature_set("compare236+tonal1+tags1"),
)
"""Uses past rows only."""
PACKAGED = (DEFAULT, FAST, LIVE)
OTHERS = ("mlr", "two-level", "blend")
"""Families that the card compares with the packaged models: on the columns of `FAST`, from DEAM's clips alone."""
