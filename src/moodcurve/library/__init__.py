"""A music library in one SQLite file: what was heard of each song, which files hold it, and questions to it."""

from moodcurve.audio.tags import Tags
from moodcurve.library.database import Library, LibraryError, open_library
from moodcurve.library.models import (
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

__all__ = [
    "Change", "DropOrphans", "FileGone", "FileSeen", "Heard", "KnownFile", "Library", "LibraryError", "Problem",
    "ProblemMet", "SongHeard", "StoredSong", "Tags", "open_library",
]  # fmt: skip
