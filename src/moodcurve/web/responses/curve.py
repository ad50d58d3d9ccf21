"""A curve as a client wants it: JSON, CSV, JAMS, or a picture."""

import secrets
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from moodcurve.audio.tags import NO_TAGS
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.formats import jams_text, json_text, to_csv
from moodcurve.library import Tags
from moodcurve.web.async_pool import Crew
from moodcurve.web.errors import ProblemError
from moodcurve.web.tasks import Drawing

MOST_DRAWN = 16
"""Pictures that may be waited for at once."""


class Format(StrEnum):
    """What a curve can be had as."""

    json = "json"
    csv = "csv"
    jams = "jams"
    png = "png"


MEDIA_TYPES = {
    Format.json: "application/json",
    Format.csv: "text/csv; charset=utf-8",
    Format.jams: "application/vnd.jams+json",
    Format.png: "image/png",
}


def curve_content() -> dict[str, Any]:
    """Give what the OpenAPI document says of a curve in other formats than JSON."""
    text, picture = {"type": "string"}, {"type": "string", "format": "binary"}
    return {
        "content": {
            MEDIA_TYPES[Format.csv].partition(";")[0]: {"schema": text},
            MEDIA_TYPES[Format.jams]: {"schema": {"type": "object"}},
            MEDIA_TYPES[Format.png]: {"schema": picture},
        }
    }


class Painter:
    """Draws curves in a process of its own, some at a time.

    Parameters
    ----------
    crew : Crew
    folder : Path
        The server's folder for files that come and go.
    """

    def __init__(self, crew: Crew[Drawing, bytes], folder: Path) -> None:
        self._crew = crew
        self._folder = folder
        self._waiting = 0

    async def draw(self, curve: Curve) -> bytes:
        """Give the picture of a curve as PNG.

        Raises
        ------
        ProblemError
            If too many are waited for, or it cannot be drawn.
        """
        if self._waiting >= MOST_DRAWN:
            raise ProblemError(
                429, "as many pictures as this server draws are waiting; try again", {"Retry-After": "2"}
            )
        path = self._folder / f"{secrets.token_hex(16)}.png"
        self._waiting += 1
        try:
            return await self._crew.do(Drawing(curve, str(path)))
        except (MoodcurveError, OSError) as error:
            raise ProblemError(503, "the picture could not be drawn; try again", {"Retry-After": "2"}) from error
        finally:
            self._waiting -= 1
            path.unlink(missing_ok=True)


async def curve_answer(
    format: Format, data: dict[str, Any], curve: Curve, painter: Painter, *, tags: Tags = NO_TAGS
) -> Response:
    """Give a curve in a format.

    Parameters
    ----------
    format : Format
    data : dict
        What `moodcurve.curve.Curve.to_dict` gives of the curve, with a name as its source that a client may see.
    curve : Curve
    painter : Painter
    tags : Tags
        Of its file, for JAMS.
    """
    body: str | bytes
    match format:
        case Format.json:
            body = json_text(data)
        case Format.csv:
            body = await run_in_threadpool(to_csv, curve)
        case Format.jams:
            body = await run_in_threadpool(jams_text, data, title=tags.title, artist=tags.artist, release=tags.album)
        case Format.png:
            body = await painter.draw(curve)
    headers = {}
    if format is not Format.json:
        stem = PurePath(data["source"]).stem or "curve"
        name = quote(f"{stem}.{format}", safe="")
        headers["Content-Disposition"] = f"attachment; filename=\"curve.{format}\"; filename*=UTF-8''{name}"
    return Response(body, headers=headers, media_type=MEDIA_TYPES[format])
