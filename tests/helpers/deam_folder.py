"""Write a small folder of annotated songs in DEAM's format, with the errors of the published one."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from moodcurve.datasets.deam.labels import DYNAMIC, STATIC
from moodcurve.datasets.feature_csv import HEADER

LABEL_TIMES_S = np.arange(15, 25, 0.5)  # the real ones end at 45 s
IDS_2013, IDS_2014, IDS_2015 = range(1, 25), range(1001, 1025), range(2001, 2004)
WHOLE = 2
"""The 2013 song whose feature file is not cut to the clip."""


def start_s(song_id: int) -> int:
    """Start of the rated segment of a 2013 song: 0:20, 0:31, 0:42, ..."""
    return 20 + 11 * (song_id - 1)


def min_sec(seconds: int) -> str:
    """Write minutes.seconds as the spreadsheet did: 80 s is 1.2, 120 s is 2."""
    return f"{seconds // 60}.{seconds % 60:02d}".rstrip("0").removesuffix(".")


def frame_times(song_id: int) -> npt.NDArray[np.float64]:
    """Times of the rows of a song's feature file."""
    if song_id == WHOLE:
        return np.arange(0, 100, 0.5)
    if song_id in IDS_2013:
        return np.arange(start_s(song_id) - 1, start_s(song_id) + 26.5, 0.5)
    return np.arange(0, 24, 0.5) if song_id in IDS_2014 else np.arange(0, 50, 0.5)


def cell(song_id: int, time_s: float) -> float:
    """First feature of a row, which encodes song and time; the others are 0."""
    return song_id + time_s / 1000


def feature_lines(song_id: int, times_s: npt.NDArray[np.float64]) -> list[str]:
    zeros = ";0" * 259
    return [";".join(HEADER), *(f"{t:.6f};{cell(song_id, t):e}{zeros}" for t in times_s)]


def rating_times(song_id: int) -> npt.NDArray[np.float64]:
    return np.arange(15, 40, 0.5) if song_id in IDS_2015 else LABEL_TIMES_S


def level(song_id: int) -> tuple[float, float]:
    """Mean arousal and valence of a song, which are slightly correlated, as in DEAM."""
    rng = np.random.default_rng(song_id)
    arousal = rng.uniform(-0.7, 0.7)
    return float(arousal), float(0.5 * arousal + rng.uniform(-0.3, 0.3))


def curve(song_id: int, axis: int, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(level(song_id)[axis] + 0.1 * np.sin(times_s / 5 + axis), 5)


def write_ratings(path: Path, axis: int, ids: list[int], *, padded: bool = False) -> None:
    last = max(len(rating_times(song_id)) for song_id in ids)
    lines = [",".join(["song_id", *(f" sample_{15000 + 500 * i}ms" for i in range(last))])]
    for song_id in ids:
        cells = [f"{value:.5f}" for value in curve(song_id, axis, rating_times(song_id))]
        lines.append(",".join([str(song_id), *cells, *[""] * (last - len(cells) if padded else 0)]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def write_song_ratings(folder: Path) -> None:
    """Write 2013 with exchanged columns, as published, and 2015 with the additional columns of the published file."""
    folder.mkdir(parents=True)
    lines = ["song_id, valence_mean, valence_std, arousal_mean, arousal_std"]
    for song_id in [*IDS_2013, *IDS_2014]:
        arousal, valence = (5 + 4 * value for value in level(song_id))
        if song_id in IDS_2013:
            arousal, valence = valence, arousal
        lines.append(f"{song_id},{valence:.1f},0.94,{arousal:.1f},1.2")
    (folder / "static_annotations_averaged_songs_1_2000.csv").write_text("\n".join(lines) + "\n")
    lines = ["song_id, valence_mean, valence_std, valence_ max_mean, arousal_mean, arousal_std"]
    lines += [f"{song_id},4.5,1,5,6.5,1" for song_id in IDS_2015]
    (folder / "static_annotations_averaged_songs_2000_2058.csv").write_text("\n".join(lines) + "\n")


def write_metadata(folder: Path) -> None:
    folder.mkdir()
    artists = {1: "Ann", 2: "Ann-Song with ", 3: "Jay-Zed", 4: "Orchestra-Dvorak ", 5: "Orchestra-Handel "}
    titles = {2: " a dash"}
    infos = [
        '"song_id","file_name","Artist","Song title","start of the segment (min.sec)",'
        '"end of the segment (min.sec)","Genre","Mediaeval 2013 set"'
    ]
    songs = ["song_id,album,artist,title,Genre"]
    for i in IDS_2013:
        artist, title = artists.get(i, f"artist {i}"), titles.get(i, f"title {i}")
        start, end = min_sec(start_s(i)), min_sec(start_s(i) + 45)
        infos.append(f'{i},"\t{i}.mp3","{artist}\t","\t{title}\t","\t{start}\t","\t{end}\t","\tBlues\t","development"')
        songs.append(f'{i},"\t{i}.mp3","{artist}\t","\t{title}\t","\tBlues\t"')
    (folder / "songs_info.csv").write_text("\n".join(infos) + "\n")
    (folder / "metadata_2013.csv").write_text("\n".join(songs) + "\n")
    songs = ["song_id,artist,album,title,Genre,,,"]
    songs += [f'{i},"A, B &amp; C",n/a,title,Rock-Pop,melancholy,love to death,' for i in IDS_2014]
    (folder / "metadata_2014.csv").write_text("\n".join(songs) + "\n")
    songs = ["song_id,title,artist,album,Genre,,"]
    songs += [f"{i},title,n/a,album,jazz,chillout," for i in IDS_2015]
    (folder / "metadata_2015.csv").write_text("\n".join(songs) + "\n")


def write_deam(folder: Path) -> Path:
    ids = [*IDS_2013, *IDS_2014, *IDS_2015]
    (folder / "features").mkdir(parents=True)
    for song_id in ids:
        lines = feature_lines(song_id, frame_times(song_id))
        (folder / "features" / f"{song_id}.csv").write_text("\n".join(lines) + "\n")
    write_ratings(folder / DYNAMIC / "arousal.csv", 0, ids)
    write_ratings(folder / DYNAMIC / "valence.csv", 1, ids, padded=True)
    write_song_ratings(folder / STATIC)
    write_metadata(folder / "metadata")
    return folder
