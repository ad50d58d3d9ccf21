"""Options about audio files: which files of folders, which audio track, and which parts of a file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from moodcurve.cli.parameters import Option, UsageError
from moodcurve.util.text import counted

if TYPE_CHECKING:
    from moodcurve.library.scanning.rules import Rules

MAX_TRACK = 1000
"""Largest number of an audio track, also in `moodcurve.web.routes.analyses`."""
TrackOption = Annotated[
    int | None,
    Option(
        "--track",
        metavar="N",
        min=1,
        max=MAX_TRACK,
        help="Audio track of files with several, from 1; by default the one that players play.",
    ),
]


class SplitBy(StrEnum):
    """A copy of `moodcurve.audio.parts.Split`."""

    cue = "cue"
    chapters = "chapters"


SplitOption = Annotated[
    SplitBy | None,
    Option(
        "--split",
        help="Analyze each track of files that hold several, as a song: by the cue sheet next to a file or in its "
        "tags, or by its chapters. Files without one are analyzed as a whole.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Options that say which files of folders to take."""

    exclude: Annotated[
        list[str] | None,
        Option(
            "--exclude",
            metavar="GLOB",
            help="Leave out what matches a pattern in the syntax of .gitignore, e.g. '*.wav', Podcasts/ or /Incoming; "
            "may be repeated. A file .moodcurveignore in a folder holds such patterns for it.",
        ),
    ] = None
    include_hidden: Annotated[
        bool, Option("--include-hidden", help="Also take files and folders whose names begin with a dot.")
    ] = False

    def rules(self) -> "Rules":
        """Return the rules of the walk.

        Raises
        ------
        UsageError
            If a pattern cannot be used.
        """
        from moodcurve.library.scanning.rules import PatternError, Rules

        try:
            return Rules(exclude=tuple(self.exclude or ()), include_hidden=self.include_hidden)
        except PatternError as error:
            raise UsageError(str(error), name="--exclude") from None


def left_out_text(*, hidden: int, system: int, excluded: int) -> str:
    """Return a line about what was left out of folders; empty if nothing was.

    >>> left_out_text(hidden=2, system=1, excluded=0)
    'left out: 2 hidden (--include-hidden takes them), 1 system folder (recycle bins, snapshots and the like)'
    """
    counts = (
        (hidden, f"{hidden:,} hidden (--include-hidden takes them)"),
        (system, f"{counted(system, 'system folder')} (recycle bins, snapshots and the like)"),
        (excluded, f"{excluded:,} excluded"),
    )
    parts = [words for number, words in counts if number]
    return f"left out: {', '.join(parts)}" if parts else ""
