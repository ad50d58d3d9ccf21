"""Read the files of a library whole, as the rows of tables hold them."""

import os
from collections.abc import Iterator, Sequence

import numpy as np

from moodcurve.audio.tags import Tags
from moodcurve.library.database import Library, split_names
from moodcurve.library.errors import translate_errors
from moodcurve.library.models import Analysis
from moodcurve.library.song_rows import ScannedFile
from moodcurve.library.text import TEXT_TAGS

_TAGS = (*TEXT_TAGS, "year", "track")
_COLUMNS = (
    "path", "external_id", "content", "content_version", "size", "mtime_ns", "start_s", "length_s", "problem",
    "tagged_duration_s", "names", "selection", *_TAGS,
)  # fmt: skip


def files_of_songs(library: Library, ids: Sequence[int]) -> Iterator[ScannedFile]:
    """Yield all files of the songs with these ids, in their order; raises LibraryError."""
    for number in ids:
        stored = library.song(number)
        if stored is None:  # another process removed it
            continue
        with translate_errors(library.path):
            version, vector = library.db.execute(
                "SELECT model_version, vector FROM song LEFT JOIN descriptors ON song = id WHERE id = ?",
                (number,),
            ).fetchone()
        descriptors = np.frombuffer(vector or b"", "<f4").astype(np.float32)
        analysis = Analysis(curve=stored.curve, descriptors=descriptors, model_version=version, stored=stored.data)
        yield from _files(library, "song = ? ORDER BY id", number, analysis, stored.analysed_at)


def unusable_files(library: Library) -> Iterator[ScannedFile]:
    """Yield the files of a library that could not be used, sorted by path; raises LibraryError."""
    yield from _files(library, "problem IS NOT NULL AND ? ORDER BY path", 1, None, "")


def _files(
    library: Library, condition: str, value: int, analysis: Analysis | None, analysed_at: str
) -> Iterator[ScannedFile]:
    with translate_errors(library.path):
        rows = library.db.execute(f"SELECT {', '.join(_COLUMNS)} FROM file WHERE {condition}", (value,)).fetchall()  # nosec B608 # constants
    for row in rows:
        found = dict(zip(_COLUMNS, row, strict=True))
        tags = Tags(**{name: found.pop(name) for name in _TAGS}, duration_s=found.pop("tagged_duration_s"))
        start_s = found.pop("start_s")
        yield ScannedFile(
            path=os.fsdecode(found.pop("path")),
            content_hash=found.pop("content"),
            start_s=None if found["length_s"] is None else start_s,
            tags=tags,
            analysis=analysis,
            analysed_at=analysed_at,
            moodcurve_version=None,
            names=split_names(found.pop("names")),
            **found,
        )
