"""Compute window features with openSMILE itself, as the reference of the parity tests.

Needs the extra ``opensmile``, whose license allows private and research use only.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array
from moodcurve.features.feature_sets import COMPARE260, HOP_S, FeatureError, Features, FeatureSet
from moodcurve.features.framing import as_mono_float32
from moodcurve.util.optional import install_hint

try:
    import opensmile
except ImportError as error:
    raise ImportError(f"features by openSMILE need opensmile: {install_hint('opensmile')}") from error

LARGEST = 1 - 2.0**-15
"""Largest sample: the package scales by 32768 to 16 bits without clipping, so that 1.0 becomes -32768."""

_DESCRIPTORS = {
    "2016": "compare/ComParE_2016_core.lld.conf.inc",
    "is13": "is09-13/IS13_ComParE_core.lld.conf.inc",
}
_LEVELS = "is13_lld_nzsmo;is13_lldA_smo;is13_lldB_smo;is13_lld_nzsmo_de;is13_lldA_smo_de;is13_lldB_smo_de"
_CONFIGURATION = r"""
[componentInstances:cComponentManager]
instance[dataMemory].type = cDataMemory

\{{\cm[source{{?}}:include external source]}}
\{{{descriptors}}}

[componentInstances:cComponentManager]
instance[moodcurve_rows].type = cVectorConcat
instance[moodcurve_windows].type = cFunctionals

[moodcurve_rows:cVectorConcat]
reader.dmLevel = {levels}
writer.dmLevel = rows
includeSingleElementFields = 1

[moodcurve_windows:cFunctionals]
reader.dmLevel = {levels}
writer.dmLevel = windows
frameMode = fixed
frameSize = 1.0
frameStep = 0.5
frameCenterSpecial = left
functionalsEnabled = Moments
Moments.variance = 0
Moments.stddev = 1
Moments.skewness = 0
Moments.kurtosis = 0
Moments.amean = 1

\{{\cm[sink{{?}}:include external sink]}}
"""


def _run(x: npt.ArrayLike, sr: int, *, level: str, profile: str) -> Float32Array:
    """Run openSMILE on a whole recording and return one of its two outputs."""
    if profile not in _DESCRIPTORS:
        raise ValueError(f"profile must be one of {', '.join(_DESCRIPTORS)}, got {profile!r}")
    samples = np.nan_to_num(as_mono_float32(x), nan=0.0, posinf=0.0, neginf=0.0)
    included = Path(opensmile.__file__).parent / "core" / "config" / _DESCRIPTORS[profile]
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as folder:
        path = Path(folder) / f"{profile}.conf"
        path.write_text(_CONFIGURATION.format(descriptors=included, levels=_LEVELS), encoding="utf-8")
        smile = opensmile.Smile(feature_set=str(path), feature_level=level)
        table = smile.process_signal(np.clip(samples, -1, np.float32(LARGEST)), sr)
    return np.asarray(table.to_numpy(), np.float32)


def descriptors(x: npt.ArrayLike, sr: int, *, profile: str = "2016") -> Float32Array:
    """Return smoothed descriptors and deltas of a whole recording (rows, 130), one row every 10 ms.

    Parameters
    ----------
    x : (samples,)
        One channel with full scale [-1, 1]; samples beyond are clipped.
    sr : int
        Sample rate in Hz.
    profile : {"2016", "is13"}
        openSMILE's ComParE_2016 or IS13_ComParE.
    """
    return _run(x, sr, level="rows", profile=profile)


def extract(
    blocks: Iterable[npt.ArrayLike],
    sr: int,
    feature_set: FeatureSet = COMPARE260,
    *,
    profile: str = "2016",
) -> Features:
    """Return the window features of a whole recording, like `moodcurve.features.extract`.

    All samples are held in memory at once.

    Raises
    ------
    FeatureError
        If the recording is shorter than 1.04 s (one window and the last frame).
    """
    x = np.concatenate([np.zeros(0, np.float32), *(as_mono_float32(block) for block in blocks)])
    if len(x) < 1.04 * sr:
        raise FeatureError(f"{len(x) / sr:.2f} s of audio is too short: one window takes at least 1.04 s")
    values = _run(x, sr, level="windows", profile=profile)
    times = HOP_S * np.arange(len(values), dtype=np.float64)
    return Features(values, times, COMPARE260, sr=sr).select(feature_set)
