"""The page: one HTML file that shows a curve, plays its song, and needs nothing else."""

import base64
import hashlib
import json
import os
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from moodcurve import __version__, formats
from moodcurve._typing import FloatArray
from moodcurve.curve import Curve
from moodcurve.mood.circumplex import describe, summarize
from moodcurve.report.scale import title
from moodcurve.report.sound import Sound, listen
from moodcurve.util.files import atomic_write
from moodcurve.util.text import clock


def write_report(curve: Curve, audio_path: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Write a page with a player for a curve and its audio, whole or not at all.

    The page is one file: it opens from a double click, fetches nothing and forbids itself to (its Content
    Security Policy allows its own script and style, by hash, and data addresses for sound). It names the
    audio file, not its folder. Script and style are the parts of the server's page that show a song, see
    ``web/src/report.ts``; without scripts the sound can be heard, and the page says what is missing.

    Raises
    ------
    AudioError
        If the audio can no longer be read.
    OSError
        If the page cannot be written.
    """
    page = render(curve, listen(audio_path, curve.duration_s))
    with atomic_write(path) as scratch:
        # bytes of a file's name that are no text become question marks
        scratch.write_bytes(page.encode("utf-8", "replace"))


def render(curve: Curve, sound: Sound) -> str:
    """Give the page as text; names and warnings in it are escaped, all else are numbers and our own words."""
    summary = summarize(curve)
    style, script = _asset("static/report.css"), _asset("static/report.js")
    return Template(_asset("page.html")).substitute(
        title=escape(title(curve)),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        mood=escape(describe(summary.arousal, summary.valence)),
        length=clock(curve.duration_s),
        sound=_SOUND.format(sound.address) if sound.address else "",
        data=_data(curve, sound),
    )


_SOUND = '<audio id="sound" controls preload="auto" src="{}"></audio>'


def _asset(name: str) -> str:
    return files("moodcurve.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Source expression of an inline element in a Content Security Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _data(curve: Curve, sound: Sound) -> str:
    """Give what the script shows, as JSON that is safe inside a script element."""
    data = {
        "curve": {**formats.to_dict(curve), "source": title(curve)},
        "peaks": _bytes(sound.peaks),
        "note": sound.note,
        "version": __version__,
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _bytes(peaks: FloatArray) -> str:
    """Give peaks as bytes in base64, the highest as 255; zeros where all are."""
    highest = float(peaks.max()) or 1.0
    return base64.b64encode(np.round(peaks / highest * 255).astype(np.uint8).tobytes()).decode("ascii")
