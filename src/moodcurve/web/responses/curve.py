"""A curve as a response in a chosen format: JSON, CSV, JAMS or PNG."""

import secrets
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.formats import jams_text, json_text, to_csv
from moodcurve.util.files import short_stem
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.errors import ProblemError
from moodcurve.web.fair_share import FairShare
from moodcurve.web.tasks import PlotTask
from moodcurve.web.temp_folder import ensure_private

MAX_PENDING_PLOTS = 16
"""Maximum number of plots that are waiting or being made; clients share it."""


class CurveFormat(StrEnum):
    """File format of a curve."""

    json = "json"
    csv = "csv"
    jams = "jams"
    png = "png"


MEDIA_TYPES = {
    CurveFormat.json: "application/json",
    CurveFormat.csv: "text/csv; charset=utf-8",
    CurveFormat.jams: "application/vnd.jams+json",
    CurveFormat.png: "image/png",
}


def curve_content() -> dict[str, Any]:
    """Return the OpenAPI description of curves in formats other than JSON."""
    text, binary = {"type": "string"}, {"type": "string", "format": "binary"}
    return {
        "content": {
            MEDIA_TYPES[CurveFormat.csv].partition(";")[0]: {"schema": text},
            MEDIA_TYPES[CurveFormat.jams]: {"schema": {"type": "object"}},
            MEDIA_TYPES[CurveFormat.png]: {"schema": binary},
        }
    }


class PlotRenderer:
    """Plots curves in a worker process.

    Parameters
    ----------
    pool : AsyncPool
    folder : Path
        Folder for temporary files.
    """

    def __init__(self, pool: AsyncPool[PlotTask, bytes], folder: Path) -> None:
        self._pool = pool
        self._folder = folder
        self._places = FairShare(MAX_PENDING_PLOTS)

    async def render(self, curve: Curve, client: str) -> bytes:
        """Return the plot of a curve as PNG, for a client.

        Raises
        ------
        ProblemError
            If too many plots are pending, or plotting fails.
        """
        path = self._folder / f"{secrets.token_hex(16)}.png"
        with self._places.hold(client, reason="too many plots are pending", wait_s=2):
            try:
                ensure_private(self._folder)
                return await self._pool.run(PlotTask(curve, str(path)), client=client)
            except (MoodcurveError, OSError) as error:
                raise ProblemError(503, "cannot plot the curve; try again", {"Retry-After": "2"}) from error
            finally:
                path.unlink(missing_ok=True)


async def curve_response(
    format: CurveFormat, data: dict[str, Any], curve: Curve, plots: PlotRenderer, client: str, *, tags: Tags = NO_TAGS
) -> Response:
    """Return a response with a curve in a format.

    Parameters
    ----------
    format : CurveFormat
    data : dict
        Result of `moodcurve.curve.Curve.to_dict`, with a file name instead of a path as its source.
    curve : Curve
    plots : PlotRenderer
    client : str
        The client that asked, see `moodcurve.web.rate_limit.client_name`.
    tags : Tags
        Tags of the file, for JAMS.
    """
    body: str | bytes
    match format:
        case CurveFormat.json:
            body = json_text(data)
        case CurveFormat.csv:
            body = await run_in_threadpool(to_csv, curve)
        case CurveFormat.jams:
            body = await run_in_threadpool(jams_text, data, title=tags.title, artist=tags.artist, release=tags.album)
        case CurveFormat.png:
            body = await plots.render(curve, client)
    headers = {}
    if format is not CurveFormat.json:
        stem = short_stem(PurePath(data["source"]).stem) or "curve"
        name = quote(f"{stem}.{format}", safe="")
        headers["Content-Disposition"] = f"attachment; filename=\"curve.{format}\"; filename*=UTF-8''{name}"
    return Response(body, headers=headers, media_type=MEDIA_TYPES[format])
