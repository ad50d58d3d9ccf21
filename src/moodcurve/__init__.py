"""moodcurve: every song as a curve of arousal and valence.

>>> import moodcurve
>>> curve = moodcurve.analyze("song.flac")        # doctest: +SKIP
>>> curve.times_s, curve.arousal, curve.valence   # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodcurve.analysis import analyze, analyze_many
    from moodcurve.curve import Curve
    from moodcurve.errors import MoodcurveError
    from moodcurve.features import Features

__version__ = "0.1.0"
__all__ = ["Curve", "Features", "MoodcurveError", "__version__", "analyze", "analyze_many"]

# Loaded at first use: `import moodcurve` alone must stay quick for the command line.
_HOMES = {
    "Curve": "moodcurve.curve",
    "Features": "moodcurve.features",
    "MoodcurveError": "moodcurve.errors",
    "analyze": "moodcurve.analysis",
    "analyze_many": "moodcurve.analysis",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'moodcurve' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
