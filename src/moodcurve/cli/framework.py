"""Build a command's argparse parser from its function's signature.

A parameter is declared as ``Annotated[type, Argument(...)]`` or ``Annotated[type, Option(...)]``. The type is Path,
str, int, float, bool (a flag) or a StrEnum (its values are the choices). It may be a ``list`` of one of these, for
options that may be repeated, or end in ``| None``. A parameter without a default is required. A parameter whose type is
a dataclass stands for the dataclass's fields: options that several commands share.
"""

import argparse
import difflib
import glob
import inspect
import itertools
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from moodcurve.cli.parameters import DASH_HINT, Argument, Option, PathOrUrl, UsageError, converter
from moodcurve.cli.parser import Parser

Function = TypeVar("Function", bound=Callable[..., int | None])


@dataclass(frozen=True, kw_only=True)
class _Parameter:
    """A command's argument or option, as its function's signature declares it."""

    name: str
    declared: Argument | Option
    kind: type
    repeated: bool
    default: Any
    required: bool

    @property
    def is_flag(self) -> bool:
        return self.kind is bool

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add the parameter to an argparse parser."""
        declared, text = self.declared, self.declared.help.replace("%", "%%")  # argparse formats it
        if isinstance(declared, Argument):
            nargs = ("+" if self.required else "*") if self.repeated else None if self.required else "?"
            convert = converter(self.kind, declared)
            parser.add_argument(
                self.name, metavar=declared.metavar, nargs=nargs, type=convert, default=self.default, help=text
            )
        elif self.is_flag:
            parser.add_argument(*declared.names, dest=self.name, action="store_true", help=text)
        else:
            parser.add_argument(
                *declared.names,
                dest=self.name,
                action="append" if self.repeated else "store",
                nargs=None if declared.implied is None else "?",
                metavar=declared.metavar or "|".join(self.kind),  # type: ignore[arg-type]  # the choices
                type=converter(self.kind, declared),
                required=self.required,
                default=self.default,
                help=text if self.default is None else f"{text} (default: {self.default})",
            )


class Command:
    """A function that runs with command-line words."""

    def __init__(self, program: str, function: Callable[..., int | None]) -> None:
        self.program = f"{program} {function.__name__}"
        self.function = function
        self.help = inspect.getdoc(function) or ""

    def __call__(self, words: Sequence[str]) -> int:
        """Run with words and return the exit code."""
        parameters = list(self._parameters())
        parser = Parser(self.program, self.help)
        for parameter in parameters:
            parameter.add_to(parser)
        if any(issubclass(p.kind, Path | PathOrUrl) and isinstance(p.declared, Argument) for p in parameters):
            _check_dashes(words, parser)
        # argparse does not take options among the arguments together with a lone --
        parse = parser.parse_args if "--" in words else parser.parse_intermixed_args
        values = vars(parse(_join_values(words, parameters)))
        for name, group in self._groups().items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        try:
            return self.function(**values) or 0
        except UsageError as error:
            options = [parameter.declared for parameter in parameters]
            names = next((o.names for o in options if isinstance(o, Option) and error.name in o.names), (error.name,))
            parser.error(f"argument {'/'.join(names)}: {error.message}" if error.name else error.message)

    def _groups(self) -> dict[str, Any]:
        """Return the dataclasses among the function's parameters, by name."""
        hints = get_type_hints(self.function, include_extras=True)
        return {name: hint for name, hint in hints.items() if name != "return" and is_dataclass(hint)}

    def _parameters(self) -> Iterator[_Parameter]:
        """Yield the function's parameters, a dataclass's fields in its place."""
        hints, groups = get_type_hints(self.function, include_extras=True), self._groups()
        for name, parameter in inspect.signature(self.function).parameters.items():
            if name not in groups:
                yield _parameter(name, hints[name], parameter.default)
                continue
            inner = get_type_hints(groups[name], include_extras=True)
            for field in fields(groups[name]):
                yield _parameter(
                    field.name, inner[field.name], parameter.empty if field.default is MISSING else field.default
                )


class App:
    """The commands of a program, by name."""

    def __init__(self, name: str, *, help: str, version: str, groups: Mapping[str, Sequence[str]]) -> None:
        self.name = name
        self.help = help
        self.version = version
        self.groups = groups
        """Names of all commands by heading, in the order of the help."""
        self.commands: dict[str, Command] = {}

    def command(self, function: Function) -> Function:
        """Register a function as the command of its name."""
        self.commands[function.__name__] = Command(self.name, function)
        return function

    def __call__(self, words: Sequence[str]) -> int:
        """Run a command and return its exit code; help, version and wrong usage raise SystemExit."""
        if sys.platform == "win32":  # its shell leaves *.mp3 to the program
            words = [name for word in words for name in (glob.glob(word) or [word])]  # noqa: PTH207
        if words and words[0] in self.commands:
            return self.commands[words[0]](words[1:])
        parser = Parser(self.name, self.help, "\n\n".join(self._command_list()))
        parser.usage = f"{self.name} [-h] [--version] COMMAND ..."
        parser.add_argument("--version", action="version", version=f"{self.name} {self.version}")
        if not words:
            parser.print_help(sys.stderr)
            parser.exit(2)
        given = words[0]
        if given.startswith("-"):
            parser.parse_args([given])
        near = difflib.get_close_matches(given, self.commands, n=1)
        parser.error(f"unknown command {given!r}" + (f"; did you mean {near[0]}?" if near else ""))

    def _command_list(self) -> Iterator[str]:
        """Yield the commands of each group, with the first line of their help."""
        names_end = 4 + max(map(len, self.commands))
        width = max(40, shutil.get_terminal_size().columns - 2)
        for heading, names in self.groups.items():
            lines = [f"{heading}:"]
            for name in names:
                summary = self.commands[name].help.partition("\n")[0]
                begin = f"  {name}".ljust(names_end)
                lines.append(textwrap.fill(summary, width, initial_indent=begin, subsequent_indent=" " * names_end))
            yield "\n".join(lines)


def _parameter(name: str, hint: Any, default: Any) -> _Parameter:
    kind, declared = get_args(hint)
    alternatives = [kind for kind in get_args(kind) if kind is not type(None)]
    if alternatives and get_origin(kind) is not list:
        kind = alternatives[0]
    repeated = get_origin(kind) is list
    required = default is inspect.Parameter.empty
    return _Parameter(
        name=name,
        declared=declared,
        kind=get_args(kind)[0] if repeated else kind,
        repeated=repeated,
        default=None if required else default,
        required=required,
    )


def _check_dashes(words: Sequence[str], parser: Parser) -> None:
    """Refuse words that argparse takes for options although they are files: ``*.mp3`` may stand for ``-o.mp3``."""
    for word in itertools.takewhile(lambda word: word != "--", words):
        ending = word.rpartition(".")[2].lower() if word.startswith("-") and "." in word and "=" not in word else ""
        if ending:
            from moodcurve.audio.filetypes import AUDIO_EXTENSIONS, VIDEO_EXTENSIONS

            if ending in AUDIO_EXTENSIONS | VIDEO_EXTENSIONS:
                parser.error(f"{word!r} looks like an audio file, not an option; {DASH_HINT}")


def _join_values(words: Sequence[str], parameters: Collection[_Parameter]) -> list[str]:
    """Attach values that argparse would misread to their options.

    ``--valence -1:0`` becomes ``--valence=-1:0``, and ``--sort -arousal`` likewise: argparse takes only plain numbers
    for values. A minus and one letter is another option. ``--json`` becomes ``--json=-``, see `Option`.
    """
    options = {
        name: parameter.declared
        for parameter in parameters
        if isinstance(parameter.declared, Option) and not parameter.is_flag
        for name in parameter.declared.names
    }
    spare = _spare_words(words, parameters, options)
    joined: list[str] = []
    open_option: Option | None = None  # the last word, if it is an option that still lacks its value
    for index, word in enumerate(words):
        if word == "--":
            return [*joined, *words[index:]]
        if open_option is not None and re.match(r"-(?:[\d.]|[^-].)", word):
            joined[-1] += f"={word}" if joined[-1].startswith("--") else word
            open_option = None
            continue
        joined.append(word)
        open_option = options.get(word) if open_option is None or word.startswith("-") else None
        if open_option is not None and open_option.implied is not None:
            following = words[index + 1 : index + 2]
            if not _takes(open_option, following, spare):
                joined[-1] += f"={open_option.implied}"
                open_option = None
    return joined


def _takes(option: Option, following: Sequence[str], spare: int) -> bool:
    """Return True if an option with an implied value takes the following word instead."""
    if not following or (following[0].startswith("-") and following[0] != "-"):
        return False
    return following[0] == "-" or following[0].endswith(option.ending or "\0") or spare > 0


def _spare_words(words: Sequence[str], parameters: Collection[_Parameter], options: Mapping[str, Option]) -> int:
    """Return how many words are neither options nor their values, above the number of single arguments."""
    arguments = [parameter for parameter in parameters if isinstance(parameter.declared, Argument)]
    if arguments and all(parameter.repeated for parameter in arguments):
        return 0
    plain, previous = 0, ""
    for word in words:
        is_value = previous in options and options[previous].implied is None
        if not is_value and (not word.startswith("-") or word == "-"):
            plain += 1
        previous = "" if is_value else word
    return plain - sum(not parameter.repeated for parameter in arguments)
