"""Tags of every format, written by us and read by mutagen's own classes and by FFmpeg."""

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2, TMOO

from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.packets import packet_hash
from moodcurve.audio.tags import read_tags
from moodcurve.tagging.change import change_tags
from moodcurve.tagging.formats.base import Entries, UntaggableError
from moodcurve.tagging.formats.opening import open_tags
from moodcurve.tagging.values import AROUSAL, BPM, ENERGY, FIELDS, KEY, MOOD, QUADRANT, VALENCE
from tests.helpers.tagged_songs import FORMATS, PICTURE, TITLE, write_foreign_tags, write_format

TEXTS = {
    MOOD: ["serene", "glad"],
    ENERGY: ["0.41"],
    AROUSAL: ["-0.1834"],
    VALENCE: ["0.2967"],
    QUADRANT: ["calm-positive"],
    BPM: ["97"],
    KEY: ["F#m"],
}


def tag(path: Path, texts: dict[str, list[str]] = TEXTS) -> tuple[Entries, Entries]:
    """Tag a file; return the entries before and after."""
    seen: list[tuple[Entries, Entries]] = []
    change_tags(path, [*texts], lambda tags: tags.make(texts), record=lambda *both: seen.append(both))
    ((before, after),) = seen
    return before, after


def ffmpeg_tags(path: Path) -> dict[str, str]:
    """What FFmpeg finds, an independent reader."""
    with av.open(str(path), metadata_errors="ignore") as file:
        found = dict(file.metadata) | dict(file.streams.audio[0].metadata)
    return {key.lower(): value for key, value in found.items()}


@pytest.mark.parametrize("foreign", [False, True], ids=["bare", "tagged"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_tagged_and_restored(tmp_path: Path, name: str, foreign: bool) -> None:
    path = write_format(tmp_path, name)
    if foreign:
        write_foreign_tags(path)
    sound = content_hash(path), packet_hash(path)
    assert None not in sound
    others, known = ffmpeg_tags(path), read_tags(path)
    before, _ = tag(path)
    assert before == {}
    assert (content_hash(path), packet_hash(path)) == sound
    assert open_tags(path).texts(FIELDS) == TEXTS
    # FFmpeg reads all of the others as before, and ours beside them
    found = ffmpeg_tags(path)
    assert {key: found.get(key) for key in others} == others
    assert "0.2967" in found.values() or name == "tta.tta"  # where FFmpeg only shows an APE tag
    assert replace(read_tags(path), duration_s=None) == replace(known, duration_s=None)
    if foreign:
        assert others.get("title", TITLE) == TITLE
        assert path.read_bytes().count(PICTURE) == (0 if path.suffix in {".ogg", ".opus"} else 1)
    # back
    change_tags(path, FIELDS, lambda tags: before)
    assert open_tags(path).entries(FIELDS) == {}
    assert ffmpeg_tags(path) == others
    assert (content_hash(path), packet_hash(path)) == sound


NATIVE = {
    "lame.mp3": {"TMOO": ["serene", "glad"], "TBPM": ["97"], "TKEY": ["F#m"], "TXXX:MOODCURVE_VALENCE": ["0.2967"]},
    "x.wav": {"TMOO": ["serene", "glad"], "TXXX:ENERGY": ["0.41"]},
    "x.aiff": {"TMOO": ["serene", "glad"], "TXXX:MOODCURVE_QUADRANT": ["calm-positive"]},
    "av.flac": {"mood": ["serene", "glad"], "bpm": ["97"], "initialkey": ["F#m"]},
    "x.opus": {"mood": ["serene", "glad"], "moodcurve_arousal": ["-0.1834"]},
    "aac.m4a": {"tmpo": [97], "----:com.apple.iTunes:initialkey": [b"F#m"]},
    "wma.wma": {"WM/Mood": ["serene", "glad"], "WM/BeatsPerMinute": ["97"], "WM/InitialKey": ["F#m"]},
    "wavpack.wv": {"mood": ["serene", "glad"], "BPM": ["97"]},
}


@pytest.mark.parametrize("name", NATIVE)
def test_the_names_are_those_that_other_programs_use(tmp_path: Path, name: str) -> None:
    path = write_format(tmp_path, name)
    tag(path)
    tags = mutagen.File(path).tags
    for key, value in NATIVE[name].items():
        assert [part if isinstance(part, bytes | int) else str(part) for part in list(tags[key])] == value


@pytest.mark.parametrize("name", FORMATS)
def test_earlier_values_of_other_programs_come_back_exactly(tmp_path: Path, name: str) -> None:
    path = write_format(tmp_path, name)
    write_foreign_tags(path)
    tag(path, {MOOD: ["Gloomy"], ENERGY: ["7"], BPM: ["128"]})
    earlier = open_tags(path).entries(FIELDS)
    whole = path.read_bytes()
    before, _ = tag(path)
    assert before == earlier
    change_tags(path, FIELDS, lambda tags: before)
    assert open_tags(path).entries(FIELDS) == earlier
    assert len(path.read_bytes()) == len(whole)


def test_an_id3_tag_keeps_its_version(tmp_path: Path) -> None:
    path = write_format(tmp_path, "lame.mp3")
    write_foreign_tags(path)
    tags = ID3(path)
    tags.update_to_v23()
    tags.save(path, v2_version=3)
    tag(path)
    assert path.read_bytes()[3] == 3
    found = ID3(path, translate=False)
    assert "TMOO" not in found
    assert (found["TXXX:MOOD"].text, found["TBPM"].text) == (["serene; glad"], ["97"])
    assert (found["TIT2"].text, found["APIC:cover"].data) == ([TITLE], PICTURE)


def frame(name: bytes, content: bytes, flags: bytes = b"\0\0") -> bytes:
    return name + struct.pack(">I", len(content)) + flags + content


def id3(version: int, body: bytes, flags: int = 0) -> bytes:
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, flags]) + size + body


ODD = {
    "the same text twice": (3, frame(b"TXXX", b"\0a\0b") * 2, 0),
    "an empty text": (4, frame(b"TCOM", b"\0"), 0),
    "a private frame and one that nobody knows": (4, frame(b"PRIV", b"x\0\xff\0") + frame(b"XYZ1", b"\0\1\2"), 0),
    "flags": (3, frame(b"TIT2", b"\0t", b"\x80\0"), 0),
    "a compressed frame": (3, frame(b"TIT2", b"\0\0\0\2x\x9cc`H", b"\0\x80"), 0),
    "an encrypted frame": (4, frame(b"TIT2", b"\7secret", b"\0\4"), 0),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_frames_of_others_stay_as_bytes(tmp_path: Path, kind: str) -> None:
    path = write_format(tmp_path, "no-table.mp3")
    sound = path.read_bytes()[path.read_bytes().index(b"\xff\xfb") :]
    version, body, flags = ODD[kind]
    path.write_bytes(id3(version, body, flags) + sound + b"TAG" + bytes(125))
    whole = path.read_bytes()
    before, _ = tag(path)
    changed = path.read_bytes()
    assert body in changed
    assert changed.endswith(sound + b"TAG" + bytes(125))
    change_tags(path, FIELDS, lambda tags: before)
    restored = path.read_bytes()
    assert restored[10 : 10 + len(body)] == body
    assert restored[10 + len(body) :].lstrip(b"\0") == whole[10 + len(body) :]


def test_unsynchronized_and_old_tags(tmp_path: Path) -> None:
    path = write_format(tmp_path, "no-table.mp3")
    sound = path.read_bytes()[path.read_bytes().index(b"\xff\xfb") :]
    comment = "ÿþ comment".encode("utf-16")  # with bytes that unsynchronization changes
    text = frame(b"TIT2", b"\1" + comment)
    for tag_bytes in (
        id3(3, text.replace(b"\xff", b"\xff\0"), 0x80),
        id3(4, frame(b"TIT2", (b"\1" + comment).replace(b"\xff", b"\xff\0")), 0x80),
        id3(2, b"TT2" + struct.pack(">I", len(comment) + 1)[1:] + b"\1" + comment),
        id3(3, b"\0\0\0\6" + bytes(6) + text, 0x40),  # an extended header
        id3(4, text + bytes(300)),
    ):
        path.write_bytes(tag_bytes + sound)
        assert ID3(path)["TIT2"].text == ["ÿþ comment"]
        tag(path)
        found = ID3(path)
        assert found["TIT2"].text == ["ÿþ comment"]
        assert found["TXXX:MOODCURVE_AROUSAL"].text == ["-0.1834"]
        assert (found.get("TMOO") or found["TXXX:MOOD"]).text[0].startswith("serene")


def broken_id3(path: Path) -> None:
    path.write_bytes(id3(4, frame(b"TIT2", b"\0t") + b"garbage") + path.read_bytes())


def latin1_comment(path: Path) -> None:
    data = path.read_bytes()
    block = struct.pack("<I", 0) + struct.pack("<I", 1) + struct.pack("<I", 9) + b"title=\xe4\xf6\xfc"
    path.write_bytes(data[:42] + b"\x04" + len(block).to_bytes(3, "big") + block + data[42:])


def wrong_length(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(4) + data[8:])


def two_keys(path: Path) -> None:
    tags = APEv2()
    tags["one"], tags["two"] = "1", "2"
    tags.save(path)
    path.write_bytes(path.read_bytes().replace(b"two\0", b"one\0"))


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("lame.mp3", broken_id3, "ID3 tag is damaged"),
        ("av.flac", latin1_comment, "damaged, or not in UTF-8|> 1 Vorbis comment"),
        ("x.wav", wrong_length, "lengths in its header are wrong"),
        ("wavpack.wv", two_keys, "holds a key twice"),
    ],
)
def test_what_would_lose_something_is_refused(
    tmp_path: Path, name: str, damage: Callable[[Path], None], reason: str
) -> None:
    path = write_format(tmp_path, name)
    damage(path)
    whole = path.read_bytes()
    with pytest.raises(UntaggableError, match=reason):
        tag(path)
    assert path.read_bytes() == whole
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["opus.webm", "flac.oga", "text.txt", "empty.mp3"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name in ("opus.webm", "flac.oga"):
        write_format(tmp_path, name)
    else:
        path.write_bytes(b"" if "empty" in name else b"no music\n" * 100)
    with pytest.raises(UntaggableError):
        tag(path)


@pytest.mark.parametrize("foreign", [False, True], ids=["bare", "tagged"])
@pytest.mark.parametrize("name", ["lame.mp3", "wavpack.wv", "tta.tta"])
def test_an_id3v1_tag_stays_where_it_is(tmp_path: Path, name: str, foreign: bool) -> None:
    old = b"TAG" + b"an old title".ljust(125, b"\0")
    path = write_format(tmp_path, name)
    if foreign:
        write_foreign_tags(path)
    path.write_bytes(path.read_bytes() + old)
    before, _ = tag(path)
    assert path.read_bytes().endswith(old)
    assert open_tags(path).texts(FIELDS) == TEXTS
    change_tags(path, FIELDS, lambda tags: before)
    assert path.read_bytes().endswith(old)


@pytest.mark.parametrize("name", ["x.ogg", "x.opus"])
def test_comments_over_many_pages_of_ogg(tmp_path: Path, name: str) -> None:
    path = write_format(tmp_path, name)
    file = mutagen.File(path)
    file["comment"] = ["a long one " * 30_000]
    file.save()
    before, _ = tag(path)
    assert mutagen.File(path)["comment"] == ["a long one " * 30_000]
    assert open_tags(path).texts(FIELDS) == TEXTS
    change_tags(path, FIELDS, lambda tags: before)
    assert open_tags(path).entries(FIELDS) == {}


def test_names_are_found_in_any_case(tmp_path: Path) -> None:
    path = write_format(tmp_path, "lame.mp3")
    tags = ID3()
    tags.add(mutagen.id3.TXXX(encoding=3, desc="Energy", text=["6"]))
    tags.add(TIT2(encoding=3, text=["t"]))
    tags.add(TMOO(encoding=3, text=["Sad"]))
    tags.save(path)
    before, after = tag(path)
    assert sorted(before) == ["2.4 TMOO", "2.4 TXXX:Energy"]
    assert "2.4 TXXX:ENERGY" in after
    assert "TXXX:Energy" not in ID3(path)
    assert read_tags(path).title == "t"
