"""Define the models that are included in the package: their families, settings and features."""

from dataclasses import dataclass
from typing import Any

from moodcurve.features import COMPARE236, FeatureSet
from moodcurve.features.feature_sets import feature_set
from moodcurve.learn.models.gp_blend import GPBlendConfig
from moodcurve.learn.models.state_space import LiveStateSpaceConfig

SEED = 0
LICENSE = (
    "Research use: the model has learned from DEAM, whose features and ratings are given for research; for "
    "other use ask those who own that data"
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
    excerpts : bool
        Whether it also learns from the songs of which there is only sound: DEAM's excerpts and the quadrants.
    """

    file: str
    name: str
    family: str
    config: Any
    feature_set: FeatureSet
    excerpts: bool


LIVE_CONFIG = LiveStateSpaceConfig(level_memory_s=1000.0)
"""Shorter than the default of the family: a set of several hours changes more than a clip."""
DEFAULT = PackagedModel(
    file="default",
    name="moodcurve-default-4",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=feature_set("compare236+tonal1+tags1"),
    excerpts=True,
)
FAST = PackagedModel(
    file="fast",
    name="moodcurve-fast-4",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=COMPARE236,
    excerpts=True,
)
"""Does without harmony, rhythm and tags, and is about twice as fast."""
LIVE = PackagedModel(
    file="live",
    name="deam-live-2",
    family="state-space-live",
    config=LIVE_CONFIG,
    feature_set=COMPARE236,
    excerpts=False,
)
"""Uses past rows only."""
PACKAGED = (DEFAULT, FAST, LIVE)
OTHERS = ("mlr", "two-level", "blend")
"""Families that the card compares with the packaged models: on the columns of `FAST`, without excerpts."""
