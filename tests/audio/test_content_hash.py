"""What a file holds as sound, and what its tags say, whatever program wrote them."""

import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, ID3, TIT2, ID3NoHeaderError
from mutagen.mp4 import MP4

from moodcurve.audio import AudioError, open_audio
from moodcurve.audio.content_hash import content_hash
from moodcurve.audio.filetypes import AUDIO_EXTENSIONS, OTHER_EXTENSIONS, looks_like_audio, may_be_audio
from moodcurve.audio.tags import read_tags
from moodcurve.library.models import Tags
from tests.helpers.damaged_audio import ENCODED, cut, mutated, write_av, write_encoded, write_sound

SR = 44_100
NAMES = (
    "lame.mp3", "no-table.mp3", "av.flac", "x.flac", "x.ogg", "x.opus", "aac.m4a", "aac-index-first.m4a", "alac.m4a",
    "x.wav", "x.aiff", "wma.wma", "wavpack.wv", "aac.aac",
)  # fmt: skip


def noise(seconds: float = 2.0, *, seed: int = 0, sr: int = SR) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, (round(seconds * sr), 1)).astype(np.float32)


def write(folder: Path, name: str, *, seed: int = 0, seconds: float = 2.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if name.endswith(".opus"):
        return write_av(folder / name, "libopus", noise(seconds, seed=seed, sr=48_000), sr=48_000, container="ogg")
    x = noise(seconds, seed=seed)
    return write_encoded(folder, name, x) if name in ENCODED else write_sound(folder / name, x, SR)


def tag(path: Path, text: str) -> None:
    """Write a title as a tag editor does, over the one that is there."""
    if path.suffix == ".aac":
        try:
            tags = ID3(path)
        except ID3NoHeaderError:
            tags = ID3()
        tags.add(TIT2(text=text))
        tags.save(path)
        return
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    if path.suffix in {".wav", ".aiff"}:
        file.tags.add(TIT2(text=text))
    elif path.suffix == ".wma":
        file.tags["Title"] = [text]
    else:
        file.tags["title"] = [text]
    file.save()


@pytest.mark.parametrize("name", NAMES)
def test_tags_do_not_change_the_content_and_sound_does(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    contents, sizes = {content_hash(path)}, {path.stat().st_size}
    # longer than any padding that a writer leaves, then short again
    for text in ("short", "long " * 20_000, "short again"):
        tag(path, text)
        contents.add(content_hash(path))
        sizes.add(path.stat().st_size)
    assert len(contents) == 1
    assert len(sizes) > 1  # the tags were written
    (content,) = contents
    assert len(content) == 40
    other = write(tmp_path / "other", name, seed=1)
    assert content_hash(other) != content
    assert content_hash(cut(path, 0.9)) != content


def with_id3v1(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"TAG" + bytes(125))


def with_lyrics3(path: Path) -> None:
    words = b"LYRICSBEGIN" + b"LYR00003la."
    with path.open("ab") as file:
        file.write(words + b"%06d" % len(words) + b"LYRICS200")


def with_picture(path: Path) -> None:
    tags = ID3(path)
    tags.add(APIC(data=bytes(300_000), mime="image/png"))
    tags.save(path, v1=2)


def with_ape(path: Path) -> None:
    tags = APEv2()
    tags["title"] = "a title"
    tags.save(path)


def with_id3v2_at_the_end(path: Path) -> None:
    # ID3v2.4, 3.1: header, ten bytes of padding, and a footer, which repeats the header backwards named
    size = struct.pack(">4B", 0, 0, 0, 10)
    with path.open("ab") as file:
        file.write(b"ID3\4\0\x10" + size + bytes(10) + b"3DI\4\0\x10" + size)


@pytest.mark.parametrize(
    "tagger", [with_id3v1, with_lyrics3, with_picture, with_ape, with_id3v2_at_the_end], ids=lambda f: f.__name__
)
def test_tags_around_an_mp3(tmp_path: Path, tagger: Callable[[Path], None]) -> None:
    path = write(tmp_path, "lame.mp3")
    before, size = content_hash(path), path.stat().st_size
    tagger(path)
    assert path.stat().st_size > size
    assert content_hash(path) == before
    with_id3v1(path)  # several tags, one after the other
    assert content_hash(path) == before


def test_an_mp4_without_its_index_is_another(tmp_path: Path) -> None:
    path = write(tmp_path, "aac.m4a")
    data = path.read_bytes()
    broken = tmp_path / "broken.m4a"
    broken.write_bytes(data[: data.index(b"moov") - 4])
    assert content_hash(broken) != content_hash(path)
    # with the index before the samples or behind them it is the same sound
    assert content_hash(write(tmp_path, "aac-index-first.m4a")) == content_hash(path)


@pytest.mark.parametrize("data", [b"", b"ID3", b"ID3\4\0\0\x7f\x7f\x7f\x7f", b"fLaC", b"RIFF\xff\xff\xff\xffWAVE"])
def test_what_is_no_music_has_a_content_too(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    assert len(content_hash(path)) == 40


@pytest.mark.parametrize("name", ["x.wav", "x.ogg", "aac.m4a", "av.flac"])
def test_a_damaged_structure_counts_as_a_whole(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    data = path.read_bytes()
    contents = set()
    for number in range(2):
        path.write_bytes(data[:40] + bytes([number]) * 20 + bytes(20) + data[80:])
        contents.add(content_hash(path))
    assert len(contents) == 2


def write_piped(path: Path, codec: str, container: str, *, seed: int) -> Path:
    """Write a file as FFmpeg writes it to a pipe: lengths in its header are 0, or what stands for unknown."""
    options = {"movflags": "frag_keyframe+empty_moov"} if container == "mp4" else {}
    sr = 48_000 if codec == "libopus" else SR
    return write_av(path, codec, noise(1, seed=seed, sr=sr), sr=sr, container=container, options=options, piped=True)


PIPED = (
    ("pcm_s16be", "aiff"), ("pcm_s16le", "wav"), ("wmav2", "asf"), ("flac", "flac"), ("libmp3lame", "mp3"),
    ("libopus", "ogg"), ("flac", "ogg"), ("aac", "mp4"), ("aac", "adts"), ("flac", "matroska"), ("libopus", "webm"),
    ("pcm_s16le", "caf"), ("pcm_s16be", "au"), ("pcm_s16le", "w64"), ("wavpack", "wv"), ("tta", "tta"),
    ("pcm_s16le", "avi"), ("libmp3lame", "wav"), ("pcm_s16le", "rf64"), ("ac3", "ac3"),
)  # fmt: skip


@pytest.mark.parametrize(("codec", "container"), PIPED)
def test_recordings_from_a_pipe_are_told_apart(tmp_path: Path, codec: str, container: str) -> None:
    if container == "rf64":  # which FFmpeg does not write to a pipe
        paths = [write_sound(tmp_path / f"{i}.rf64", noise(1, seed=i), SR) for i in range(2)]
    else:
        paths = [write_piped(tmp_path / f"{seed}", codec, container, seed=seed) for seed in range(2)]
    contents = set()
    for path in paths:
        with open_audio(path) as audio:
            assert sum(map(len, audio.blocks())) > 0.8 * SR  # a decoder takes it
        contents.add(content_hash(path))
    assert len(contents) == 2


def with_length(data: bytes, mark: bytes, value: bytes) -> bytes:
    """Write another length behind the first place of a mark."""
    at = data.index(mark) + len(mark)
    return data[:at] + value + data[at + len(value) :]


ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


@pytest.mark.parametrize(
    ("name", "mark", "value"),
    [
        *(("x.wav", b"data", value) for value in (bytes(4), b"\x01\0\0\0", b"\xff" * 4, b"\x24\0\0\0")),
        *(("x.aiff", b"SSND", value) for value in (bytes(4), b"\0\0\0\x08", b"\xff" * 4, b"\0\0\0\x24")),
        *(("wma.wma", ASF_DATA, value) for value in (bytes(8), b"\x32" + bytes(7), b"\xff" * 8, b"\0\x10" + bytes(6))),
        ("lame.mp3", b"Info\0\0\0\x0f", bytes(8)),
        ("av.flac", b"fLaC", b"\0\xff\xff\xff"),
        ("av.flac", b"fLaC", b"\x80\0\xf0\0"),
        ("lame.mp3", b"ID3\4\0\0", b"\x7f\x7f\x7f\x7f"),
        ("lame.mp3", b"ID3\4\0\0", b"\xff\x7f\x7f\x7f"),
    ],
)
def test_a_wrong_length_hides_no_sound(tmp_path: Path, name: str, mark: bytes, value: bytes) -> None:
    contents = set()
    for seed in range(2):
        path = write(tmp_path, name, seed=seed)
        path.write_bytes(with_length(path.read_bytes(), mark, value))
        contents.add(content_hash(path))
    assert len(contents) == 2


@pytest.mark.parametrize("length", [0, 1, 8, 2**31])
def test_lengths_of_mdat(tmp_path: Path, length: int) -> None:
    contents = set()
    for seed in range(2):
        path = write(tmp_path, "aac-index-first.m4a", seed=seed)
        data = path.read_bytes()
        at = data.index(b"mdat") - 4
        path.write_bytes(data[:at] + struct.pack(">I", length) + data[at + 4 :])
        contents.add(content_hash(path))
    assert len(contents) == 2


def decoded(path: Path) -> bytes | None:
    """Give all samples; None of what is refused."""
    try:
        with open_audio(path) as audio:
            return b"".join(block.tobytes() for block in audio.blocks())
    except AudioError:
        return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*NAMES, "piped.wma", "piped.aiff", "video.mp4", "pieces.mp4"])
def test_what_changes_the_sound_changes_the_content(tmp_path: Path, name: str) -> None:
    """Change a bit in 150 places, most of them in the header or the end: of one content, the sound must be one too."""
    if name.startswith("pi"):
        codec, container = {"wma": ("wmav2", "asf"), "aiff": ("pcm_s16be", "aiff"), "mp4": ("aac", "mp4")}[
            name.partition(".")[2]
        ]
        path = write_piped(tmp_path / name, codec, container, seed=0)
    else:
        path = write(tmp_path, name, seconds=0.3)
        if name != "video.mp4":
            tag(path, "a title")
    data, content, sound = path.read_bytes(), content_hash(path), decoded(path)
    rng = random.Random(0)
    places = [rng.randrange(400) for _ in range(70)] + [
        rng.randrange(max(0, len(data) - 900), len(data)) for _ in range(50)
    ]
    places += [rng.randrange(len(data)) for _ in range(30)]
    changed = tmp_path / f"changed-{name}"
    for at in places:
        changed.write_bytes(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
        if content_hash(changed) == content:
            assert decoded(changed) in (sound, None), f"byte {at}: {data[max(0, at - 8) : at + 8]!r}"


@pytest.mark.parametrize("name", NAMES)
def test_two_recordings_with_the_same_damage_are_told_apart(tmp_path: Path, name: str) -> None:
    one, other = (write(tmp_path / str(seed), name, seed=seed) for seed in range(2))
    for seed in range(60):
        broken = [mutated(path, seed) for path in (one, other)]
        if broken[0].read_bytes() != broken[1].read_bytes():  # little may be left of them
            assert content_hash(broken[0]) != content_hash(broken[1]), seed


def test_the_same_samples_at_another_rate_are_another_sound(tmp_path: Path) -> None:
    x = noise(1)
    for codec, container in (("pcm_s16le", "mov"), ("pcm_s16le", "asf"), ("flac", "flac"), ("pcm_s16le", "wav")):
        contents = {
            content_hash(write_av(tmp_path / f"{sr}.{container}", codec, x, sr=sr, container=container))
            for sr in (SR, SR // 2)
        }
        assert len(contents) == 2, container


def test_a_gain_in_the_header_of_opus_is_another_sound(tmp_path: Path) -> None:
    path = write(tmp_path, "x.opus")
    content = content_hash(path)
    page = bytearray(path.read_bytes())
    page[page.index(b"OpusHead") + 16] = 7  # RFC 7845, 5.1: the output gain
    path.write_bytes(page)
    assert content_hash(path) != content


@pytest.mark.parametrize("length", [10, 40, 5_000, 2**32 - 1])
def test_what_only_looks_like_a_tag_is_sound(tmp_path: Path, length: int) -> None:
    """A footer of an APE tag, of Lyrics3 or ID3v2, that claims what stands before it: decoders play that."""
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, length, 3, 0) + bytes(8)
    for end in (ape, b"%06dLYRICS200" % min(length, 999_999), b"3DI\4\0\x10\0\0\x20\0"):
        contents = set()
        for seed in range(2):
            path = write(tmp_path, "aac.aac", seed=seed)
            path.write_bytes(bytes(100) + path.read_bytes()[-4000:] + end)
            contents.add(content_hash(path))
        assert len(contents) == 2


def test_lengths_beyond_any_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    asf = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    for data in (asf + b"\xff" * 8, b"\0\0\0\x08ftyp\0\0\0\1free" + b"\xff" * 8, b"RIFF\0\0\0\0WAVEfmt " + b"\xff" * 4):
        path.write_bytes(data + bytes(100))
        assert len(content_hash(path)) == 40


def test_progress_is_reported_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(5 * 2**20 + 1))
    calls: list[int] = []
    content_hash(path, progress=lambda: calls.append(1))
    assert len(calls) == 6


# --- tags ---

WRITTEN = {
    "artist": "Bj\xf6rk", "title": "J\xf3ga", "album": "Homogenic", "genre": "Trip hop", "date": "1997-09-20",
    "track": "2",
}  # fmt: skip


def tagged(path: Path, metadata: dict[str, str]) -> Path:
    """Write a copy of a file with tags, by FFmpeg."""
    target = path.with_name("tagged-" + path.name)
    formats = {".m4a": "ipod", ".wma": "asf", ".aac": "adts", ".opus": "opus"}
    with av.open(str(path)) as source, av.open(str(target), "w", format=formats.get(path.suffix)) as sink:
        sink.metadata.update(metadata)
        stream = sink.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    return target


@pytest.mark.parametrize("name", ["lame.mp3", "av.flac", "x.ogg", "x.opus", "aac.m4a", "alac.m4a", "wma.wma"])
def test_tags_of_another_program_are_read(tmp_path: Path, name: str) -> None:
    tags = read_tags(tagged(write(tmp_path, name), WRITTEN))
    assert tags.duration_s == pytest.approx(2.0, abs=0.15)  # a frame or two of padding
    assert tags == Tags(
        artist="Björk",
        title="Jóga",
        album="Homogenic",
        genre="Trip hop",
        year=1997,
        track=2,
        duration_s=tags.duration_s,
    )


def test_tags_of_wav_and_ape(tmp_path: Path) -> None:
    path = write(tmp_path, "x.wav")
    tag(path, "in a chunk")
    assert read_tags(path).title == "in a chunk"
    path = write(tmp_path, "wavpack.wv")
    file = mutagen.File(path)
    file.tags = APEv2()
    file.tags.update({"Title": "in the end", "Artist": ["one", "two"], "Year": "1971", "Track": "3/12"})
    file.save()
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.year, tags.track) == ("in the end", "one; two", 1971, 3)


def test_unusual_values(tmp_path: Path) -> None:
    path = write(tmp_path, "aac.m4a")
    file = MP4(path)
    file["\xa9nam"] = ["  two\nlines\0and more  "]
    file["\xa9ART"] = ["", "a", "a"]
    file["\xa9alb"] = ["x" * 10_000]
    file["\xa9day"] = ["once"]
    file["trkn"] = [(0, 9)]
    file.save()
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.album) == ("two lines; and more", "a", "x" * 500)
    assert (tags.year, tags.track, tags.genre) == (None, None, None)


def test_no_tags(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    boxes = b"".join(struct.pack(">I", 8 * (9000 - i)) + b"moov" for i in range(9000))  # each inside the other
    for data in (
        b"",
        b"no music",
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
        b"fLaC\0\0\0\x22" + bytes(9),
        b"\0\0\0\x10ftypM4A \0\0\0\0" + boxes,
    ):
        path.write_bytes(data)
        assert read_tags(path) == Tags()
    with pytest.raises(FileNotFoundError):
        read_tags(tmp_path / "absent.mp3")


# --- which files may be music ---


@pytest.mark.parametrize("name", NAMES)
def test_music_is_known_by_its_beginning(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    nameless = tmp_path / "track 01"
    shutil.copy(path, nameless)
    # ADTS has no mark but a sync word of twelve bits, which many other files have too
    assert may_be_audio(str(nameless)) is (name != "aac.aac")
    assert may_be_audio(str(path))
    picture = path.rename(tmp_path / "x.JPG")
    assert not may_be_audio(str(picture))


def test_what_is_no_music_is_known_by_its_beginning() -> None:
    rng = np.random.default_rng(0)
    # of random beginnings 1 in 2000 has a frame's bits; that another one follows is as unlikely again
    assert not any(looks_like_audio(rng.bytes(4096)) for _ in range(2000))
    for head in (b"", b"\xff", b"\xff\xfb\x90\x00", b"\x89PNG\r\n", b"%PDF-1.7", b"PK\3\4", b"<html>", b"\x7fELF"):
        assert not looks_like_audio(head)


def test_endings_are_one_or_the_other() -> None:
    assert not AUDIO_EXTENSIONS & OTHER_EXTENSIONS
