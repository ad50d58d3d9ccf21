"""Options that name a model or a feature set."""

from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parameters import Option, UsageError
from moodcurve.errors import MoodcurveError

if TYPE_CHECKING:
    from moodcurve.features import FeatureSet

FEATURE_SETS = ("compare260", "compare236", "tonal1", "tags1")
"""Copies of the names of single feature sets, so that help needs no NumPy; a test compares them."""

FeatureSetOption = Annotated[
    str,
    Option(
        "--set",
        metavar="NAME",
        help=f"Feature set: {', '.join(FEATURE_SETS)} or default, or an installed encoder. Several are joined by "
        "+, each at most once.",
    ),
]
ModelOption = Annotated[
    str, Option("--model", metavar="NAME|FILE", help="Name of a model, see moodcurve models, or path of a model file.")
]
OptionalModelOption = Annotated[
    str | None,
    Option("--model", metavar="NAME|FILE", help="Name of a model, see moodcurve models, or path of a model file."),
]


def find_feature_set(name: str) -> "FeatureSet":
    """Return the feature set that `FeatureSetOption` names.

    Raises
    ------
    UsageError
        If it is unknown.
    """
    from moodcurve.features import feature_set

    try:
        return feature_set(name)
    except MoodcurveError as error:
        raise UsageError(str(error), name="--set") from None
