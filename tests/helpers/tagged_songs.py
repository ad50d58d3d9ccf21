"""Short songs of every format that can be tagged, with tags of other programs."""

from pathlib import Path

import mutagen
import numpy as np
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1, TXXX, ID3NoHeaderError

from tests.helpers.damaged_audio import ENCODED, write_av, write_encoded, write_sound

FORMATS = (
    "lame.mp3", "no-table.mp3", "aac.aac", "av.flac", "x.ogg", "x.opus", "aac.m4a", "aac-index-first.m4a", "alac.m4a",
    "x.wav", "x.aiff", "wma.wma", "wavpack.wv", "tta.tta",
)  # fmt: skip
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
"""Cover art, as far as a tag is concerned."""
TITLE, ARTIST = "A title – ü", "An artist"


def write_format(folder: Path, name: str, *, seed: int = 0, seconds: float = 1.0) -> Path:
    """Write noise that depends on the seed, in the format of a name."""
    folder.mkdir(parents=True, exist_ok=True)
    sr = 48_000 if name.endswith(".opus") else 44_100
    x = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * sr), 1)).astype(np.float32)
    if name.endswith(".opus"):
        return write_av(folder / name, "libopus", x, sr=sr, container="ogg")
    if name.endswith(".tta"):
        return write_av(folder / name, "tta", x, sr=sr, container="tta")
    if name.endswith(".oga"):
        return write_av(folder / name, "flac", x, sr=sr, container="ogg")
    return write_encoded(folder, name, x) if name in ENCODED else write_sound(folder / name, x, sr)


def write_foreign_tags(path: Path) -> None:
    """Write a title, an artist, and a picture or a comment, as another tagger does."""
    file = None if path.suffix in {".aac", ".tta"} else mutagen.File(path)
    kind = type(file).__name__
    if file is None or kind in ("MP3", "WAVE", "AIFF"):
        frames = [
            TIT2(encoding=3, text=[TITLE]), TPE1(encoding=1, text=[ARTIST]),
            TXXX(encoding=0, desc="MyRating", text=["5"]),
            COMM(encoding=3, lang="eng", desc="", text=["a comment"]),
            APIC(encoding=0, mime="image/png", type=3, desc="cover", data=PICTURE),
        ]  # fmt: skip
        if file is None:
            try:
                tags = ID3(path)
            except ID3NoHeaderError:
                tags = ID3()
        else:
            if file.tags is None:
                file.add_tags()
            tags = file.tags
        for frame in frames:
            tags.add(frame)
        tags.save(path)
        return
    if file.tags is None:
        file.add_tags()
    if kind == "MP4":
        from mutagen.mp4 import MP4Cover

        file.tags["\xa9nam"], file.tags["\xa9ART"] = [TITLE], [ARTIST]
        file.tags["covr"] = [MP4Cover(PICTURE, MP4Cover.FORMAT_PNG)]
        file.tags["----:com.example:THING"] = [b"\xff\0bytes"]
    elif kind == "ASF":
        from mutagen.asf import ASFByteArrayAttribute

        file.tags["Title"], file.tags["Author"] = [TITLE], [ARTIST]
        file.tags["WM/Picture"] = [ASFByteArrayAttribute(PICTURE)]
    else:
        file.tags["title"], file.tags["artist"] = TITLE, [ARTIST, "another"]
        if kind == "FLAC":
            from mutagen.flac import Picture

            picture = Picture()
            picture.data, picture.mime, picture.type = PICTURE, "image/png", 3
            file.add_picture(picture)
        if isinstance(file.tags, APEv2):
            file.tags["Cover Art (front)"] = mutagen.apev2.APEValue(b"cover.png\0" + PICTURE, mutagen.apev2.BINARY)
    file.save()
