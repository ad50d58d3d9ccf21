"""Writing of JSON and text to standard output."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any


def print_json(items: Iterable[dict[str, Any]]) -> None:
    """Print a list, an item a line, as the items come."""

    def lines() -> Iterator[str]:
        before = "[\n"
        for item in items:
            yield before + json.dumps(item, ensure_ascii=False, allow_nan=False)
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    print_text(lines())


def print_text(parts: Iterable[str]) -> None:
    """Write text to standard output as UTF-8."""
    for part in parts:
        # bytes: JSON and CSV are UTF-8 wherever they go
        sys.stdout.buffer.write(part.encode("utf-8", "replace"))
