"""Write results to standard output or files, and print which files were written."""

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from moodcurve.cli.messages import print_message
from moodcurve.cli.output_checks import STDOUT
from moodcurve.util.text import terminal_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write each text to its file, complete or not at all; ``-`` is standard output."""
    from moodcurve.util.files import write_text

    for path, text in texts.items():
        if path == STDOUT:
            print_text([text])
            continue
        write_text(path, text)
        print_message(f"wrote {path}")


def write_picture(figure: "Figure", path: Path, results: Mapping[str, Any]) -> None:
    """Write the picture of results as a PNG."""
    from moodcurve.util.figures import save_figure

    save_figure(figure, path, results=results)
    print_message(f"wrote {path}")


def json_text(data: object) -> str:
    """Return data as strict JSON (no NaN), indented by one space."""
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def json_list(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a JSON list part by part, one item a line."""
    before = "[\n"
    for item in items:
        yield before + json.dumps(item, ensure_ascii=False, allow_nan=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def write_parts(parts: Iterable[str], path: Path) -> None:
    """Write a text part by part to a file, complete or not at all; ``-`` is standard output."""
    if path == STDOUT:
        print_text(parts)
        return
    from moodcurve.util.files import atomic_write

    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        stream.writelines(part.encode("utf-8", "replace") for part in parts)
    print_message(f"wrote {path}")


def print_text(parts: Iterable[str]) -> None:
    """Print text part by part, as UTF-8 whatever the terminal's encoding: JSON and CSV are UTF-8 everywhere."""
    stream = results_stream()
    for part in parts:
        stream.write(part.encode("utf-8", "replace"))


def results_stream() -> BinaryIO:
    """Return standard output for text in UTF-8; on a terminal, what that could obey is escaped."""
    return cast(BinaryIO, _TerminalStream()) if sys.stdout.isatty() else sys.stdout.buffer


class _TerminalStream(io.BufferedIOBase):
    """Standard output that escapes text with `terminal_text`; each write must hold whole characters."""

    def write(self, data: Any) -> int:
        return sys.stdout.buffer.write(terminal_text(bytes(data).decode("utf-8", "replace")).encode())
