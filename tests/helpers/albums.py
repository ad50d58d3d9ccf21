"""Writes albums in one file: three composed songs with a cue sheet next to it or inside, or with chapters."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from moodcurve.demo.composer import DEMO_SECTIONS, compose

SR = 44_100
SONG_S = 12.0
TITLES = ("Sad", "Tense", "Calm")
STARTS = (0.0, SONG_S, 2 * SONG_S)


@cache
def album() -> npt.NDArray[np.float32]:
    """Return three songs of 12 s, of different sections of the demo song, one after the other (samples, 2)."""
    sections = [section for section in DEMO_SECTIONS if section.name != "excited"]
    songs = [
        compose([replace(section, bars=8)], seed=i).audio[: round(SONG_S * SR)] for i, section in enumerate(sections)
    ]
    assert {len(song) for song in songs} == {round(SONG_S * SR)}
    return np.concatenate(songs).astype(np.float32)


def write_album(path: Path) -> Path:
    """Write the album in the extension's format."""
    kinds = {".flac": ("FLAC", "PCM_16"), ".mp3": ("MP3", "MPEG_LAYER_III"), ".wav": ("WAV", "PCM_16")}
    kind, subtype = kinds[path.suffix]
    with soundfile.SoundFile(path, "w", SR, 2, subtype, format=kind) as out:
        for start in range(0, len(album()), 4096):
            out.write(album()[start : start + 4096])
    return path


def write_song(path: Path, number: int) -> Path:
    """Write one of its songs alone, from 0."""
    soundfile.write(path, album()[round(STARTS[number] * SR) :][: round(SONG_S * SR)], SR, subtype="PCM_16")
    return path


def cue(file: str, *, starts: tuple[float, ...] = STARTS, titles: tuple[str, ...] = TITLES) -> str:
    """Return a cue sheet of a file; index 0 is two seconds before the song, as a pause is."""
    lines = ['PERFORMER "The Band"', 'TITLE "The Album"', f'FILE "{file}" WAVE']
    for number, (title, start) in enumerate(zip(titles, starts, strict=True), start=1):
        lines += [f"  TRACK {number:02} AUDIO", f'    TITLE "{title}"']
        lines += [f"    INDEX {index:02} {_time(at)}" for index, at in ((0, start - 2), (1, start)) if at >= 0]
    return "\n".join(lines) + "\n"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 75), 60 * 75)
    return f"{minutes:02}:{rest // 75:02}:{rest % 75:02}"
