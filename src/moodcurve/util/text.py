"""Format durations, numbers, names and JSON lines as text."""

import json
import os
import time
import unicodedata
from urllib.parse import quote_from_bytes, unquote_to_bytes


def one_line(text: str) -> str:
    r"""Return text as one printable line: control characters and undecodable file names are escaped.

    Examples
    --------
    >>> print(one_line("two" + chr(10) + "lines.mp3"))
    two\nlines.mp3
    """
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole)


def terminal_text(text: str) -> str:
    r"""Escape what a terminal could obey, as JSON does: controls, and marks that reorder text. Lines stay.

    In JSON, where these occur within strings only, the text keeps its meaning.

    >>> print(terminal_text(chr(0x9B) + "2J" + chr(0x202E) + "é"))
    \u009b2J\u202eé
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c if _is_harmless(c) else json.dumps(c)[1:-1] if ord(c) > 0x7F else f"\\u{ord(c):04x}" for c in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character == "\n" or unicodedata.category(character) == "Zs"


def clock(seconds: float) -> str:
    """Format a duration as minutes and seconds, with hours if there are any.

    >>> clock(0.4), clock(61.6), clock(3661)
    ('0:00', '1:02', '1:01:01')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_bytes(count: int) -> str:
    """Format a number of bytes with a decimal unit.

    >>> format_bytes(999), format_bytes(1_234_567), format_bytes(5_600_000_000)
    ('999 bytes', '1.2 MB', '5.6 GB')
    """
    for limit, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} bytes"


def counted(number: int, word: str) -> str:
    """Format a number with its noun, singular or plural.

    >>> counted(1, "file"), counted(12345, "file")
    ('1 file', '12,345 files')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def signed(value: float) -> str:
    """Format a value with sign (a true minus) and two decimals; zero has no sign.

    >>> signed(0.5), signed(-0.254), signed(-0.001)
    ('+0.50', '−0.25', '0.00')
    """
    text = f"{value:+.2f}"
    return "0.00" if text[1:] == "0.00" else text.replace("-", "−")


_ASCII = {
    "−": "-", "–": "-", "—": "-", "…": "...", "·": "-", "×": "x", "±": "+-", "°": " deg", "²": "2", "³": "3",
    "≥": ">=", "≤": "<=", "→": "->", "½": "1/2", "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ",
}  # fmt: skip


def ascii_fallback(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks by ASCII; an error handler for `codecs.register_error`.

    A minus becomes a hyphen, since "?0.25" would be wrong; characters without a substitute become question marks.

    >>> import codecs
    >>> codecs.register_error("ascii_fallback", ascii_fallback)
    >>> "−0.25 – 90 % of “René”…".encode("ascii", "ascii_fallback")
    b'-0.25 - 90 % of "Ren?"...'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(c, "?") for c in error.object[error.start : error.end]), error.end


def utf8_text(text: str) -> str:
    """Replace characters that UTF-8 cannot encode: Python reads file names of other bytes as lone surrogates.

    >>> utf8_text("caf" + chr(0xDCE9))
    'caf?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def path_text(path: str) -> str:
    """Return a path as text that leads to the file again, for all results that name files.

    It is the path itself; or, if the file system's bytes are not UTF-8, a URI of the file (RFC 8089) with these bytes
    in percent form. `text_path` is the inverse.

    >>> path_text("/music/Émile 100%.mp3"), path_text("/music/mod" + chr(0xDC85) + " 1.mp3")
    ('/music/Émile 100%.mp3', 'file:///music/mod%85%201.mp3')
    """
    if utf8_text(path) == path:
        return path
    return "file://" + quote_from_bytes(os.fsencode(os.path.abspath(path)))  # noqa: PTH100  any string


def text_path(text: str) -> str:
    r"""Return the path that a text of `path_text` stands for.

    >>> text_path("/music/100%25.mp3"), text_path("file:///music/mod%85%201.mp3")
    ('/music/100%25.mp3', '/music/mod\udc85 1.mp3')
    """
    prefix = next((start for start in ("file:///", "file://localhost/") if text.startswith(start)), None)
    return text if prefix is None else os.fsdecode(unquote_to_bytes(text[len(prefix) - 1 :]))


def reason_of(error: Exception, *names: str) -> str:
    """Return what went wrong, without the names of the file, path by path, that messages begin with.

    >>> reason_of(FileNotFoundError(2, "No such file"), "a.mp3"), reason_of(ValueError("a.mp3: is empty"), "a.mp3")
    ('No such file', 'is empty')
    """
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    for name in names:
        reason = reason.removeprefix(f"{name}: ")
    return reason


def utc_time(seconds: float | None = None) -> str:
    """Return a time since 1970, by default now, as UTC to the second (RFC 3339).

    >>> utc_time(1e9)
    '2001-09-09T01:46:40Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def json_line(data: object) -> str:
    r"""Return data as one line of strict JSON (no NaN), with its line end.

    >>> json_line({"title": "Émile", "year": None})
    '{"title": "Émile", "year": null}\n'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"
