"""Compute arousal and valence curves of music.

>>> import moodcurve
>>> curve = moodcurve.analyze("song.flac")        # doctest: +SKIP
>>> curve.times_s, curve.arousal, curve.valence   # doctest: +SKIP
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodcurve.analysis import analyze, analyze_many
    from moodcurve.curve import Curve
    from moodcurve.errors import MoodcurveError
    from moodcurve.features import Features

__version__ = "0.2.0"
__all__ = ["Curve", "Features", "MoodcurveError", "__version__", "analyze", "analyze_many"]

# messages are logged under "moodcurve" and shown only if the application configures logging
logging.getLogger(__name__).addHandler(logging.NullHandler())

# imported at first use: `import moodcurve` must stay fast for the command line
_MODULES = {
    "Curve": "moodcurve.curve",
    "Features": "moodcurve.features",
    "MoodcurveError": "moodcurve.errors",
    "analyze": "moodcurve.analysis",
    "analyze_many": "moodcurve.analysis",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'moodcurve' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
