"""From a command's signature to an argparse parser: what a command takes stands there, with one line of help each.

A parameter is declared as ``Annotated[type, Argument(...)]`` or ``Annotated[type, Option(...)]``; the type is Path,
str, int, float, a StrEnum (its values are the choices), bool (a flag), ``list`` of one (may be given several
times), or one of them ``| None``. Without a default it is required. A parameter whose type is a dataclass of such
fields stands for all of them: options that several commands share.
"""

import argparse
import difflib
import glob
import inspect
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from moodcurve.util.text import one_line

Function = TypeVar("Function", bound=Callable[..., int | None])


@dataclass(frozen=True, kw_only=True)
class Argument:
    """A value without a name, and how usage and help show it."""

    metavar: str
    help: str


class Option:
    """A value with a name such as ``-o`` or ``--model``; ``metavar`` is how help shows the value."""

    def __init__(
        self, name: str, *, metavar: str = "", help: str, min: float | None = None, max: float | None = None
    ) -> None:
        self.name = name
        self.metavar = metavar
        self.help = help
        self.min = min
        self.max = max


class UsageError(Exception):
    """The command was called wrongly; ``name`` is the option or argument that is wrong, if it is one."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(f"argument {name}: {message}" if name else message)


def listed(text: str, known: Collection[str], *, name: str) -> list[str]:
    """Give the names of a list such as ``a,b``, each of them known; `name` is the option that has it.

    Raises
    ------
    UsageError
        If one is not known, or stands there twice.
    """
    names = [given.strip() for given in text.split(",")]
    for number, given in enumerate(names):
        if given not in known:
            raise UsageError(f"{given!r} is not one of {', '.join(known)}", name=name)
        if given in names[:number]:
            raise UsageError(f"{given!r} is named twice", name=name)
    return names


class Command:
    """A function that can be called with words."""

    def __init__(self, program: str, function: Callable[..., int | None]) -> None:
        self.program = f"{program} {function.__name__}"
        self.function = function
        self.help = inspect.getdoc(function) or ""

    def parser(self) -> argparse.ArgumentParser:
        """Make the parser of the function's parameters."""
        parser = _Parser(self.program, self.help)
        for name, hint, default in self._parameters():
            kind, shown = get_args(hint)
            alternatives = [kind for kind in get_args(kind) if kind is not type(None)]
            if alternatives and get_origin(kind) is not list:
                kind = alternatives[0]
            several = get_origin(kind) is list
            kind = get_args(kind)[0] if several else kind
            required = default is inspect.Parameter.empty
            default = None if required else default
            text = shown.help.replace("%", "%%")  # argparse formats it
            if isinstance(shown, Argument):
                nargs = ("+" if required else "*") if several else None if required else "?"
                parser.add_argument(
                    name, metavar=shown.metavar, nargs=nargs, type=_typed(kind), default=default, help=text
                )
                continue
            if kind is bool:
                parser.add_argument(shown.name, dest=name, action="store_true", help=text)
                continue
            parser.add_argument(
                shown.name,
                dest=name,
                action="append" if several else "store",
                metavar=shown.metavar or "|".join(kind),
                type=_typed(kind, shown.min, shown.max),
                required=required,
                default=default,
                help=text if default is None else f"{text} (default: {default})",
            )
        return parser

    def __call__(self, words: Sequence[str]) -> int:
        """Run with words; give the exit code."""
        parser = self.parser()
        # options may stand among the arguments, which argparse and a lone -- do not do together
        parse = parser.parse_args if "--" in words else parser.parse_intermixed_args
        values = vars(parse(_joined(words, self._valued())))
        for name, group in self._groups().items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        try:
            return self.function(**values) or 0
        except UsageError as error:
            parser.error(str(error))

    def _valued(self) -> set[str]:
        """Give the names of the options that take a value."""
        kinds = [get_args(hint) for _, hint, _ in self._parameters()]
        return {shown.name for kind, shown in kinds if isinstance(shown, Option) and kind is not bool}

    def _groups(self) -> dict[str, Any]:
        """Give the dataclasses among the function's parameters."""
        hints = get_type_hints(self.function, include_extras=True)
        return {name: hint for name, hint in hints.items() if name != "return" and is_dataclass(hint)}

    def _parameters(self) -> Iterator[tuple[str, Any, Any]]:
        """Give name, type and default of the function's parameters, those of a dataclass in its place."""
        hints, groups = get_type_hints(self.function, include_extras=True), self._groups()
        for name, parameter in inspect.signature(self.function).parameters.items():
            if name not in groups:
                yield name, hints[name], parameter.default
                continue
            inner = get_type_hints(groups[name], include_extras=True)
            for field in fields(groups[name]):
                yield field.name, inner[field.name], parameter.empty if field.default is MISSING else field.default


class App:
    """The commands of a program, by name."""

    def __init__(self, name: str, *, help: str, version: str, groups: Mapping[str, Sequence[str]]) -> None:
        self.name = name
        self.help = help
        self.version = version
        self.groups = groups
        """Names of all commands below headings, in the order of the page of help."""
        self.commands: dict[str, Command] = {}

    def command(self, function: Function) -> Function:
        """Make a function a command of its name."""
        self.commands[function.__name__] = Command(self.name, function)
        return function

    def __call__(self, words: Sequence[str]) -> int:
        """Run a command with words; give its exit code. Help, version and wrong usage end in SystemExit."""
        if sys.platform == "win32":  # where the shell leaves *.mp3 to the program
            words = [name for word in words for name in (glob.glob(word) or [word])]  # noqa: PTH207
        if words and words[0] in self.commands:
            return self.commands[words[0]](words[1:])
        parser = _Parser(self.name, self.help, "\n\n".join(self._listed()))
        parser.usage = f"{self.name} [-h] [--version] COMMAND ..."
        parser.add_argument("--version", action="version", version=f"{self.name} {self.version}")
        if not words:
            parser.print_help(sys.stderr)
            parser.exit(2)
        given = words[0]
        if given.startswith("-"):
            parser.parse_args([given])
        near = difflib.get_close_matches(given, self.commands, n=1)
        parser.error(f"there is no command {given!r}" + (f"; did you mean {near[0]}?" if near else ""))

    def _listed(self) -> Iterator[str]:
        """List the commands with the first line of what each says of itself, as blocks of lines."""
        names_end = 4 + max(map(len, self.commands))
        width = max(40, shutil.get_terminal_size().columns - 2)
        for heading, names in self.groups.items():
            lines = [f"{heading}:"]
            for name in names:
                said = self.commands[name].help.partition("\n")[0]
                begin = f"  {name}".ljust(names_end)
                lines.append(textwrap.fill(said, width, initial_indent=begin, subsequent_indent=" " * names_end))
            yield "\n".join(lines)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line: a usage of nine would hide it."""

    def __init__(self, program: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=program,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Print the message and where to read more; end with exit code 2."""
        end = " " if message.endswith("?") else "; "
        self.exit(2, f"{self.prog}: error: {one_line(message)}{end}see {self.prog} --help\n")


def _joined(words: Sequence[str], options: Collection[str]) -> list[str]:
    """Write ``--valence -1:0`` as ``--valence=-1:0``: argparse takes only plain numbers for what they are.

    So ``--sort -arousal``; a minus and one letter after an option is another option, its value forgotten.
    """
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in options and re.match(r"-(?:[\d.]|[^-].)", word):
            joined[-1] += f"={word}" if joined[-1].startswith("--") else word
        else:
            joined.append(word)
    return joined


def _typed(kind: type, least: float | None = None, most: float | None = None) -> Callable[[str], Any]:
    """Give what makes a value of an option's text, and says what it should have been."""
    wanted = {int: "a whole number", float: "a number", Path: "a path"}.get(kind, "valid")
    if issubclass(kind, StrEnum):
        wanted = "one of " + ", ".join(kind)

    def convert(text: str) -> Any:
        try:
            if kind is Path and not text:  # a variable that is not set; to Path it is the folder one is in
                raise ValueError
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None
        if least is not None and not value >= least:  # NaN is neither
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        if most is not None and value > most:
            raise argparse.ArgumentTypeError(f"{text} is more than {most}")
        return value

    return convert
