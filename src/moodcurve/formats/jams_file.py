"""Read and write curves as JAMS, a JSON format of music research.

A curve is one annotation of the namespace ``mood_thayer`` with an observation per point.

Its values are (valence, arousal): valence first, unlike everywhere else in this package.

Humphrey et al. (2014), "JAMS: A JSON Annotated Music Specification for Reproducible MIR Research", ISMIR.
"""

import json
import os
from typing import Any

from moodcurve import __version__
from moodcurve.curve import Curve
from moodcurve.formats.columns import FormatError, read_text, refuse
from moodcurve.formats.csv_file import POINT_S, UNKNOWN
from moodcurve.formats.json_file import curve_from_dict, parse_object
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line, utf8_text

NAMESPACE = "mood_thayer"
SCHEMA_VERSION = "0.3.5"
"""Version of the JAMS schema that the files follow."""
SANDBOX = "moodcurve"
"""Key of the annotation's sandbox that holds the rest of the curve's JSON."""
_POINTS = ("times_s", "arousal", "valence")


def to_jams(curve: Curve) -> str:
    """Return a curve as a JAMS file, see `jams_text`."""
    return jams_text(curve.to_dict())


def jams_text(
    data: dict[str, Any],
    *,
    title: str | None = None,
    artist: str | None = None,
    release: str | None = None,
    identifiers: dict[str, str] | None = None,
) -> str:
    """Return the dictionary of `Curve.to_dict` as a JAMS file, one line per observation.

    An observation covers its point's window, ``time`` to ``time`` + 1.0 s; its value is [valence, arousal] with 4
    decimals. ``confidence`` is null, since intervals say more than one number could. They are in the annotation's
    sandbox under ``moodcurve``, with all other keys of the curve's JSON.

    Parameters
    ----------
    data : dict
    title, artist, release : str, optional
        Of the recording; `release` is the album.
    identifiers : dict, optional
        Names of the recording elsewhere.

    Raises
    ------
    FormatError
        If a time is negative, which JAMS does not allow.
    """
    times_s, arousal, valence = (data[name] for name in _POINTS)
    rest = {key: value for key, value in data.items() if key not in _POINTS}
    if times_s[0] < 0:
        raise FormatError(f"{one_line(data['source'])}: a point at {times_s[0]:g} s; JAMS times start at 0")
    named = {"title": title, "artist": artist, "release": release}
    about = {name: utf8_text(value) for name, value in named.items() if value is not None}
    annotation = {
        "namespace": NAMESPACE,
        "time": 0.0,
        "duration": rest["duration_s"],
        "annotation_metadata": {
            "data_source": "program",
            "version": __version__,
            "annotation_tools": f"moodcurve {__version__}",
            "annotator": {"model": rest["model"], "feature_set": rest["feature_set"]},
        },
        "sandbox": {SANDBOX: rest},
    }
    head = {**about, "duration": rest["duration_s"], "identifiers": identifiers or {}, "jams_version": SCHEMA_VERSION}
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
    """Read a curve from the first ``mood_thayer`` annotation of a JAMS file.

    A file of `to_jams` is read completely. For a file of other origin, the source is the path, model and feature set
    are ``unknown``, and the duration is the file's, or else the last time plus the length of its window, 1.0 s;
    durations and confidences of its observations are ignored.

    Raises
    ------
    FormatError
        If the file is not JAMS, has no such annotation, or its values do not form a curve; the message gives the
        line, or the key and item.
    OSError
        If the file cannot be read.
    """
    data = parse_object(path, read_text(path))
    annotation = _annotation(path, data)
    points = _observations(path, annotation)
    sandbox = annotation.get("sandbox")
    rest = sandbox.get(SANDBOX) if isinstance(sandbox, dict) else None
    if not isinstance(rest, dict):
        about = data.get("file_metadata")
        stated = about.get("duration") if isinstance(about, dict) else None
        last_s = points["times_s"][-1] + POINT_S
        rest = {
            "source": os.fspath(path),
            "model": UNKNOWN,
            "feature_set": UNKNOWN,
            "duration_s": last_s if stated is None else stated,
        }
    return curve_from_dict(path, {**rest, **points})


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
