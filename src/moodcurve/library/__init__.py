"""A music library in one SQLite file: what was heard of each song, which files hold it, and questions to it."""

from moodcurve.audio.tags import Tags
from moodcurve.library.records import (
    Change,
    DropOrphans,
    FileGone,
    FileSeen,
    Heard,
    KnownFile,
    Problem,
    ProblemMet,
    SongHeard,
    StoredSong,
)
from moodcurve.library.store import Library, LibraryError, open_library

__all__ = [
    "Change", "DropOrphans", "FileGone", "FileSeen", "Heard", "KnownFile", "Library", "LibraryError", "Problem",
    "ProblemMet", "SongHeard", "StoredSong", "Tags", "open_library",
]  # fmt: skip
