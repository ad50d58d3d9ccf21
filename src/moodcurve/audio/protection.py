"""Recognize copy-protected files, whose sound only their shop's player can decrypt."""

from pathlib import Path

from moodcurve.audio.mp4 import mp4_codecs

_MP4_BRANDS = (b"aax ", b"aaxc")
_MP4_CODECS = {b"drms", b"drmi", b"enca", b"aavd"}
"""Sample formats of encrypted sound: iTunes, Common Encryption (ISO 23001-7), Audible."""
_AUDIBLE = b"\x57\x90\x75\x36"
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb31122 23bd d211 b4b7 00a0c955fc6e"),  # content encryption
    bytes.fromhex("14e68a29 2226 174c b935 dae07ee9289c"),  # extended content encryption
)
_ASF_HEADER = 1 << 16


def is_protected(path: Path, head: bytes) -> bool:
    """Return True if a file, whose first bytes are `head`, is encrypted: ``.m4p``, ``.aax``, ``.aa``, protected WMA.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if head[4:8] == _AUDIBLE:
        return True
    if head[4:8] == b"ftyp":
        if head[8:12] in _MP4_BRANDS:
            return True
        with path.open("rb") as file:
            return not _MP4_CODECS.isdisjoint(mp4_codecs(file))
    if head[:4] == b"\x30\x26\xb2\x75":
        with path.open("rb") as file:
            return any(mark in file.read(_ASF_HEADER) for mark in _ASF_ENCRYPTION)
    return False
