"""JAMS, the JSON of music research: one annotation ``mood_thayer``, an observation for each point.

JAMS: Humphrey et al. (2014), "JAMS: A JSON Annotated Music Specification for Reproducible MIR Research", ISMIR. The
namespace's value is (valence, arousal): valence first, unlike everywhere else here.
"""

import json
import os
from typing import Any

from moodcurve import __version__
from moodcurve.curve import Curve
from moodcurve.formats.columns import FormatError, read_text, refuse
from moodcurve.formats.csv_file import POINT_S, UNKNOWN
from moodcurve.formats.json_file import curve_of_object, parse_object, to_dict, utf8_text
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line

NAMESPACE = "mood_thayer"
SCHEMA_VERSION = "0.3.5"
"""Of the JAMS schema that the files are validated against."""
SANDBOX = "moodcurve"
"""The one key of the annotation's sandbox: what JAMS has no place for, by the keys of our JSON."""
_POINTS = ("times_s", "arousal", "valence")


def to_jams(curve: Curve) -> str:
    """Give a curve as one JAMS object, see `jams_text`."""
    return jams_text(to_dict(curve))


def jams_text(
    data: dict[str, Any],
    *,
    title: str | None = None,
    artist: str | None = None,
    release: str | None = None,
    identifiers: dict[str, str] | None = None,
) -> str:
    """Give what `moodcurve.formats.to_dict` gave of a curve as one JAMS object, a line for each observation.

    An observation spans its point's window, ``time`` to ``time`` + 1.0 s, and has the value [valence, arousal] with
    4 decimals. Its ``confidence`` is null, since intervals say more than one number could; they stand in the
    annotation's sandbox under ``moodcurve``, with all else that `moodcurve.formats.to_json` gives. Title, artist and
    release (album) are left out where they are None; ``identifiers`` name the recording elsewhere.

    Raises
    ------
    FormatError
        If a time is negative: JAMS has none before the recording's start.
    """
    times_s, arousal, valence = (data[name] for name in _POINTS)
    kept = {key: value for key, value in data.items() if key not in _POINTS}
    if times_s[0] < 0:
        raise FormatError(f"{one_line(data['source'])}: a point at {times_s[0]:g} s; JAMS has times from 0 on")
    named = {"title": title, "artist": artist, "release": release}
    about = {name: utf8_text(value) for name, value in named.items() if value is not None}
    annotation = {
        "namespace": NAMESPACE,
        "time": 0.0,
        "duration": kept["duration_s"],
        "annotation_metadata": {
            "data_source": "program",
            "version": __version__,
            "annotation_tools": f"moodcurve {__version__}",
            "annotator": {"model": kept["model"], "feature_set": kept["feature_set"]},
        },
        "sandbox": {SANDBOX: kept},
    }
    head = {**about, "duration": kept["duration_s"], "identifiers": identifiers or {}, "jams_version": SCHEMA_VERSION}
    observations = ",\n".join(
        _json({"time": time_s, "duration": POINT_S, "value": [v, a], "confidence": None})
        for time_s, a, v in zip(times_s, arousal, valence, strict=True)
    )
    opened = _json(annotation).removesuffix("}")
    return (
        f'{{"file_metadata": {_json(head)},\n"sandbox": {{}},\n'
        f'"annotations": [{opened},\n"data": [\n{observations}\n]}}]}}\n'
    )


def read_jams(path: AnyPath) -> Curve:
    """Read a curve from the first annotation of ``mood_thayer`` in a JAMS file.

    Of one that `to_jams` gave, all comes back. Of another's, the source is the path, model and feature set are
    ``unknown``, and the duration is the file's, or else the last time plus the window of 1.0 s that starts there;
    spans and confidences of its observations are ignored.

    Raises
    ------
    FormatError
        If the file is not JAMS, has no such annotation, or its values are not a curve's; the message gives the line,
        or the key and item.
    OSError
        If the file cannot be read.
    """
    data = parse_object(path, read_text(path))
    annotation = _annotation(path, data)
    points = _observations(path, annotation)
    sandbox = annotation.get("sandbox")
    kept = sandbox.get(SANDBOX) if isinstance(sandbox, dict) else None
    if not isinstance(kept, dict):
        about = data.get("file_metadata")
        stated = about.get("duration") if isinstance(about, dict) else None
        last_s = points["times_s"][-1] + POINT_S
        kept = {
            "source": os.fspath(path),
            "model": UNKNOWN,
            "feature_set": UNKNOWN,
            "duration_s": last_s if stated is None else stated,
        }
    return curve_of_object(path, {**kept, **points})


def _annotation(path: AnyPath, data: dict[str, Any]) -> dict[str, Any]:
    annotations = data.get("annotations")
    for annotation in annotations if isinstance(annotations, list) else []:
        if isinstance(annotation, dict) and annotation.get("namespace") == NAMESPACE:
            return annotation
    refuse(path, "key annotations", f"none of {NAMESPACE}", "JAMS with one")


def _observations(path: AnyPath, annotation: dict[str, Any]) -> dict[str, list[float]]:
    observations = annotation.get("data")
    if not isinstance(observations, list) or not observations:
        refuse(path, f"data of {NAMESPACE}", "no observations", "a list of them, at least one")
    points: dict[str, list[float]] = {name: [] for name in _POINTS}
    for i, observation in enumerate(observations):
        match observation:
            case {"time": float(time_s), "value": [float(valence), float(arousal)]}:
                for name, value in zip(_POINTS, (time_s, arousal, valence), strict=True):
                    points[name].append(value)
            case _:
                expected = "a time, and as value the numbers valence and arousal"
                refuse(path, f"data of {NAMESPACE}, item {i + 1}", json.dumps(observation)[:60], expected)
    return points


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
