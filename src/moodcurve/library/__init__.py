"""A music library in one SQLite file: what was heard of each song, which files hold it, and questions to it."""

from moodcurve.audio.tags import Tags
from moodcurve.library.database import Library, LibraryError, open_library
from moodcurve.library.models import (
    Analysis,
    Change,
    DropOrphans,
    FileFound,
    FileRemoved,
    KnownFile,
    Problem,
    ProblemFound,
    SongAnalyzed,
    StoredSong,
)

__all__ = [
    "Analysis",
    "Change",
    "DropOrphans",
    "FileFound",
    "FileRemoved",
    "KnownFile",
    "Library",
    "LibraryError",
    "Problem",
    "ProblemFound",
    "SongAnalyzed",
    "StoredSong",
    "Tags",
    "open_library",
]  # fmt: skip
