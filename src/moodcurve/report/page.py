"""Write a curve and its audio as one HTML file that needs no other files."""

import base64
import hashlib
import json
import os
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from moodcurve import __version__
from moodcurve._typing import FloatArray
from moodcurve.curve import Curve
from moodcurve.mood.circumplex import describe
from moodcurve.report.scale import display_title
from moodcurve.report.sound import PageSound, read_sound
from moodcurve.util.files import atomic_write
from moodcurve.util.text import clock


def write_report(
    curve: Curve, audio_path: str | os.PathLike[str], path: str | os.PathLike[str], *, track: int | None = None
) -> None:
    """Write a page with a player for a curve and its audio; a failure leaves no partial file.

    `track` is the audio track that was analyzed, if it was chosen by its number.

    The page is one file that opens from disk and loads nothing: its Content Security Policy allows only its own script
    and style, by hash, and data URLs for sound. It names the audio file, not its folder. Script and style are the parts
    of the server's page that show a song, see ``web/src/report.ts``. Without scripts the player works, and the page
    says what is missing.

    Raises
    ------
    AudioError
        If the audio can no longer be read.
    OSError
        If the page cannot be written.
    """
    page = render(curve, read_sound(audio_path, curve.duration_s, start_s=curve.start_s, track=track))
    with atomic_write(path) as scratch:
        # bytes of a file's name that are not text become question marks
        scratch.write_bytes(page.encode("utf-8", "replace"))


def render(curve: Curve, sound: PageSound) -> str:
    """Return the page as text; names and warnings are escaped, the rest is numbers and fixed words."""
    style, script = _asset("static/report.css"), _asset("static/report.js")
    return Template(_asset("page.html")).substitute(
        title=escape(display_title(curve)),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        mood=escape(describe(curve.summary.arousal, curve.summary.valence)),
        length=clock(curve.duration_s),
        sound=_SOUND.format(sound.data_url) if sound.data_url else "",
        data=_data(curve, sound),
    )


_SOUND = '<audio id="sound" controls preload="auto" src="{}"></audio>'


def _asset(name: str) -> str:
    return files("moodcurve.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression of an inline element for a Content Security Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _data(curve: Curve, sound: PageSound) -> str:
    """Return the data of the script, as JSON that is safe inside a script element."""
    data = {
        "curve": {**curve.to_dict(), "source": display_title(curve)},
        "peaks": _bytes(sound.peaks),
        "note": sound.note,
        "version": __version__,
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _bytes(peaks: FloatArray) -> str:
    """Return peaks as base64 of bytes, scaled so that the highest is 255; all zeros stay zeros."""
    highest = float(peaks.max()) or 1.0
    return base64.b64encode(np.round(peaks / highest * 255).astype(np.uint8).tobytes()).decode("ascii")
