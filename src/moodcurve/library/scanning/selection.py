"""What a scan analyzes in each file: an audio track, and the file as a whole or split into parts."""

from dataclasses import dataclass

from moodcurve.audio.parts import Part, Split, find_parts
from moodcurve.audio.tags import Tags
from moodcurve.util.files import AnyPath


@dataclass(frozen=True)
class Selection:
    """What a scan asks for.

    Attributes
    ----------
    track : int or None
        Number of the audio track; None is the one that players play.
    split : Split or None
        By what files are split into parts.
    """

    track: int | None = None
    split: Split | None = None

    def __str__(self) -> str:
        """Return it as the library stores it; empty if nothing is asked for."""
        words = ([] if self.track is None else [f"track={self.track}"]) + (
            [] if self.split is None else [f"split={self.split}"]
        )
        return " ".join(words)

    @classmethod
    def parse(cls, text: str) -> "Selection":
        """Return the selection that the library stores as this text; what is unknown or malformed is left out.

        >>> Selection.parse("track=2 split=cue")
        Selection(track=2, split=<Split.cue: 'cue'>)
        """
        words = dict(word.split("=", 1) for word in text.split() if "=" in word)
        track, split = words.get("track", ""), words.get("split")
        return cls(
            track=int(track) if track.isdecimal() and 0 < int(track) < 10_000 else None,
            split=Split(split) if split in list(Split) else None,
        )

    def parts(self, path: AnyPath) -> tuple[Part, ...]:
        """Return the parts of a file; none if it is analyzed as a whole."""
        return () if self.split is None else find_parts(path, self.split)

    def hashes(self, content_hash: str, parts: tuple[Part, ...]) -> tuple[str, ...]:
        """Return the content hash of each song of a file: the file's, with the track and the part's times in ms."""
        of_track = content_hash if self.track is None else f"{content_hash}#track={self.track}"
        return tuple(f"{of_track}#{_ms(part.start_s)}-{_ms(part.end_s)}" for part in parts) or (of_track,)


NO_SELECTION = Selection()


def part_tags(part: Part, file: Tags) -> Tags:
    """Return the tags of a part: its own, else those of its file."""
    return Tags(
        artist=part.artist or file.artist,
        title=part.title or f"Track {part.number}",
        album=part.album or file.album or file.title,
        genre=file.genre,
        year=file.year,
        track=part.number,
    )


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else str(round(1000 * seconds))
