"""Find feature sets by name: moodcurve's own, and those of installed encoders."""

from moodcurve.errors import MoodcurveError
from moodcurve.features.encoders import encoder_names, encoder_set
from moodcurve.features.feature_sets import DEFAULT_SET, FEATURE_SETS, FeatureSet, join


def feature_set(name: str) -> FeatureSet:
    """Return the feature set of a name, ``default`` included, or a joined set such as ``compare236+tonal1``.

    Names of moodcurve's own sets come before those of installed encoders (`moodcurve.features.encoders`).

    Raises
    ------
    MoodcurveError
        If a name is unknown, two joined sets have the same column, or an encoder cannot be imported.

    Examples
    --------
    >>> feature_set("default")
    FeatureSet(compare236+tonal1+tags1/1, columns=749)
    """
    # the default set may itself be a joined one
    names = [
        part for given in name.split("+") for part in (DEFAULT_SET.name if given == "default" else given).split("+")
    ]
    sets = []
    for given in names:
        found = FEATURE_SETS.get(given) or encoder_set(given)
        if found is None:
            known = ", ".join(["default", *FEATURE_SETS, *encoder_names()])
            raise MoodcurveError(f"unknown feature set {given!r}; choose from {known}, or join several by +")
        sets.append(found)
    try:
        return join(sets)
    except ValueError:
        raise MoodcurveError(f"feature set {name!r} has columns twice; join sets without common columns") from None
