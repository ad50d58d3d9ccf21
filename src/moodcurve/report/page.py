"""The page: one HTML file that shows a curve, plays its song, and needs nothing else."""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template

import numpy as np

from moodcurve import __version__
from moodcurve.circumplex import NEUTRAL, NEUTRAL_RADIUS, QUADRANTS, RIM_WORDS, Summary, describe, place, summarize
from moodcurve.curve import Curve, FloatArray
from moodcurve.files import written_whole
from moodcurve.rating import in_words
from moodcurve.report import drawing
from moodcurve.report.scale import length_s, path_span_s, reach, smooth_path, thinned, time_ticks, title
from moodcurve.report.sound import Sound, listen
from moodcurve.wording import clock, signed

TABLE_ROWS = 25
"""Most rows of the course as a table."""


def write_report(curve: Curve, audio_path: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Write a page with a player for a curve and its audio, whole or not at all.

    The page is one file: it opens from a double click, fetches nothing and forbids itself to (its Content
    Security Policy allows its own script and style, by hash, and data addresses for sound). It names the
    audio file, not its folder.

    Raises
    ------
    AudioError
        If the audio can no longer be read.
    OSError
        If the page cannot be written.
    """
    page = render(curve, listen(audio_path, curve.duration_s))
    with written_whole(path) as scratch:
        # bytes of a file's name that are no text become question marks
        scratch.write_bytes(page.encode("utf-8", "replace"))


def render(curve: Curve, sound: Sound) -> str:
    """Give the page as text; names and warnings in it are escaped, all else are numbers and our own words."""
    summary, shown = summarize(curve), thinned(curve)
    style, script = _asset("style.css"), _asset("player.js")
    name = escape(title(curve))
    return Template(_asset("page.html")).substitute(
        title=name,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_data(shown),
        sound=_SOUND.format(sound.address) if sound.address else "",
        sound_note=escape(sound.note),
        warnings=_warnings(curve.warnings),
        mood=escape(describe(summary.arousal, summary.valence)),
        quadrant="" if summary.quadrant == NEUTRAL else summary.quadrant,
        length=clock(curve.duration_s),
        model=escape(curve.model),
        feature_set=escape(curve.feature_set),
        version=__version__,
        waveform=drawing.waveform_svg(sound.peak, sound.rms),
        course=drawing.course_svg(shown),
        value_labels=drawing.value_labels_svg(shown),
        line_labels=drawing.line_labels_svg(shown),
        time_labels=drawing.time_labels_svg(shown),
        circumplex=drawing.song_svg(curve) + drawing.circumplex_svg(shown),
        song_box=_SONG_BOX if curve.song_interval is not None else "",
        course_label=_course_label(curve),
        summary_rows=_summary_rows(curve, summary),
        chances=_chances(curve),
        shares=_shares(summary.shares),
        rating=_rating(curve),
        course_rows=_course_rows(curve),
        span=f"{path_span_s(shown):.0f}",
        means=_means(shown) if shown is not curve else "",
        bands=_BANDS if curve.arousal_interval is not None or curve.valence_interval is not None else "",
    )


_SOUND = '<audio id="sound" controls preload="auto" src="{}"></audio>'
_BANDS = "The pale bands are 90 % intervals: the model expects nine of ten ratings to lie inside. "


_SONG_BOX = "&ensp;▢ 90 % interval of its mean"


def _asset(name: str) -> str:
    return files("moodcurve.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Source expression of an inline element in a Content Security Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _data(curve: Curve) -> str:
    """Give the numbers that the player moves by, as JSON that is safe inside a script element."""
    path = smooth_path(curve)
    moods = [describe(float(a), float(v)) for a, v in path]
    kinds = list(dict.fromkeys(moods))
    index = {mood: i for i, mood in enumerate(kinds)}
    data = {
        "length_s": round(length_s(curve), 3),
        "times_s": np.round(curve.times_s, 3).tolist(),
        "arousal": _rounded(curve.arousal),
        "valence": _rounded(curve.valence),
        "path_arousal": _rounded(path[:, 0]),
        "path_valence": _rounded(path[:, 1]),
        "moods": kinds,
        "mood_at": [index[mood] for mood in moods],
        "rim_at": _nearest_rim_words(path),
        "radius": drawing.RADIUS,
        "top": reach(curve),
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _nearest_rim_words(path: FloatArray) -> list[int]:
    """Index of the rim word nearest to each point, −1 where the point is neutral."""
    rim = np.array([place(word) for word in RIM_WORDS])
    nearest = np.argmax(path @ rim.T, axis=1)
    indices: list[int] = np.where(np.hypot(*path.T) < NEUTRAL_RADIUS, -1, nearest).tolist()
    return indices


def _rounded(values: FloatArray) -> list[float]:
    rounded: list[float] = (np.round(values, 3) + 0.0).tolist()
    return rounded


def _warnings(warnings: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f'<ul class="warnings" role="note" aria-label="Warnings">{items}</ul>' if items else ""


def _course_label(curve: Curve) -> str:
    ranges = (
        f"{axis} between {signed(float(values.min()))} and {signed(float(values.max()))}"
        for axis, values in (("arousal", curve.arousal), ("valence", curve.valence))
    )
    return f"Course over {clock(curve.duration_s)} minutes: {', '.join(ranges)}. A table of it follows below."


def _summary_rows(curve: Curve, summary: Summary) -> str:
    rows = ""
    for row, (axis, mean, values) in enumerate(
        (("arousal", summary.arousal, curve.arousal), ("valence", summary.valence, curve.valence))
    ):
        ends = "" if curve.song_interval is None else _ends(*curve.song_interval[row])
        cells = f"<td>{signed(mean)}{ends}</td>"
        for at in (int(values.argmin()), int(values.argmax())):
            moment = clock(float(curve.times_s[at]))
            cells += f'<td>{signed(float(values[at]))} <span class="at">at {moment}</span></td>'
        rows += f'<tr><th scope="row" class="{axis}">{axis}</th>{cells}</tr>'
    return rows


def _ends(low: float, high: float) -> str:
    return f' <span class="at ends">{signed(low)} to {signed(high)}</span>'


def _chances(curve: Curve) -> str:
    if curve.song_probabilities is None:
        return ""
    chances = dict(zip(QUADRANTS, curve.song_probabilities.tolist(), strict=True))
    return f'<h3>How likely the song belongs to each quadrant</h3><ul class="shares">{_shares(chances)}</ul>'


def _rating(curve: Curve) -> str:
    if curve.rating is None or curve.rating_interval is None:
        return ""
    words = in_words(curve.rating, curve.rating_interval)
    return f"<h3>Expected rating as a whole, from 1 to 9</h3><p>{words}; in brackets the 90 % interval</p>"


def _shares(shares: Mapping[str, float]) -> str:
    rail = '<rect class="rail" width="100%" height="100%"/>'
    return "".join(
        f"<li><span>{name}</span><span>{share:.0%}</span>"
        f'<svg aria-hidden="true">{rail}<rect class="share" width="{share:.1%}" height="100%"/></svg></li>'
        for name, share in shares.items()
    )


def _means(shown: Curve) -> str:
    step_s = float(shown.times_s[1] - shown.times_s[0])
    return f"Since the recording is long, each point drawn here is a mean over {step_s:g} s. "


def _course_rows(curve: Curve) -> str:
    """Means over equal spans of time, as rows of a table: the drawing for those who cannot see it."""
    starts = np.array(time_ticks(length_s(curve), TABLE_ROWS))
    span = np.searchsorted(starts, curve.times_s, side="right") - 1
    rows = ""
    for i, start in enumerate(starts):
        inside = span == i
        if inside.any():
            arousal, valence = float(curve.arousal[inside].mean()), float(curve.valence[inside].mean())
            cells = (signed(arousal), signed(valence), describe(arousal, valence))
            rows += f'<tr><th scope="row">{clock(float(start))}</th>'
            rows += "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return rows
