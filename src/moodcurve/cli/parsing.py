"""From a command's signature to its options: what a command takes stands there, as types and one line of help each.

A parameter is declared as ``Annotated[type, Argument(...)]`` or ``Annotated[type, Option(...)]``; the type is Path,
str, int, float, a StrEnum (its values are the choices), bool (a flag), ``list`` of one (may be given several
times), or one of them ``| None``. Without a default it is required.
"""

import getopt
import glob
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Function = TypeVar("Function", bound=Callable[..., int | None])
REQUIRED = object()
_LEFT = 24  # characters of the names in a help text


@dataclass(frozen=True, kw_only=True)
class Argument:
    """A value without a name, and how usage and help show it."""

    metavar: str
    help: str


class Option:
    """A value with a name such as ``-o`` or ``--model``; ``metavar`` is how help shows the value."""

    def __init__(self, name: str, *, metavar: str = "", help: str, min: float | None = None) -> None:
        self.name = name
        self.metavar = metavar
        self.help = help
        self.min = min


class UsageError(Exception):
    """The command was called wrongly; ``name`` is the option or argument that is wrong, if it is one."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(f"Invalid value for {name}: {message}" if name else message)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter of a command."""

    key: str
    shown: Argument | Option
    kind: type
    several: bool
    default: Any

    def converted(self, text: str) -> Any:
        """Give a value as the command takes it."""
        name = self.shown.name if isinstance(self.shown, Option) else self.shown.metavar
        try:
            value = self.kind(text)
        except ValueError:
            raise UsageError(f"{text!r} is not {_wanted(self.kind)}", name=name) from None
        if isinstance(self.shown, Option) and self.shown.min is not None and value < self.shown.min:
            raise UsageError(f"{text} is less than {self.shown.min}", name=name)
        return value


def _wanted(kind: type) -> str:
    if issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    return {int: "a whole number", float: "a number"}.get(kind, "valid")


class Command:
    """A function that can be called with words."""

    def __init__(self, program: str, function: Callable[..., int | None]) -> None:
        self.name = f"{program} {function.__name__}"
        self.function = function
        self.help = function.__doc__ or ""

    def parameters(self) -> list[Parameter]:
        """Read the signature."""
        code, defaults = self.function.__code__, self.function.__defaults__ or ()
        names = code.co_varnames[: code.co_argcount]
        given = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        hints = get_type_hints(self.function, include_extras=True)
        found = []
        for name in names:
            kind, shown = get_args(hints[name])
            alternatives = [kind for kind in get_args(kind) if kind is not type(None)]
            if alternatives and get_origin(kind) is not list:
                kind = alternatives[0]
            several = get_origin(kind) is list
            kind = get_args(kind)[0] if several else kind
            default = given.get(name, REQUIRED)
            found.append(Parameter(key=name, shown=shown, kind=kind, several=several, default=default))
        return found

    def __call__(self, words: Sequence[str]) -> int:
        """Run with words; give the exit code."""
        parameters = self.parameters()
        options = {p.shown.name: p for p in parameters if isinstance(p.shown, Option)}
        short = "h" + "".join(n[1:] + ":" * (p.kind is not bool) for n, p in options.items() if n[:2] != "--")
        long = ["help", *(n[2:] + "=" * (p.kind is not bool) for n, p in options.items() if n[:2] == "--")]
        try:
            named, rest = getopt.gnu_getopt(list(words), short, long)
            if any(name in ("-h", "--help") for name, _ in named):
                print(self.page())
                return 0
            values: dict[str, Any] = {}
            for name, text in named:
                _put(values, options[name], text)
            _put_rest(values, [p for p in parameters if isinstance(p.shown, Argument)], rest)
            for parameter in parameters:
                if parameter.key not in values and parameter.default is REQUIRED:
                    assert isinstance(parameter.shown, Option)
                    raise UsageError(f"Missing option {parameter.shown.name}")
            return self.function(**values) or 0
        except (UsageError, getopt.GetoptError) as error:
            print(f"{self.usage()}\nTry '{self.name} -h' for help.\n\nError: {error}", file=sys.stderr)
            return 2

    def usage(self) -> str:
        """Give the first line of the help."""
        return " ".join(
            [
                f"Usage: {self.name} [OPTIONS]",
                *(p.shown.metavar for p in self.parameters() if isinstance(p.shown, Argument)),
            ]
        )

    def page(self) -> str:
        """Give the help."""
        width = min(shutil.get_terminal_size().columns, 100)
        arguments, options = [], []
        for parameter in self.parameters():
            shown = parameter.shown
            if isinstance(shown, Argument):
                arguments.append((shown.metavar, shown.help))
                continue
            choices = "|".join(parameter.kind) if issubclass(parameter.kind, StrEnum) else ""
            note = "required" if parameter.default is REQUIRED else f"default: {parameter.default}"
            noted = parameter.default is not None and parameter.kind is not bool
            help_text = f"{shown.help}  [{note}]" if noted else shown.help
            options.append((f"{shown.name} {shown.metavar or choices}".rstrip(), help_text))
        options.append(("-h, --help", "Show this message."))
        parts = [self.usage(), _paragraphs(self.help, width)]
        parts += [
            _listed(title, rows, width) for title, rows in (("Arguments", arguments), ("Options", options)) if rows
        ]
        return "\n\n".join(parts)


class App:
    """The commands of a program, by name."""

    def __init__(self, name: str, *, help: str, version: str) -> None:
        self.name = name
        self.help = help
        self.version = version
        self.commands: dict[str, Command] = {}

    def command(self, function: Function) -> Function:
        """Make a function a command of its name."""
        self.commands[function.__name__] = Command(self.name, function)
        return function

    def __call__(self, words: Sequence[str]) -> int:
        """Run a command with words; give the exit code: 0 done, 2 wrong usage, or what the command gives."""
        if sys.platform == "win32":  # where the shell leaves *.mp3 to the program
            words = [name for word in words for name in (glob.glob(word) or [word])]  # noqa: PTH207
        first, rest = (words[0], words[1:]) if words else ("", [])
        if first in self.commands:
            return self.commands[first](rest)
        if first == "--version":
            print(f"{self.name} {self.version}")
            return 0
        if first in ("-h", "--help"):
            print(self.page())
            return 0
        problem = f"\n\nError: No such command or option: {first}" if first else ""
        print(f"{self.page()}{problem}", file=sys.stderr)
        return 2

    def page(self) -> str:
        """Give the help."""
        width = min(shutil.get_terminal_size().columns, 100)
        options = [("--version", "Show the version."), ("-h, --help", "Show this message; also for each command.")]
        commands = [(name, command.help.strip().partition("\n")[0]) for name, command in self.commands.items()]
        return "\n\n".join(
            [
                f"Usage: {self.name} COMMAND [ARGUMENTS]",
                _paragraphs(self.help, width),
                _listed("Options", options, width),
                _listed("Commands", commands, width),
            ]
        )


def _put(values: dict[str, Any], parameter: Parameter, text: str) -> None:
    if parameter.kind is bool:
        values[parameter.key] = True
    elif parameter.several:
        values.setdefault(parameter.key, []).append(parameter.converted(text))
    else:
        values[parameter.key] = parameter.converted(text)


def _put_rest(values: dict[str, Any], parameters: Sequence[Parameter], words: Sequence[str]) -> None:
    """Give the words without a name to the arguments in turn; one that takes several takes all that are left."""
    left = list(words)
    for parameter in parameters:
        taken, left = (left, []) if parameter.several else (left[:1], left[1:])
        if not taken and parameter.default is REQUIRED:
            assert isinstance(parameter.shown, Argument)
            raise UsageError(f"Missing argument {parameter.shown.metavar}")
        for word in taken:
            _put(values, parameter, word)
    if left:
        raise UsageError(f"Got an argument too many: {left[0]}")


def _paragraphs(text: str, width: int) -> str:
    paragraphs = textwrap.dedent(text.strip().replace("\n    ", "\n")).split("\n\n")
    filled = (textwrap.fill(p, width, initial_indent="  ", subsequent_indent="  ") for p in paragraphs)
    return "\n\n".join(filled)


def _listed(title: str, rows: Sequence[tuple[str, str]], width: int) -> str:
    """Give two columns; a name too long for the first stands on a line of its own."""
    left = min(_LEFT, max(len(name) for name, _ in rows)) + 4
    lines = []
    for name, text in rows:
        start = f"  {name}".ljust(left)
        if len(name) > _LEFT:
            lines.append(start)
            start = " " * left
        lines.append(textwrap.fill(text, width, initial_indent=start, subsequent_indent=" " * left))
    return "\n".join([f"{title}:", *lines])
