"""Collect notes on songs while their labels are combined with their sound."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from moodcurve.datasets.song import Song
from moodcurve.datasets.song_files import summarize_warnings
from moodcurve.datasets.song_ids import list_songs
from moodcurve.util.text import one_line


@dataclass
class SoundNotes:
    """Collect what to report once all songs are read."""

    sound: str
    unusable: list[str] = field(default_factory=list)
    no_file: list[str] = field(default_factory=list)
    unlabeled: list[str] = field(default_factory=list)
    without_label: list[str] = field(default_factory=list)
    unrated: list[str] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    only_quadrant: list[str] = field(default_factory=list)
    not_rated: list[str] = field(default_factory=list)
    without_artist: list[str] = field(default_factory=list)
    start_s: float = 0.0

    def collect(self, songs: Sequence[Song], start_s: float) -> None:
        """Add what only the finished songs show."""
        unrated = [song for song in songs if not song.is_rated]
        self.only_quadrant = [song.song_id for song in unrated if song.annotation.quadrant is not None]
        self.not_rated = [song.song_id for song in unrated if song.annotation.quadrant is None]
        self.without_artist = [song.song_id for song in songs if not song.artist]
        self.start_s = start_s

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind of note."""
        lines = list(self.unusable)
        if self.no_file:
            lines.append(f"{list_songs(self.no_file)} left out: labels without a sound file, {self.sound}.")
        if self.unlabeled:
            lines.append(f"{list_songs(self.unlabeled)} left out: a file without labels.")
        if self.without_label:
            lines.append(f"{list_songs(self.without_label)} left out: no label.")
        if self.unrated:
            lines.append(f"{list_songs(self.unrated)} left out: no feature row at a rated time.")
        if self.start_s:
            lines.append(
                f"The times of the ratings go beyond the sound, which is taken to start at {self.start_s:g} s, the "
                "first rated time."
            )
        if self.unmatched:
            count = sum(self.unmatched.values())
            lines.append(f"{count} labels of {list_songs(self.unmatched)} left out: no feature row at their times.")
        if self.whole:
            lines.append(f"{list_songs(self.whole)} rated as a whole: each row has the rating of its clip.")
        if self.only_quadrant:
            lines.append(
                f"{list_songs(self.only_quadrant)} with a quadrant only: `categories`, `evaluate` and the protocol "
                "`across` use it; all else that needs ratings leaves them out."
            )
        if self.not_rated:
            lines.append(
                f"{list_songs(self.not_rated)} with words or comparisons only: `evaluate` tests models on them, and "
                "nothing is trained on them."
            )
        lines += summarize_warnings(self.warnings)
        if self.without_artist:
            songs = list_songs(self.without_artist)
            lines.append(f"The artist of {songs} is unknown: each counts as a separate artist.")
        return tuple(map(one_line, lines))
