"""Songs whose tags were changed at random, through `tag` and its undo: each is tagged and loses nothing, or refused.

`make fuzz` runs more of them, from a new seed each time; it prints the seed of a failure.
"""

import math
import random
import zlib
from pathlib import Path

import av
import mutagen
import pytest

from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.packets import packet_hash
from moodcurve.tagging.change import change_tags
from moodcurve.tagging.formats.base import Entries, UntaggableError
from moodcurve.tagging.formats.opening import open_tags
from moodcurve.tagging.values import FIELDS, MOOD
from tests.helpers.tagged_songs import FORMATS, write_foreign_tags, write_format
from tests.hostile.test_fuzz import SEED, TRIES, changed

TEXTS = {MOOD: ["calm", "serene"], "ENERGY": ["0.31"], "MOODCURVE_AROUSAL": ["-0.3800"], "BPM": ["96"]}
OURS = {"mood", "tmoo", "energy", "bpm", "tbpm", "initialkey", "tkey", "wm/mood", "wm/beatsperminute", "wm/initialkey"}
PART = 3000
"""Bytes at the start and at the end that are changed: where tags are."""


def others(path: Path) -> list[object]:
    """The tags of other programs as FFmpeg and mutagen's own classes read them."""
    found: list[object] = []
    try:
        with av.open(str(path), metadata_errors="ignore") as file:
            pairs = [*file.metadata.items(), *(pair for stream in file.streams for pair in stream.metadata.items())]
        found.append(sorted(pair for pair in pairs if not is_ours(pair[0])))
    except av.FFmpegError as error:
        found.append(type(error))
    try:
        tags = getattr(mutagen.File(path), "tags", None)
        values = {} if tags is None else {key: tags[key] for key in tags.keys()}  # noqa: SIM118
        found.append({str(key): repr(value) for key, value in values.items() if not is_ours(str(key))})
    except Exception as error:  # whatever it raises for damaged files, it raises again
        found.append(type(error))
    return found


def is_ours(key: str) -> bool:
    key = key.lower().removeprefix("txxx:").removeprefix("----:com.apple.itunes:")
    return key in OURS or key.startswith("moodcurve_") or key == "tmpo"


def with_checksums(ogg: bytes) -> bytes:
    """Make the checksums of Ogg pages right again: readers skip pages where they are not."""
    data, at = bytearray(ogg), 0
    reverse = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        body = at + 27 + data[at + 26]
        end = body + sum(data[at + 27 : body])
        data[at + 22 : at + 26] = bytes(4)
        # CRC-32 without bit reversal, initial value or final inversion
        crc = zlib.crc32(bytes(data[at:end]).translate(reverse), 0xFFFFFFFF) ^ 0xFFFFFFFF
        data[at + 22 : at + 26] = int(f"{crc:032b}"[::-1], 2).to_bytes(4, "little")
        at = end
    return bytes(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
def test_fuzzed_tags_lose_nothing(tmp_path: Path, name: str) -> None:
    song = write_format(tmp_path, name)
    write_foreign_tags(song)
    change_tags(song, ["ENERGY", "BPM"], lambda tags: tags.make({"ENERGY": ["7"], "BPM": ["128"]}))
    content, rng = song.read_bytes(), random.Random(f"{SEED} {name}")
    tagged = 0
    for number in range(math.ceil(TRIES / len(FORMATS))):
        tries = f"seed {SEED}, {name}, try {number}"
        middle = content[PART:-PART]
        if rng.random() < 0.5:
            song.write_bytes(changed(content[:PART], rng) + middle + content[-PART:])
        else:
            song.write_bytes(content[:PART] + middle + changed(content[-PART:], rng))
        if song.suffix in {".ogg", ".opus"}:
            song.write_bytes(with_checksums(song.read_bytes()))
        tagged += tag_and_restore(song, tries)
        assert [path.name for path in tmp_path.iterdir()] == [name], tries
    assert tagged or TRIES < 1000
    print(f"{name}: {tagged} of {math.ceil(TRIES / len(FORMATS))} tagged")


def tag_and_restore(song: Path, tries: str) -> bool:
    """Tag a song and take it back; return False if it was refused."""
    whole, sound, known = song.read_bytes(), (content_hash(song), packet_hash(song)), others(song)
    before: list[Entries] = []
    try:
        change_tags(song, [*TEXTS], lambda tags: tags.make(TEXTS), record=lambda old, new: before.append(old))
    except UntaggableError as error:
        reason = str(error)
    except Exception as error:
        raise AssertionError(tries) from error
    else:
        reason = ""
    if reason:
        assert len(reason.splitlines()) == 1, tries
        assert song.read_bytes() == whole, tries
        return False
    assert (content_hash(song), packet_hash(song)) == sound, tries
    assert others(song) == known, tries
    assert {field: open_tags(song).texts(FIELDS)[field] for field in ("ENERGY", "BPM")} == {
        "ENERGY": ["0.31"],
        "BPM": ["96"],
    }
    change_tags(song, [*TEXTS], lambda tags: before[0])
    assert open_tags(song).entries([*TEXTS]) == before[0], tries
    assert (content_hash(song), packet_hash(song)) == sound, tries
    assert others(song) == known, tries
    return True
