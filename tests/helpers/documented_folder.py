"""Make the files that the commands of the documentation name: composed songs, and annotated ones."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import soundfile

from moodcurve.demo.composer import DEMO_SECTIONS, compose
from moodcurve.features import COMPARE260, write_csv
from tests.helpers.albums import cue
from tests.helpers.deam_folder import IDS_2013, IDS_2014, WHOLE, frame_times, write_deam
from tests.helpers.timed_audio import write_timed
from tests.helpers.training_songs import made_dataset, write_own_songs

SR = 44_100
SONGS, FRAMES = 30, 36
CLIPS, CLIP_S = 12, 3
TITLES = {
    "sad": ("Gymnopedie", "ambient"), "tense": ("Storm", "rock"), "excited": ("Carnival", "rock"),
    "calm": ("Clair de lune", "jazz"),
}  # fmt: skip


def write_documented_folder(folder: Path) -> None:
    """Write music, annotated songs and lists of ids.

    `song.flac`, `song.mp3`, `album.flac` with a cue sheet, `concert.mkv` with two tracks, `notes.txt`, `tracks.csv`;
    `Music` with one song per quadrant, also as ``~/Music`` of the home `home`; `songs` and `DEAM`, which have features,
    ratings and raters' tracks; `ratings`; `deam_audio` and `quadrants4q`, which have sound; `test.txt`.
    """
    pieces = {section.name: compose((replace(section, bars=2),)).audio for section in DEMO_SECTIONS}
    write_music(folder, pieces)
    write_annotated(folder)
    x = np.concatenate(list(pieces.values()))
    times = range(15_000, 15_000 + 1000 * CLIP_S, 500)
    columns = ",".join(f"{axis}_{ms}ms" for axis in ("arousal", "valence") for ms in times)
    write_clips(
        folder / "deam_audio", x, "", columns, lambda a, v: ",".join([*[f"{a}"] * len(times), *[f"{v}"] * len(times)])
    )
    quadrants = {(True, True): "Q1", (True, False): "Q2", (False, False): "Q3", (False, True): "Q4"}
    write_clips(folder / "quadrants4q", x, "clip", "quadrant", lambda a, v: quadrants[a > 0, v > 0])


def write_music(folder: Path, pieces: dict[str, np.ndarray]) -> None:
    """Write the songs, an album in one file, a video's sound, and a text that is no song."""
    album = folder / "Music" / "album"
    album.mkdir(parents=True)
    (folder / "home").mkdir()
    (folder / "home" / "Music").symlink_to(album.parent)
    for name, x in pieces.items():
        soundfile.write(album / f"{name}.flac", x, SR)
        tags = mutagen.File(album / f"{name}.flac")
        tags["title"], tags["genre"] = TITLES[name]
        tags["artist"] = f"Artist {name}"
        tags.save()
    shutil.copy(album / "calm.flac", folder / "song.flac")
    soundfile.write(folder / "song.mp3", pieces["excited"], SR)
    soundfile.write(folder / "other.mp3", pieces["tense"], SR)
    (folder / "Music" / "Albums").mkdir()
    soundfile.write(folder / "album.flac", np.concatenate([pieces["calm"], pieces["excited"]]), SR)
    starts = 0.0, len(pieces["calm"]) / SR
    (folder / "album.cue").write_text(cue("album.flac", starts=starts, titles=("Calm", "Excited")))
    for file in ("album.flac", "album.cue"):
        shutil.copy(folder / file, folder / "Music" / "Albums")
    write_timed(folder / "concert.mkv", [[(0, 330)], [(0, 440)]])
    (folder / "notes.txt").write_text("no music\n")
    ids = [f"Music/album/{name}.flac,{number}" for number, name in enumerate(("calm", "sad"), start=4711)]
    (folder / "tracks.csv").write_text("\n".join(["path,id", *ids]) + "\n")


def write_annotated(folder: Path) -> None:
    """Write songs with features and labels, tracks of three raters for them, and ids of test songs."""
    dataset = made_dataset(SONGS, frames=FRAMES, feature_set=COMPARE260)
    write_own_songs(folder / "songs", dataset)
    rng = np.random.default_rng(0)
    tracks = ["song_id,rater,time_s,arousal,valence"]
    for song in dataset.songs:
        for rater in "abc":
            values = np.clip(song.y + rng.normal(0, 0.1, 2), -1, 1).round(3)
            times = song.features.times_s
            tracks += [
                f"{song.song_id},{rater},{t},{a},{v}" for t, (a, v) in zip(times, values, strict=True) if t >= 14
            ]
    for name in ("songs", "ratings"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "tracks.csv").write_text("\n".join(tracks) + "\n")
    write_deam(folder / "DEAM")
    shutil.rmtree(folder / "DEAM" / "features")
    (folder / "DEAM" / "features").mkdir()
    ids = [song_id for song_id in (*IDS_2013, *IDS_2014) if song_id != WHOLE]
    for song_id, song in zip(ids, dataset.songs, strict=False):
        with (folder / "DEAM" / "features" / f"{song_id}.csv").open("w", encoding="ascii") as stream:
            write_csv(replace(song.features, times_s=frame_times(song_id)[-FRAMES:]), stream)
    (folder / "test.txt").write_text("1\n3\n4\n5\n")


def write_clips(folder: Path, x: np.ndarray, prefix: str, columns: str, label: Callable[[float, float], str]) -> None:
    """Write excerpts of sound with one row of labels each, in all quadrants; ids are a prefix and numbers from 1."""
    (folder / "audio").mkdir(parents=True)
    rng = np.random.default_rng(len(columns))
    lines = [f"song_id,artist,{columns}"]
    for i in range(1, CLIPS + 1):
        start = int(rng.integers(len(x) - CLIP_S * SR))
        soundfile.write(folder / "audio" / f"{prefix}{i}.flac", x[start : start + CLIP_S * SR], SR)
        arousal, valence = np.round(rng.uniform(0.2, 0.8, 2), 2) * (1 if i % 2 else -1, 1 if i % 4 > 1 else -1)
        lines.append(f"{prefix}{i},artist {prefix}{i},{label(arousal, valence)}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
