"""Analyze one song of a batch: a song of the library, or the file of a URL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path, PurePath

from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.formats import json_text
from moodcurve.library import StoredSong
from moodcurve.runtime import Model
from moodcurve.util.text import utf8_text
from moodcurve.web.async_pool import AsyncPool
from moodcurve.web.batches.store import Source
from moodcurve.web.errors import ProblemError
from moodcurve.web.jobs import error_message
from moodcurve.web.outbound.client import OutboundClient
from moodcurve.web.outbound.downloads import download
from moodcurve.web.responses.audio import OpenFile
from moodcurve.web.settings import ServerLimits
from moodcurve.web.tasks import Upload
from moodcurve.web.temp_folder import WRITE_BYTES, store_file
from moodcurve.web.uploads import ReceivedFile, too_large


@dataclass(frozen=True, kw_only=True)
class SourceAnalyzer:
    """Analyzes songs of batches.

    Attributes
    ----------
    pool : AsyncPool
        Analyzes files.
    model : Model
        The model of `pool`: curves of the library that it made are not computed again.
    folder : Path
        Folder for temporary files.
    limits : ServerLimits
    client : OutboundClient
    load_song : callable
        Returns the song of an id.
    open_song : callable
        Opens the unchanged file of the song of an id. Both raise ProblemError if there is none.
    """

    pool: AsyncPool[Upload, Curve]
    model: Model
    folder: Path
    limits: ServerLimits
    client: OutboundClient
    load_song: Callable[[int], StoredSong]
    open_song: Callable[[int], OpenFile]

    async def analyze(self, source: Source, client: str) -> str:
        """Return the curve of a song as JSON, for a client.

        Raises
        ------
        ProblemError
            If there is no such song, or it cannot be downloaded or analyzed.
        """
        if source.url is not None:
            file = await download(source.url, self.client, self.folder, max_bytes=self.limits.upload_bytes)
            return await self._curve(file, client)
        assert source.song is not None  # nosec B101 # narrows the type for mypy
        stored = await asyncio.to_thread(self.load_song, source.song)
        name = utf8_text(PurePath(stored.shown).name)
        if (stored.curve.model, stored.curve.feature_set) == (self.model.name, self.model.feature_set.key):
            return json_text({**stored.data, "source": name})
        if "start_s" in stored.data:
            raise ProblemError(409, "the song is a part of a file, and its curve is of another model: scan it again")
        opened = await asyncio.to_thread(self.open_song, source.song)
        with opened.file:
            size = self.limits.upload_bytes
            path = await store_file(_chunks(opened.file), self.folder, max_bytes=size, too_large=too_large(size))
        return await self._curve(ReceivedFile(path, name), client)

    async def _curve(self, file: ReceivedFile, client: str) -> str:
        try:
            upload = Upload(str(file.path), file.name, 60 * self.limits.minutes)
            curve = await self.pool.run(upload, client=client)
        except (MoodcurveError, OSError) as error:
            raise ProblemError(422, error_message(error, file)) from error
        finally:
            file.path.unlink(missing_ok=True)
        return json_text(curve.to_dict())


async def _chunks(file: FileIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, WRITE_BYTES):
        yield chunk
