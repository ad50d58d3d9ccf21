"""The settings of a study: ``study.toml`` in its folder, and the songs that it is about."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moodcurve.annotate import StudyError
from moodcurve.datasets.raters.study_record import PASSES
from moodcurve.datasets.song_files import files_by_key
from moodcurve.datasets.song_ids import natural_key
from moodcurve.util.decoding import decode

STUDY_FILE = "study.toml"
KINDS = ("choice", "scale", "number", "text")
HEADPHONES = ("off", "record", "require")
CONSENT = """\
You will listen to pieces of music and rate, while you listen, how they feel to you. There are no right answers.

What is stored: your ratings with their times, your answers to the questions, and which kind of browser you use. Your \
name is not asked for. Everything is stored on the computer of the people who run this study, and sent nowhere else.

You may stop at any time, without giving a reason. Ask the people who invited you if you want your data deleted, and \
tell them the name at the end of this page."""
"""Default of `StudySettings.consent`."""
PLAYABLE = frozenset(["mp3", "flac", "ogg", "oga", "opus", "wav", "wave", "m4a", "m4b", "mp4", "aac", "weba", "webm"])
"""Extensions of files that browsers play."""
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to the raters.

    Attributes
    ----------
    id : str
        Name of the answer in tables.
    text : str
    kind : str
        ``choice`` (of `options`), ``scale`` (whole numbers from `low` to `high`, with `labels` at the ends), ``number``
        (from `low` to `high`) or ``text``.
    options, labels : tuple of str
    low, high : float
    required : bool
    """

    id: str
    text: str
    kind: str = "text"
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    low: float = 1
    high: float = 7
    required: bool = True

    def __post_init__(self) -> None:
        if not (0 < len(self.id) <= 100 and self.id.replace("_", "").replace("-", "").isalnum()):
            raise ValueError(f"id must be a name of letters, digits, - and _, got {self.id!r:.100}")
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r:.100}")
        if self.kind == "choice" and len(self.options) < 2:
            raise ValueError(f"question {self.id}: options must hold two or more texts")
        if self.kind == "scale" and not (self.low < self.high <= self.low + 20 and len(self.labels) in (0, 2)):
            raise ValueError(f"question {self.id}: a scale has low < high, at most 21 steps, and no or two labels")
        if self.low > self.high:
            raise ValueError(f"question {self.id}: low must not be above high")


BEFORE = (
    Question(
        id="listening",
        text="What do you listen with?",
        kind="choice",
        options=("Headphones", "Loudspeakers", "The speaker of a phone or laptop"),
    ),
    Question(
        id="training_years",
        text="For how many years have you played an instrument or sung, in total?",
        kind="number",
        low=0,
        high=100,
    ),
)
"""Default of `StudySettings.before`."""
AFTER = (Question(id="comments", text="Is there anything we should know about your ratings?", required=False),)
"""Default of `StudySettings.after`."""


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """Settings of a study, as in ``study.toml``.

    Attributes
    ----------
    title : str
        Heading of the raters' page.
    mode : str
        ``two-pass``: arousal while a song plays, then valence while it plays again; ``circumplex``: both at once.
    practice_s : float
        Length of the beginning of each song that is practice, and that labels leave out (seconds).
    whole_song : bool
        Ask for a rating of the whole song, on nine points, after it.
    songs_per_rater : int
        Number of songs that each rater gets; 0 for all.
    repeats : int
        Number of songs that each rater hears again at the end, to measure consistency.
    seed : int
        Seed of the raters' orders.
    training : bool
        Begin with an example, which is not stored as ratings of a song.
    training_song : str
        Id of the song of the example, which is then no song of the study; a composed piece if empty.
    headphones : str
        ``off``; ``record``: check headphones and store the result; ``require``: go on only if the check is passed.
    consent : str
        Text that raters agree to; paragraphs are separated by empty lines. Without one, nothing is asked.
    before, after : tuple of Question
        Questions before and after the songs.
    """

    title: str = "How does this music feel?"
    mode: str = "two-pass"
    practice_s: float = 15
    whole_song: bool = True
    songs_per_rater: int = 0
    repeats: int = 0
    seed: int = 0
    training: bool = True
    training_song: str = ""
    headphones: str = "record"
    consent: str = CONSENT
    before: tuple[Question, ...] = BEFORE
    after: tuple[Question, ...] = AFTER

    def __post_init__(self) -> None:
        if self.mode not in PASSES:
            raise ValueError(f"mode must be {' or '.join(PASSES)}, got {self.mode!r:.100}")
        if self.headphones not in HEADPHONES:
            raise ValueError(f"headphones must be one of {', '.join(HEADPHONES)}, got {self.headphones!r:.100}")
        if not 0 <= self.practice_s <= 600:
            raise ValueError(f"practice_s must be from 0 to 600, got {self.practice_s:g}")
        for name in ("songs_per_rater", "repeats"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        if len(self.consent) > _LONGEST_TEXT:
            raise ValueError(f"consent has {len(self.consent)} characters, at most {_LONGEST_TEXT} fit")
        for part in ("before", "after"):
            ids = [question.id for question in getattr(self, part)]
            if len(ids) != len(set(ids)):
                raise ValueError(f"{part}: two questions have the same id")


def read_study_file(folder: Path) -> StudySettings:
    """Read ``study.toml``; without the file, all settings have their defaults.

    Raises
    ------
    StudyError
        If the folder is missing, or the file cannot be read, has an unknown key or an invalid value.
    """
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "not found"
        raise StudyError(f"{folder}: {problem}; give a folder that holds songs in audio/")
    path = folder / STUDY_FILE
    if not path.exists():
        return StudySettings()
    try:
        return decode(StudySettings, tomllib.loads(path.read_text(encoding="utf-8")), where=str(path))
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{path}: not TOML ({error})") from error
    except ValueError as error:
        raise StudyError(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class StudySongs:
    """The songs of a study.

    Attributes
    ----------
    files : dict of str to Path
        Audio file of each song by its id, in the natural order of the ids.
    example : Path or None
        Audio file of the training example; None if there is none, or if it is composed.
    notes : tuple of str
        Files that are left out, one sentence each.
    """

    files: dict[str, Path]
    example: Path | None
    notes: tuple[str, ...]


def find_songs(folder: Path, study: StudySettings) -> StudySongs:
    """Find the songs of a study: the files of its folder ``audio`` that browsers play.

    Raises
    ------
    StudyError
        If there is none, or the song of the example is missing.
    """
    files, notes = {}, []
    for song_id, found in files_by_key(folder / "audio").items():
        playable = [path for path in found if path.suffix[1:].lower() in PLAYABLE]
        if len(playable) == 1:
            files[song_id] = playable[0]
        else:
            notes.append(_left_out(song_id, found, playable))
    example = None
    if study.training and study.training_song:
        if study.training_song not in files:
            raise StudyError(f"{folder / STUDY_FILE}: training_song: no audio/{study.training_song}.*")
        example = files.pop(study.training_song)
    if not files:
        raise StudyError(
            f"{folder / 'audio'}: no songs; expected audio files that browsers play, such as <song_id>.mp3 or .flac"
        )
    in_order = sorted(files, key=natural_key)
    return StudySongs(files={song_id: files[song_id] for song_id in in_order}, example=example, notes=tuple(notes))


def _left_out(song_id: str, found: Sequence[Path], playable: Sequence[Path]) -> str:
    if playable:
        return f"song {song_id} left out: audio/ has {', '.join(path.name for path in found)}, expected one file."
    return f"{found[0].name} left out: browsers do not play such files; convert it to FLAC."
