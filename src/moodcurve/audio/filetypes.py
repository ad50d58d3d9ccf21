"""Whether a file may hold music: by its ending, and where that tells nothing, by its first bytes."""

import os
from pathlib import Path

_AUDIO = (
    "aac ac3 aif aifc aiff amr ape au caf dff dsf dts eac3 flac m4a m4b mka mp1 mp2 mp3 mp4 mpc mp+ oga ogg opus "
    "ra snd spx tak tta w64 wav wave weba webm wma wv xwma"
)
_FILMS = "avi mkv m4v mov mpg mpeg vob wmv flv 3gp ts m2ts mts ogv rm rmvb"
_OTHER = (
    # pictures; texts, lists and tables; archives and half downloads; programs; notes without sound
    "jpg jpeg png gif bmp webp tif tiff svg heic ico psd "
    "txt nfo md log cue m3u m3u8 pls xspf sfv md5 ffp accurip lrc srt sub ass htm html url xml json toml yaml yml ini "
    "csv tsv sql sqlite db pdf doc docx xls xlsx odt ods rtf epub ttf otf "
    "zip rar 7z gz bz2 xz zst tar tgz iso dmg torrent part crdownload tmp bak lock lnk "
    "exe dll so py pyc js css c h o a cpp java sh bat jar class "
    "mid midi kar mod xm it s3m"
)
AUDIO_EXTENSIONS = frozenset(_AUDIO.split())
"""Endings of files that are always looked into: MP4 and WebM are among them, which often hold sound alone."""
VIDEO_EXTENSIONS = frozenset(_FILMS.split())
"""Endings of files that hold pictures beside their sound."""
OTHER_EXTENSIONS = frozenset(_OTHER.split()) | VIDEO_EXTENSIONS
"""Endings of files that are passed over without opening them, films among them."""

# place and bytes by which the kinds that the decoders read can be told
_MAGIC = (
    (0, b"ID3"), (0, b"fLaC"), (0, b"OggS"), (8, b"WAVE"), (8, b"AIFF"), (8, b"AIFC"), (0, b"caff"), (0, b".snd"),
    (0, b"MAC "), (0, b"wvpk"), (0, b"TTA1"), (0, b"tBaK"), (0, b"MPCK"), (0, b"MP+"), (0, b"DSD "), (0, b"FRM8"),
    (0, b"#!AMR"), (0, b"riff\x2e\x91\xcf\x11"), (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (4, b"ftypM4A"), (4, b"ftypM4B"), (4, b"ftypmp4"), (4, b"ftypisom"), (4, b"ftypdash"),
)  # fmt: skip
_HEAD = 1 << 12

# of MPEG-1, and of MPEG-2 and 2.5: kbit/s by index 1 to 14 of layer III, samples in a frame over 8
_MPEG = {
    True: ((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 144),
    False: ((8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160), 72),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def may_be_audio(path: str) -> bool:
    """Tell by the ending, or by the first bytes where the ending is neither music's nor another known kind's.

    A file that the system says is empty is not opened: of those below ``/proc`` some keep who reads them waiting.

    Raises
    ------
    OSError
        If the first bytes are needed and cannot be read.
    """
    ending = os.path.splitext(path)[1][1:].lower()  # noqa: PTH122  asked of many files
    if ending in AUDIO_EXTENSIONS or ending in OTHER_EXTENSIONS:
        return ending in AUDIO_EXTENSIONS
    if os.stat(path).st_size == 0:  # noqa: PTH116  asked of many files
        return False
    with Path(path).open("rb") as file:
        return looks_like_audio(file.read(_HEAD))


def is_media_file(path: str) -> bool:
    """Tell whether a file must not be replaced by a result: named as music or a film, or there and begins like music.

    A link counts as what it leads to as well.

    Raises
    ------
    OSError
        If it is there and cannot be read.
    """
    for name in (path, os.path.realpath(path)):
        if os.path.splitext(name)[1][1:].lower() in AUDIO_EXTENSIONS | VIDEO_EXTENSIONS:  # noqa: PTH122  a text
            return True
    if not Path(path).is_file():
        return False
    with Path(path).open("rb") as file:
        return looks_like_audio(file.read(_HEAD))


def looks_like_audio(head: bytes) -> bool:
    """Tell by the first bytes of a file: by a mark, or by a frame of MP3 that another one follows.

    >>> looks_like_audio(b"RIFF....WAVEfmt "), looks_like_audio(b"once upon a time")
    (True, False)
    """
    if any(head.startswith(mark, place) for place, mark in _MAGIC):
        return True
    length = _mp3_frame(head)
    return length > 0 and _mp3_frame(head[length:]) > 0


def _mp3_frame(head: bytes) -> int:
    """Length in bytes of the frame of MPEG layer III that begins here, 0 if none does (ISO 11172-3, 2.4.2.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or not 1 <= bitrate <= 14 or rate == 3:
        return 0
    kbps, factor = _MPEG[version == 3]
    return factor * 1000 * kbps[bitrate - 1] // _RATES[version][rate] + (head[2] >> 1 & 1)
