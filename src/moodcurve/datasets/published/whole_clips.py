"""Read sets with one rating for each clip: MUSIFEAST-17, and MuSe's songs with ratings computed from tags."""

from pathlib import Path

from moodcurve.datasets.csv_tables import read_table
from moodcurve.datasets.published.labels import Files, PublishedLabels, Scale, rows_by_song
from moodcurve.datasets.song import DatasetError, SongMetadata
from moodcurve.datasets.song_files import song_key
from moodcurve.datasets.song_ids import natural_key
from moodcurve.datasets.sound.labels import SoundLabels
from moodcurve.mood.scale import from_nine_points

MUSIFEAST_TABLES = ("data/MUSIFEAST17_all.csv", "M17_normative_data_tables/MUSIFEAST17_all.csv")
"""Where releases of MUSIFEAST-17 have the ratings of all participants."""


def read_musifeast(folder: Path, files: Files) -> PublishedLabels:
    """Read MUSIFEAST-17: means of listeners' ratings of 30 s clips, from 1 to 5.

    van der Walle et al., Behavior Research Methods 57, 2025, doi:10.3758/s13428-025-02724-0;
    https://github.com/HazelvdW/MUSIFEAST-17 (README, and the table itself: columns CLIP_NAME, GENRE, TRACK_TITLE,
    ARTIST, arousal_M, valence_M). The file of all participants is read, not those of groups of them.
    """
    scale = Scale(low=1, high=5)
    table = read_table(next(path for name in MUSIFEAST_TABLES if (path := folder / name).is_file()))
    axes = table.column("arousal_m"), table.column("valence_m")
    info = [table.optional_column(name) for name in ("artist", "track_title", "genre")]
    songs = []
    for name, row in rows_by_song(table, table.column("clip_name")).items():
        artist, title, genre = (row.text(column) for column in info)
        a, v = (scale.convert(table.number(row, column, low=scale.low, high=scale.high)) for column in axes)
        metadata = SongMetadata(artist="" if artist == "NA" else artist, title=title, genre=genre, arousal=a, valence=v)
        songs.append(SoundLabels(song_id=name, metadata=metadata))
    return PublishedLabels(songs=tuple(songs), files=files)


def read_muse(folder: Path, files: Files) -> PublishedLabels:
    """Read a table of MuSe's kind: arousal and valence of songs, computed from their tags on Last.fm.

    Akiki & Burghardt, "MuSe: the musical sentiment dataset", Journal of Open Humanities Data 7, 2021,
    doi:10.5334/johd.33 (columns track, artist, genre, valence_tags, arousal_tags, spotify_id, mbid). The values are
    means of the ratings of words (Warriner et al. 2013), from 1 to 9. Nobody rated the songs themselves.

    The set has no sound: only songs with a file named by their ``spotify_id``, or else by their ``mbid``, are read. Of
    several rows for one song, the first is. Values outside the scale are left out, with a note.
    """
    table = read_table(min(folder.glob("muse*.csv"), key=lambda path: natural_key(path.name)))
    axes = table.column("arousal_tags"), table.column("valence_tags")
    ids = [table.optional_column(name) for name in ("spotify_id", "mbid")]
    if ids == [None, None]:
        raise DatasetError(
            f"{table.path}, line 1: expected a column 'spotify_id' or 'mbid', which name the sound files"
        )
    info = [table.optional_column(name) for name in ("artist", "track", "genre")]
    songs: dict[str, SoundLabels] = {}
    unscaled = without_sound = 0
    for row in table.rows:
        column = next((one for one in ids if one is not None and song_key(row.cell(one)) in files), None)
        if column is None:
            without_sound += 1
            continue
        name = table.song_id(row, column)
        try:
            a, v = (from_nine_points(table.number(row, axis, low=1, high=9)) for axis in axes)
        except DatasetError:
            unscaled += 1
            continue
        artist, title, genre = (row.text(one) for one in info)
        metadata = SongMetadata(artist=artist, title=title, genre=genre, arousal=a, valence=v)
        songs.setdefault(name, SoundLabels(song_id=name, metadata=metadata))
    notes = ["Arousal and valence are computed from words that listeners tagged the songs with, not rated."]
    if without_sound:
        notes.append(f"{without_sound} rows have no sound file.")
    if unscaled:
        notes.append(f"{unscaled} rows with a sound file have no value from 1 to 9 on both axes, and are left out.")
    return PublishedLabels(songs=tuple(songs.values()), files=files, notes=tuple(notes))
