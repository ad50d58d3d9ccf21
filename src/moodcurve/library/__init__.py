"""A music library in one SQLite file: analyzed songs, the files that hold them, and searches."""

from moodcurve.audio.tags import Tags
from moodcurve.library.database import Library
from moodcurve.library.errors import LibraryError
from moodcurve.library.models import (
    Analysis,
    Change,
    DropOrphans,
    FileFound,
    FileNamed,
    FileRemoved,
    KnownFile,
    Problem,
    ProblemFound,
    SongAnalyzed,
    StoredSong,
)
from moodcurve.library.opening import open_library

__all__ = [
    "Analysis", "Change", "DropOrphans", "FileFound", "FileNamed", "FileRemoved", "KnownFile", "Library",
    "LibraryError", "Problem", "ProblemFound", "SongAnalyzed", "StoredSong", "Tags", "open_library",
]  # fmt: skip
