"""Recognize audio files by extension and by their first bytes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class FileType(NamedTuple):
    """Extensions, MIME type and magic bytes of one kind of audio file."""

    extensions: str
    """Without the dot, separated by spaces."""
    mime_type: str | None = None
    """None if browsers do not play such files."""
    magic: tuple[tuple[int, bytes], ...] = ()
    """Offset and bytes that identify the format."""


FILE_TYPES = (
    FileType("mp1 mp2 mp3", "audio/mpeg", ((0, b"ID3"),)),
    FileType("flac", "audio/flac", ((0, b"fLaC"),)),
    FileType("oga ogg opus spx", "audio/ogg", ((0, b"OggS"),)),
    FileType("wav wave", "audio/wav", ((8, b"WAVE"),)),
    FileType("aif aifc aiff", "audio/aiff", ((8, b"AIFF"), (8, b"AIFC"))),
    FileType(
        "m4a m4b m4p m4r mp4",
        "audio/mp4",
        ((4, b"ftypM4A"), (4, b"ftypM4B"), (4, b"ftypM4P"), (4, b"ftypmp4"), (4, b"ftypisom"), (4, b"ftypdash")),
    ),
    FileType("weba webm", "audio/webm"),
    FileType("mka", "audio/x-matroska"),
    FileType("aac", "audio/aac"),
    FileType("latm loas"),
    FileType("wma", "audio/x-ms-wma", ((0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),)),
    FileType("w64", magic=((0, b"riff\x2e\x91\xcf\x11"),)),
    FileType("caf", magic=((0, b"caff"),)),
    FileType("au snd", magic=((0, b".snd"),)),
    FileType("ape", magic=((0, b"MAC "),)),
    FileType("wv", magic=((0, b"wvpk"),)),
    FileType("tta", magic=((0, b"TTA1"),)),
    FileType("tak", magic=((0, b"tBaK"),)),
    FileType("mpc mp+", magic=((0, b"MPCK"), (0, b"MP+"))),
    FileType("dsf", magic=((0, b"DSD "),)),
    FileType("dff", magic=((0, b"FRM8"),)),
    FileType("aa aax aaxc", magic=((4, b"\x57\x90\x75\x36"), (4, b"ftypaax"))),
    FileType("amr", magic=((0, b"#!AMR"),)),
    FileType("ac3 dts eac3 ra xwma"),
)
"""All audio files that moodcurve looks for. MP4 and WebM are included because they often hold audio only."""

AUDIO_EXTENSIONS = frozenset(extension for kind in FILE_TYPES for extension in kind.extensions.split())
"""Extensions of files that are always examined."""
MIME_TYPES = {
    extension: kind.mime_type for kind in FILE_TYPES if kind.mime_type for extension in kind.extensions.split()
}
"""MIME type by extension, for the files that browsers play."""
_VIDEO = "avi mkv m4v mov mpg mpeg vob wmv flv 3gp ts m2ts mts ogv rm rmvb"
VIDEO_EXTENSIONS = frozenset(_VIDEO.split())
"""Extensions of files that hold pictures as well as sound."""
_OTHER = (
    # images; text, playlists and tables; archives and partial downloads; programs; notes without sound
    "jpg jpeg png gif bmp webp tif tiff svg heic ico psd "
    "txt nfo md log cue m3u m3u8 pls xspf sfv md5 ffp accurip lrc srt sub ass htm html url xml json toml yaml yml ini "
    "csv tsv sql sqlite db pdf doc docx xls xlsx odt ods rtf epub ttf otf "
    "zip rar 7z gz bz2 xz zst tar tgz iso dmg torrent part crdownload tmp bak lock lnk "
    "exe dll so py pyc js css c h o a cpp java sh bat jar class "
    "mid midi kar mod xm it s3m"
)
OTHER_EXTENSIONS = frozenset(_OTHER.split()) | VIDEO_EXTENSIONS
"""Extensions of files that are skipped without opening them, videos among them."""

_CONTAINERS = (
    (4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (0, b"\x1a\x45\xdf\xa3"), (8, b"AVI "), (8, b"XWMA"),
    (0, b"FLV"), (0, b"\0\0\x01\xba"), (0, b".RMF"), (0, b".ra\xfd"), (0, b"ADIF"), (0, b"\x0b\x77"),
    (0, b"\x7f\xfe\x80\x01"), (0, b"RF64"),
)  # fmt: skip
"""Further marks of files with sound: containers that may also hold pictures, and formats known by extension alone."""
_MAGIC = tuple(mark for kind in FILE_TYPES for mark in kind.magic)
_HEAD = 1 << 12

# MPEG-1, and MPEG-2 and 2.5: kbit/s by index 1 to 14 of layer III, samples in a frame over 8
_MPEG = {
    True: ((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 144),
    False: ((8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160), 72),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def may_be_audio(path: str) -> bool:
    """Return True if a file may be audio, by its extension, or by its first bytes if the extension is unknown.

    Files of size 0 are not opened: reading some of those below ``/proc`` blocks.

    Raises
    ------
    OSError
        If the first bytes are needed and cannot be read.
    """
    extension = _extension(path)
    if extension in AUDIO_EXTENSIONS or extension in OTHER_EXTENSIONS:
        return extension in AUDIO_EXTENSIONS
    if os.stat(path).st_size == 0:  # noqa: PTH116  called for many files
        return False
    with Path(path).open("rb") as file:
        return looks_like_audio(file.read(_HEAD))


def is_media_file(path: str) -> bool:
    """Return True if a path is an audio or video file, which no output may overwrite.

    The extension decides, of the path and of what a link points to; otherwise the first bytes of an existing file.

    Raises
    ------
    OSError
        If the file exists and cannot be read.
    """
    if any(_extension(name) in AUDIO_EXTENSIONS | VIDEO_EXTENSIONS for name in (path, os.path.realpath(path))):
        return True
    if not Path(path).is_file():
        return False
    with Path(path).open("rb") as file:
        return looks_like_audio(file.read(_HEAD))


def looks_like_audio(head: bytes) -> bool:
    """Return True if the first bytes of a file are a known magic number or two consecutive MP3 frames.

    >>> looks_like_audio(b"RIFF....WAVEfmt "), looks_like_audio(b"once upon a time")
    (True, False)
    """
    if any(head.startswith(mark, offset) for offset, mark in _MAGIC):
        return True
    length = _mp3_frame_length(head)
    return length > 0 and _mp3_frame_length(head[length:]) > 0


def holds_audio(head: bytes) -> bool:
    """Return True if a file's first bytes, 64 KiB at best, are those of a file with sound, whatever its name.

    Wider than `looks_like_audio`: frames of MPEG audio, layer III or AAC, may follow junk, and videos count.

    >>> holds_audio(b"....ftypisom"), holds_audio(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    (True, False)
    """
    if looks_like_audio(head) or any(head.startswith(mark, offset) for offset, mark in _CONTAINERS):
        return True
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:  # packets of an MPEG transport stream
        return True
    at = head.find(0xFF)
    while at >= 0:
        if _frames(head, at, _mp3_frame_length) or _frames(head, at, _aac_frame_length):
            return True
        at = head.find(0xFF, at + 1)
    return False


def _frames(head: bytes, at: int, length_of: Callable[[bytes], int]) -> bool:
    """Return True if three frames begin here, one after the other: a chance of 1 in 10^5 in random bytes."""
    for _ in range(3):
        length = length_of(head[at : at + 8])
        if not length:
            return False
        at += length
    return True


def _aac_frame_length(head: bytes) -> int:
    """Return the length in bytes of the AAC frame that begins here, or 0 (ISO 13818-7, 6.2: ADTS)."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _extension(path: str) -> str:
    return os.path.splitext(path)[1][1:].lower()  # noqa: PTH122  called for many files


def _mp3_frame_length(head: bytes) -> int:
    """Return the length in bytes of the MPEG layer III frame that begins here, or 0 (ISO 11172-3, 2.4.2.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or not 1 <= bitrate <= 14 or rate == 3:
        return 0
    kbps, factor = _MPEG[version == 3]
    return factor * 1000 * kbps[bitrate - 1] // _RATES[version][rate] + (head[2] >> 1 & 1)
