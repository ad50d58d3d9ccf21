"""Read sets with classes instead of ratings: 4Q, EMOPIA and VGMIDI with quadrants, Emotify with emotion words."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from moodcurve.datasets.csv_tables import CsvRow, read_table
from moodcurve.datasets.published.labels import Files, PublishedLabels, rows_by_song
from moodcurve.datasets.song import DatasetError, SongMetadata
from moodcurve.datasets.song_files import song_key
from moodcurve.datasets.song_ids import list_songs, natural_key
from moodcurve.datasets.sound.labels import QUADRANT_NAMES, SoundLabels
from moodcurve.mood.circumplex import QUADRANTS

GEMS = (
    "amazement", "solemnity", "tenderness", "nostalgia", "calmness", "power", "joyful_activation", "tension", "sadness",
)  # fmt: skip
"""Emotify's nine words, of the Geneva Emotional Music Scale."""
EMOTIFY_SONGS = 100
"""Songs of each of Emotify's genres."""
_EMOPIA_NAME = re.compile(r"Q([1-4])_(.+)_\d+")


def read_four_quadrants(folder: Path, files: Files) -> PublishedLabels:
    """Read 4Q: clips with one of four quadrants, from mood tags that people checked.

    Panda, Malheiro & Paiva, "Novel audio features for music emotion recognition", IEEE Transactions on Affective
    Computing 11(4), 2020, doi:10.1109/TAFFC.2018.2820691; http://mir.dei.uc.pt/downloads.html (readme.txt of the
    archive: columns Song, Quadrant; Artist, Title and GenresStr in the metadata; clips in the folders Q1 to Q4).
    """
    table = read_table(folder / "panda_dataset_taffc_annotations.csv")
    column = table.column("quadrant")
    infos: dict[str, SongMetadata] = {}
    if (path := folder / "panda_dataset_taffc_metadata.csv").is_file():
        details = read_table(path)
        info = [details.optional_column(name) for name in ("artist", "title", "genresstr")]
        for name, row in rows_by_song(details, details.column("song")).items():
            artist, title, genre = (row.text(one) for one in info)
            infos[name] = SongMetadata(artist=artist, title=title, genre=genre)
    songs, elsewhere = [], []
    for name, row in rows_by_song(table, table.column("song")).items():
        label = row.cell(column).upper()
        if label not in QUADRANT_NAMES:
            raise table.error(row, f"Quadrant is {row.cell(column)!r}, expected one of {', '.join(QUADRANT_NAMES)}")
        homes = {path.parent.name.upper() for path in files.get(song_key(name), ())} & QUADRANT_NAMES.keys()
        elsewhere += [name] if homes - {label} else []
        metadata = infos.get(name, SongMetadata())
        songs.append(SoundLabels(song_id=name, metadata=metadata, quadrant=QUADRANT_NAMES[label]))
    notes = [f"The file of {list_songs(elsewhere)} lies in the folder of another quadrant."] if elsewhere else []
    return PublishedLabels(songs=tuple(songs), files=files, notes=tuple(notes))


def read_emopia(folder: Path, files: Files) -> PublishedLabels:
    """Read EMOPIA: piano clips as MIDI, with a quadrant each.

    Hung et al., "EMOPIA: a multi-modal pop piano dataset for emotion recognition and emotion-based music generation",
    ISMIR 2021, arXiv:2108.01374; doi:10.5281/zenodo.5257995 (``label.csv``: ID, 4Q, annotator; clips are named
    ``Q<quadrant>_<YouTube id>_<number>``). Clips of one recording count as one artist, so that they stay together in
    splits. The quadrant in a clip's name must be that of the table.
    """
    table = read_table(folder / "label.csv")
    column = table.column("4q")
    songs, other_name = [], []
    for name, row in rows_by_song(table, table.column("id")).items():
        label = int(table.number(row, column, low=1, high=4))
        match = _EMOPIA_NAME.fullmatch(name)
        recording = match[2] if match else name
        other_name += [name] if match and int(match[1]) != label else []
        metadata = SongMetadata(artist=f"recording {recording}", title=name)
        songs.append(SoundLabels(song_id=name, metadata=metadata, quadrant=QUADRANTS[label - 1]))
    notes = ["The clips of a recording count as one artist."]
    if other_name:
        notes.append(f"The name of {list_songs(other_name)} has another quadrant than the table, which is used.")
    return PublishedLabels(songs=tuple(songs), files=files, notes=tuple(notes))


def read_vgmidi(folder: Path, files: Files) -> PublishedLabels:
    """Read VGMIDI: phrases of piano arrangements of video-game music as MIDI, with the sign of arousal and valence.

    Ferreira & Whitehead, "Learning to generate music with sentiment", ISMIR 2019; https://github.com/lucasnfe/vgmidi
    (``vgmidi_labelled.csv``: id, series, console, game, piece, midi, valence, arousal; one row per phrase, with the
    signs 1 and -1, in an earlier release 1 and 0). A pair of signs is a quadrant. Phrases of a game count as of one
    artist.
    """
    table = read_table(folder / "vgmidi_labelled.csv")
    midi, axes = table.column("midi"), (table.column("arousal"), table.column("valence"))
    info = [table.optional_column(name) for name in ("series", "game", "piece")]
    rows: dict[str, tuple[CsvRow, bool, bool]] = {}
    conflicting = set()
    for row in table.rows:
        name = Path(row.cell(midi).replace("\\", "/")).stem
        signs = [table.number(row, column, low=-1, high=1) for column in axes]
        if not name or any(sign not in (-1, 0, 1) for sign in signs):
            raise table.error(row, "expected the name of a MIDI file, and arousal and valence of -1 (or 0) or 1")
        arousal, valence = (sign > 0 for sign in signs)
        if name in rows and rows[name][1:] != (arousal, valence):
            conflicting.add(name)
        rows[name] = row, arousal, valence
    if not rows:
        raise DatasetError(f"{table.path}: no phrases after the header line")
    songs = []
    for name, (row, arousal, valence) in rows.items():
        if name not in conflicting:
            series, game, piece = (row.text(column) for column in info)
            quadrant = QUADRANTS[(0 if valence else 1) if arousal else (3 if valence else 2)]
            metadata = SongMetadata(artist=game or series, title=piece, genre="video game")
            songs.append(SoundLabels(song_id=name, metadata=metadata, quadrant=quadrant))
    notes = ["Phrases of one game count as songs of one artist."]
    if conflicting:
        notes.append(f"{list_songs(conflicting)} left out: labeled twice, with different signs.")
    return PublishedLabels(songs=tuple(songs), files=files, notes=tuple(notes))


def read_emotify(folder: Path, files: Files) -> PublishedLabels:
    """Read Emotify: which of nine emotion words each listener chose for one-minute excerpts.

    Aljanaki, Wiering & Veltkamp, "Studying emotion induced by music through a crowdsourcing game", Information
    Processing & Management 52(1), 2016, doi:10.1016/j.ipm.2015.03.004;
    http://www2.projects.science.uu.nl/memotion/emotifydata/ (``data.csv``: one row per listener and song, "track id",
    genre, nine columns of 0 and 1). The labels are the shares of listeners who chose each word, which they felt.

    Tracks are numbered from 1 to 400 through the genres, and files from 1 to 100 in the folder of each genre; that the
    numbers run in the same order is how programs read the set, and not documented.
    """
    table = read_table(folder / "data.csv")
    track, genre = table.column("track id"), table.column("genre")
    columns = [table.column(word) for word in GEMS]
    votes: dict[str, list[Sequence[float]]] = defaultdict(list)
    genres: dict[str, str] = {}
    for row in table.rows:
        name = table.song_id(row, track)
        if not name.isdecimal() or int(name) < 1:
            raise table.error(row, f"track id is {name!r}, expected a whole number from 1")
        if genres.setdefault(name, row.text(genre).casefold()) != row.text(genre).casefold():
            raise table.error(row, f"song {name} has the genre {row.text(genre)!r}, and {genres[name]!r} before")
        votes[name].append([table.number(row, column, low=0, high=1) for column in columns])
    if not votes:
        raise DatasetError(f"{table.path}: no rows after the header line")
    songs = []
    keyed: dict[str, Sequence[Path]] = {}
    for name in sorted(votes, key=natural_key):
        found = files.get(f"{genres[name]}/{(int(name) - 1) % EMOTIFY_SONGS + 1}", ())
        if found:
            keyed[name] = found
        shares = _shares(votes[name])
        songs.append(SoundLabels(song_id=name, metadata=SongMetadata(genre=genres[name]), words=shares))
    return PublishedLabels(songs=tuple(songs), files=keyed)


def _shares(votes: Sequence[Sequence[float]]) -> Mapping[str, float]:
    return {word: sum(vote[i] for vote in votes) / len(votes) for i, word in enumerate(GEMS)}
