"""Declare a command's arguments and options, and convert their text to values."""

import argparse
import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from moodcurve.util.text import text_path

DASH_HINT = "for files whose names begin with a dash write ./*.mp3, or -- before them"
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True, kw_only=True)
class Argument:
    """A positional value, with its name and text in the help."""

    metavar: str
    help: str


class Option:
    """A named value.

    Parameters
    ----------
    *names : str
        Such as ``-o`` and ``--output``.
    metavar : str
        Name of the value in the help; by default the choices.
    min, max : float, optional
        Smallest and largest number.
    implied : str, optional
        Value of the option when none is given. The next word is its value only if it ends in `ending`, is ``-``, or
        is one argument too many for the command; ``--option=VALUE`` always works.
    """

    def __init__(
        self,
        *names: str,
        metavar: str = "",
        help: str,
        min: float | None = None,
        max: float | None = None,
        implied: str | None = None,
        ending: str = "",
    ) -> None:
        self.names = names
        self.metavar = metavar
        self.help = help
        self.min = min
        self.max = max
        self.implied = implied
        self.ending = ending


class PathOrUrl(str):
    """Kind of a parameter that takes a path or a URL; a ``file:`` URI is the path that it stands for."""


class UsageError(Exception):
    """The command line is wrong; `name` is the option or argument at fault, if there is one."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(f"argument {name}: {message}" if name else message)
        self.message = message
        self.name = name


def split_names(text: str, known: Collection[str], *, name: str) -> list[str]:
    """Split a list such as ``a,b``; `name` is the option that holds it.

    Raises
    ------
    UsageError
        If a name is unknown or given twice.
    """
    names = [given.strip() for given in text.split(",")]
    for number, given in enumerate(names):
        if given not in known:
            raise UsageError(f"{given!r} is not one of {', '.join(known)}", name=name)
        if given in names[:number]:
            raise UsageError(f"{given!r} is given twice", name=name)
    return names


def local_file(text: str, *, name: str) -> Path:
    """Return the path that a text stands for, as results name it.

    Raises
    ------
    UsageError
        If it is a URL; `name` is the argument.
    """
    path = text_path(text)
    if URL.match(path):
        raise UsageError(_not_a_file(path), name=name)
    return Path(path)


def _not_a_file(url: str) -> str:
    """Return what to say of a URL where a file is expected."""
    return f"{url!r} is a URL, not a file; download it first"


def converter(kind: type, parameter: Argument | Option) -> Callable[[str], Any]:
    """Return a function that converts a parameter's text, and names what it expects if it cannot."""
    expected = {int: "a whole number", float: "a number", Path: "a path", PathOrUrl: "a path or URL"}.get(kind, "valid")
    if issubclass(kind, StrEnum):
        expected = "one of " + ", ".join(kind)
    least, most = (parameter.min, parameter.max) if isinstance(parameter, Option) else (None, None)

    def convert(text: str) -> Any:
        if issubclass(kind, Path | PathOrUrl):
            text = text_path(text)  # as results name files whose names are not UTF-8
        if kind is Path and isinstance(parameter, Argument) and URL.match(text):
            raise argparse.ArgumentTypeError(_not_a_file(text))
        try:
            if (
                issubclass(kind, Path | PathOrUrl) and not text
            ):  # an unset shell variable; Path would take it for the current folder
                raise ValueError
            value = kind(text)
            if kind is float and not math.isfinite(value):  # JSON has no such numbers
                raise ValueError
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {expected}") from None
        if least is not None and value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        if most is not None and value > most:
            raise argparse.ArgumentTypeError(f"{text} is more than {most}")
        return value

    return convert
