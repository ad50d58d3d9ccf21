"""A song as a row of a search, and as JSON."""

from typing import Any, NamedTuple

from moodcurve.library.measured import SOUND_COLUMNS
from moodcurve.library.schema import WORD_SEPARATOR
from moodcurve.mood.circumplex import QUADRANTS
from moodcurve.mood.course import COURSE_COLUMNS
from moodcurve.mood.tags import parse_tags

SONG_FORMAT = "moodcurve-song/1"
"""Name and version of a song's JSON: keys are only added to it."""


class FoundSong(NamedTuple):
    """A song as a row of the view ``songs``; None where a value is unknown.

    Attributes
    ----------
    id : int
        Its id in the library, see `Library.song`.
    external_id : str or None
        Id of its file in the user's catalogue.
    path : str
        Path of the file added first, of those with an external id if there are any; characters that UTF-8 cannot hold
        are replaced. `Library.song` returns the exact path.
    title, artist, album, genre, year, track
        Its tags.
    start_s : float or None
        Where it begins in its file, if that holds several songs.
    duration_s, arousal, valence, arousal_low, arousal_high, valence_low, valence_high, arousal_9, valence_9 : float
        Duration, and the numbers of the key ``song`` of the curve's JSON.
    energy_01, valence_01 : float
        Mean arousal and valence mapped from [-1, 1] to [0, 1]: (x + 1) / 2.
    rated_arousal, rated_valence, with _low and _high : float
        Its ``rating``.
    quadrant : str
    words : str
        Mood words, the nearest first, separated by ``", "``.
    p_excited_positive, p_tense_negative, p_sad_negative, p_calm_positive : float
        Probability of each quadrant.
    mood : str
        The most probable of the finer classes, `moodcurve.mood.classes.MOODS`.
    tags : str
        Its strongest tags with their strengths, for example ``"acoustic 0.61, folk 0.44"``, see `moodcurve.mood.tags`.
        Empty if no tag is strong; None if the model reads no tags.
    arousal_start, arousal_end, arousal_min, arousal_max, arousal_range, arousal_rise, arousal_fall : float
        Course of arousal, and the same of valence, see `moodcurve.mood.course.measure_course`.
    peak_s, peak_at, volatility : float
        When arousal is highest, in seconds and as a share of the song, and how much the song moves.
    time_excited_positive, time_tense_negative, time_sad_negative, time_calm_positive : float
        Share of the song in each quadrant.
    loudness_lufs, tempo_bpm, danceability : float
    key, camelot : str
        Measures of its sound, see `moodcurve.features.song`; None if it was analyzed without them.
    novelty : float
    model, feature_set, analysed_at : str
        What analyzed it, and when (UTC).
    model_version : str or None
        What tells models of one name apart, see `moodcurve.runtime.Model.version`.
    warnings : str
        One per line.
    content : str
        Hash of its audio content.
    copies : int
        Number of files that hold it.
    distance : float or None
        Distance from the `near` of the query, or from its drawn course.
    """

    id: int
    external_id: str | None
    path: str
    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    year: int | None
    track: int | None
    duration_s: float
    start_s: float | None
    arousal: float
    valence: float
    arousal_low: float | None
    arousal_high: float | None
    valence_low: float | None
    valence_high: float | None
    arousal_9: float | None
    valence_9: float | None
    energy_01: float
    valence_01: float
    rated_arousal: float | None
    rated_arousal_low: float | None
    rated_arousal_high: float | None
    rated_valence: float | None
    rated_valence_low: float | None
    rated_valence_high: float | None
    quadrant: str
    words: str
    p_excited_positive: float | None
    p_tense_negative: float | None
    p_sad_negative: float | None
    p_calm_positive: float | None
    mood: str | None
    tags: str | None
    arousal_start: float | None
    arousal_end: float | None
    arousal_min: float | None
    arousal_max: float | None
    arousal_range: float | None
    arousal_rise: float | None
    arousal_fall: float | None
    valence_start: float | None
    valence_end: float | None
    valence_min: float | None
    valence_max: float | None
    valence_range: float | None
    valence_rise: float | None
    valence_fall: float | None
    peak_s: float | None
    peak_at: float | None
    volatility: float | None
    time_excited_positive: float | None
    time_tense_negative: float | None
    time_sad_negative: float | None
    time_calm_positive: float | None
    loudness_lufs: float | None
    tempo_bpm: float | None
    key: str | None
    camelot: str | None
    danceability: float | None
    novelty: float | None
    model: str
    model_version: str | None
    feature_set: str
    analysed_at: str
    warnings: str
    content: str
    copies: int
    distance: float | None = None


COLUMNS = FoundSong._fields[:-1]
"""Columns of a song as a row, those of the view ``songs``."""


def song_json(song: FoundSong) -> dict[str, Any]:
    """Return a song as JSON data: words and warnings as lists, groups of columns as objects or None."""
    data: dict[str, Any] = {"format": SONG_FORMAT, **dict(zip(COLUMNS, song, strict=False))}  # without the distance
    probabilities = {name: data.pop(f"p_{name.replace('-', '_')}") for name in QUADRANTS}
    rating = {name.removeprefix("rated_"): data.pop(name) for name in COLUMNS if name.startswith("rated_")}
    course = {name: data.pop(name) for name in COURSE_COLUMNS}
    sound = {name: data.pop(name) for name in SOUND_COLUMNS}
    data["words"] = song.words.split(WORD_SEPARATOR)
    data["warnings"] = song.warnings.splitlines()
    data["probabilities"] = None if None in probabilities.values() else probabilities
    data["tags"] = None if song.tags is None else parse_tags(song.tags)
    data["rating"] = None if None in rating.values() else rating
    data["course"] = None if None in course.values() else course
    data["sound"] = sound if any(value is not None for value in sound.values()) else None
    return data if song.distance is None else {**data, "distance": song.distance}
