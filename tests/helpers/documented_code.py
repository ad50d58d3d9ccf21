"""Find the blocks of code in a Markdown page."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:^<!-- not run by the tests: (?P<reason>[^>]+) -->\n\n)?^```(?P<language>\S*)\n(?P<code>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes
    ----------
    line : int
        Line of the page on which it begins.
    language : str
        What stands after the opening ticks, or empty.
    reason : str
        Why it is not run, from the comment above it, or empty: ``<!-- not run by the tests: it needs Docker -->``
    """

    line: int
    language: str
    code: str
    reason: str


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(text.count("\n", 0, found.start("code")), found["language"], found["code"], found["reason"] or "")
        for found in _BLOCK.finditer(text)
    ]
