"""Write miniature copies of published sets: their layouts, with made labels and a tone for each song."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from moodcurve.datasets.published.categories import GEMS

SR = 8_000
SONGS = 24
"""Enough for the checks of exchanged axes and scales."""


def write_tone(path: Path, seconds: float = 3.0, seed: int = 0) -> None:
    """Write a tone in noise, whose pitch and level depend on the seed."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * SR)) / SR
    x = rng.uniform(0.05, 0.5) * np.sin(2 * np.pi * rng.uniform(100, 2000) * t) + rng.normal(0, 0.02, len(t))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, x, SR)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def level(song: int) -> tuple[float, float]:
    """Arousal and valence of a song on [-1, 1], slightly correlated."""
    rng = np.random.default_rng(song)
    arousal = rng.uniform(-0.7, 0.7)
    return float(arousal), float(np.clip(0.4 * arousal + rng.uniform(-0.5, 0.5), -0.8, 0.8))


def quadrant(song: int) -> int:
    """Number of the quadrant of a song's level, from 1."""
    arousal, valence = level(song)
    return (1 if valence >= 0 else 2) if arousal >= 0 else (4 if valence >= 0 else 3)


def write_pmemo(home: Path, *, songs: int = SONGS, seconds: float = 20.0, exchanged: bool = False) -> Path:
    """Ratings on [0, 1] from 15 s on; with `exchanged`, those of clips are in each other's column."""
    dynamic, static = ["musicId,frameTime,Arousal(mean),Valence(mean)"], ["musicId,Arousal(mean),Valence(mean)"]
    infos = ["musicId,fileName,title,artist,album,duration,chorus_start_time,chorus_end_time"]
    for song in range(1, songs + 1):
        a, v = (0.5 + value / 2 for value in level(song))
        dynamic += [f"{song},{t:.1f},{a + 0.01 * i:.4f},{v:.4f}" for i, t in enumerate((15.0, 15.5, 16.0))]
        static.append(f"{song},{v:.4f},{a:.4f}" if exchanged else f"{song},{a:.4f},{v:.4f}")
        infos.append(f"{song},{song}.mp3,title {song},artist {song},album,20,00:00,00:20")
        write_tone(home / "chorus" / f"{song}.wav", seconds, song)
    write_lines(home / "annotations" / "dynamic_annotations.csv", dynamic)
    write_lines(home / "annotations" / "static_annotations.csv", static)
    write_lines(home / "metadata.csv", infos)
    (home / "features").mkdir()
    return home


def write_emomusic(home: Path, *, songs: int = SONGS, exchanged: bool = False) -> Path:
    header = ",".join(["song_id", *(f"sample_{t}ms" for t in range(15_000, 16_501, 500))])
    axes, static = ([header], [header]), ["song_id,mean_arousal,std_arousal,mean_valence,std_valence"]
    infos = [
        '"song_id","file_name","Artist","Song title","start of the segment (min.sec)",'
        '"end of the segment (min.sec)","Genre","Mediaeval 2013 set"'
    ]
    for song in range(2, songs + 2):
        for lines, value in zip(axes, level(song), strict=True):
            lines.append(",".join([str(song), *(f"{value + 0.01 * i:.4f}" for i in range(4))]))
        a, v = (5 + 4 * value for value in level(song))
        static.append(f"{song},{v},1.0,{a},1.0" if exchanged else f"{song},{a},1.0,{v},1.0")
        infos.append(f'{song},"\t{song}.mp3","artist {song}","title {song}","0.3","1.15","Rock","development"')
        write_tone(home / "clips_45seconds" / f"{song}.wav", 17.0, song)
    for axis, lines in zip(("arousal", "valence"), axes, strict=True):
        write_lines(home / "annotations" / f"{axis}_cont_average.csv", lines)
    write_lines(home / "annotations" / "static_annotations.csv", static)
    write_lines(home / "annotations" / "songs_info.csv", infos)
    return home


def write_parquet(path: Path, rows: Sequence[tuple[str, list[float], list[float]]]) -> None:
    """Write MERP's columns: song, arousal and valence."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("song_id", "arousal", "valence")
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)}), path)


def write_merp(home: Path) -> Path:
    """Two songs by three listeners, whose series have different lengths, and one of DEAM's."""
    rows = [
        (song, [0.1 * listener] * (30 + listener), [-0.2] * (30 + listener))
        for song in ("00_145", "01_7", "deam_115")
        for listener in range(3)
    ]
    write_parquet(home / "annotations_filtered.parquet", rows)
    for i, song in enumerate(("00_145", "01_7", "deam_115")):
        write_tone(home / "audio" / f"{song}.wav", 4.0, i)
    return home


def write_musifeast(home: Path, *, songs: int = SONGS, seconds: float = 3.0) -> Path:
    lines = ['"","CLIP_NAME","GENRE","TRACK_TITLE","ARTIST","valence_M","valence_SD","arousal_M","arousal_SD"']
    for song in range(1, songs + 1):
        a, v = (3 + 2 * value for value in level(song))
        lines.append(f'"{song}","Jazz_HIGH_{song:02d}","Jazz","title {song}","artist {song}",{v},0.9,{a},0.8')
        write_tone(home / "stimuli" / f"Jazz_HIGH_{song:02d}.wav", seconds, song)
    write_lines(home / "data" / "MUSIFEAST17_all.csv", lines)
    return home


def write_muse(home: Path) -> Path:
    """Songs with a Spotify id, with a MusicBrainz id, without sound, and with a value outside the scale."""
    write_lines(
        home / "muse_v3.csv",
        [
            "lastfm_url,track,artist,seeds,number_of_emotion_tags,valence_tags,arousal_tags,dominance_tags,mbid,"
            "spotify_id,genre",
            "u,One,Ann,['calm'],3,7.0,3.0,5.0,m-1,s-1,rock",
            "u,Two,Bob,['sad'],3,3.0,5.0,5.0,m-2,,pop",
            "u,Three,Cid,['sad'],3,3.0,5.0,5.0,m-3,s-3,pop",
            "u,Four,Dan,['sad'],3,0.2,5.0,5.0,m-4,s-4,pop",
        ],
    )
    for seed, name in enumerate(("s-1", "m-2", "s-4")):
        write_tone(home / "audio" / f"{name}.wav", 3.0, seed)
    return home


def write_four_quadrants(home: Path, *, songs: int = 8) -> Path:
    labels, infos = ['"Song","Quadrant"'], ['"Song","Artist","Title","Quadrant","GenresStr"']
    for song in range(1, songs + 1):
        name = f"MT{song:010d}"
        labels.append(f'"{name}","Q{quadrant(song)}"')
        infos.append(f'"{name}","artist {song}","title {song}","Q{quadrant(song)}","Rock; Pop"')
        write_tone(home / f"Q{quadrant(song)}" / f"{name}.wav", 3.0, song)
    write_lines(home / "panda_dataset_taffc_annotations.csv", labels)
    write_lines(home / "panda_dataset_taffc_metadata.csv", infos)
    return home


def write_emopia(home: Path, *, songs: int = 8, seconds: float = 3.0, rendered: bool = True) -> Path:
    """Clips of recordings, one of which has two."""
    lines = ["ID,4Q,annotator"]
    for song in [*range(1, songs + 1), 1]:
        name = f"Q{quadrant(song)}_yt_{song:03d}_{sum(f'yt_{song:03d}_' in line for line in lines)}"
        lines.append(f"{name},{quadrant(song)},D")
        (home / "midis").mkdir(parents=True, exist_ok=True)
        (home / "midis" / f"{name}.mid").write_bytes(b"MThd" + bytes(10))
        if rendered:
            write_tone(home / "audio" / f"{name}.wav", seconds, song + 100 * len(lines))
    write_lines(home / "label.csv", lines)
    return home


def write_vgmidi(home: Path) -> Path:
    lines = ["id,series,console,game,piece,midi,valence,arousal"]
    signs = {"Cave_0": (1, 1), "Cave_1": (-1, 1), "Sea_0": (-1, -1), "Sea_1": (1, -1), "Sky_0": (1, 1)}
    for name, (valence, arousal) in signs.items():
        game = name.partition("_")[0]
        lines.append(f"8001,Series,N64,{game} Game,{game},labelled/phrases/{name}.mid,{valence},{arousal}")
        write_tone(home / "audio" / f"{name}.wav", 3.0, len(lines))
    lines.append("8001,Series,N64,Sky Game,Sky,labelled/phrases/Sky_0.mid,-1,1")
    write_lines(home / "vgmidi_labelled.csv", lines)
    return home


def write_emotify(home: Path) -> Path:
    """Song 1 is classical/1, song 101 rock/1; two listeners each."""
    lines = [f"track id, genre, {', '.join(GEMS)}, mood, liked, disliked, age, gender, mother tongue"]
    for track, genre, first, second in ((1, "classical", 1, 0), (101, "rock", 1, 1)):
        for calm, tense in ((first, second), (first, 0)):
            votes = {"calmness": calm, "tension": tense}
            cells = ",".join(str(votes.get(word, 0)) for word in GEMS)
            lines.append(f"{track},{genre},{cells},3,1,0,21,1,English")
        write_tone(home / "emotifymusic" / genre / "1.wav", 3.0, track)
    write_lines(home / "data.csv", lines)
    return home


def write_musav(home: Path, *, answers: Sequence[tuple[str, str, str]] | None = None) -> Path:
    """Comparisons (axis, pair, answer); files lie in folders named by their first two letters."""
    if answers is None:
        answers = [
            ("arousal", "aa1-bb2", "a"), ("arousal", "bb2-cc3", "a"), ("arousal", "cc3-aa1", "ab"),
            ("valence", "aa1-bb2", "b"), ("valence", "aa1-gone4", "a"),
        ]  # fmt: skip
    for axis in ("arousal", "valence"):
        records = [
            {"tripletid": "t", "pairid": pair, "agreement": "full-agreement" if i % 2 else "majority-agreement",
             "higher_value": answer}
            for i, (one, pair, answer) in enumerate(answers) if one == axis
        ]  # fmt: skip
        write_lines(home / "data" / "annotations" / f"annotations.{axis}.all.agreement.gt", map(json.dumps, records))
    for seed, name in enumerate(("aa1", "bb2", "cc3")):
        write_tone(home / "data" / "audio_chunks" / "audio.000" / name[:2] / f"{name}.wav", 3.0, seed)
    return home


WRITERS: dict[str, Callable[[Path], Path]] = {
    "PMEmo": write_pmemo,
    "emoMusic": write_emomusic,
    "MERP": write_merp,
    "MUSIFEAST-17": write_musifeast,
    "MuSe": write_muse,
    "4Q": write_four_quadrants,
    "EMOPIA": write_emopia,
    "VGMIDI": write_vgmidi,
    "Emotify": write_emotify,
    "MusAV": write_musav,
}
"""What writes a miniature copy of each set."""
