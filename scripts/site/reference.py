"""Write the reference pages of the site: the commands from the app itself, the Python API from its docstrings."""

import ast
import html
import importlib
import inspect
import re
from collections.abc import Iterator

import moodcurve
from moodcurve.cli import app
from moodcurve.cli.framework import Command
from moodcurve.cli.parameters import Option


def command_reference() -> str:
    """Return a page with each command's help, arguments and options, as the app declares them."""
    lines = [
        "# Commands",
        "",
        f"Made from the commands of moodcurve {moodcurve.__version__}; `moodcurve COMMAND --help` prints the same.",
        "Exit codes: 0 success, 1 some input could not be used, 2 wrong usage, 130 interrupted.",
        "",
        "| command | |",
        "|---|---|",
    ]
    names = [name for group in app.groups.values() for name in group]
    lines += [f"| [`{name}`](#{name}) | {_text(_summary(app.commands[name]))} |" for name in names]
    for heading, group in app.groups.items():
        lines += ["", f"## {heading} {{ #group-{heading.lower().replace(' ', '-')} }}"]
        for name in group:
            lines += ["", f"### {name} {{ #{name} }}", "", *_command(app.commands[name])]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> Iterator[str]:
    """Yield the lines of a command: its help, its examples, and its parameters as tables."""
    paragraphs = command.help.split("\n\n")
    examples = [line for line in command.help.splitlines() if line.startswith("Example: ")]
    for paragraph in paragraphs:
        if not paragraph.startswith("Example: "):
            yield from (_text(paragraph), "")
    yield from ("```sh", *(line.removeprefix("Example: ") for line in examples), "```")
    parameters = list(command._parameters())
    for title, kind in (("argument", False), ("option", True)):
        rows = [parameter for parameter in parameters if isinstance(parameter.declared, Option) == kind]
        if rows:
            yield from ("", f"| {title} | |", "|---|---|")
        for row in rows:
            declared = row.declared
            if isinstance(declared, Option):
                value = "" if row.is_flag else declared.metavar or "|".join(row.kind)
                value = f"[{value}]" if declared.implied is not None else value
                shown = f"{', '.join(declared.names)} {value}".strip()
            else:
                shown = declared.metavar
            notes = [_text(declared.help)]
            if row.default is not None and not row.is_flag:
                notes.append(f"Default: {_code(str(row.default))}.")
            if isinstance(declared, Option) and row.required:
                notes.append("Required.")
            if row.repeated and "repeat" not in declared.help.lower():
                notes.append("May be repeated." if isinstance(declared, Option) else "One or more.")
            yield f"| {_code(shown)} | {' '.join(notes)} |"


def _summary(command: Command) -> str:
    return command.help.partition("\n\n")[0]


def _code(text: str) -> str:
    """Return text as code in a table's cell."""
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>"


def _text(text: str) -> str:
    """Return plain text as Markdown: no character of it has a meaning."""
    escaped = re.sub(r"([\\`*_{}\[\]#|$])", r"\\\1", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def python_reference(guide: str) -> str:
    """Return a page with the docstrings of the public names: those of `moodcurve`, and those that the guide imports."""
    lines = [
        "# Python API",
        "",
        "The public names, from their docstrings: those of the package `moodcurve` itself, and those that",
        "[the guide](../api.md) uses. Other names may change without notice.",
    ]
    for module, names in public_names(guide).items():
        lines += ["", f"## {module} {{ #module-{module.replace('.', '-')} }}"]
        for name in names:
            # the heading has the name as it is imported
            heading = f"      heading: '{module}.{name}'", f"      toc_label: '{name}'"
            lines += ["", f"::: {_defined(module, name)}", "    options:", *heading]
    return "\n".join(lines) + "\n"


def public_names(guide: str) -> dict[str, list[str]]:
    """Return the public names by the module that they are imported from, in the order of the guide."""
    names = {"moodcurve": [name for name in moodcurve.__all__ if not name.startswith("_")]}
    for block in re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "moodcurve":
                found = names.setdefault(node.module, [])
                found += [alias.name for alias in node.names if alias.name not in found]
    return names


def _defined(module: str, name: str) -> str:
    """Return the path of where a name is defined: mkdocstrings reads sources, and follows no import at first use."""
    value = getattr(importlib.import_module(module), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        return f"{value.__module__}.{value.__qualname__}"
    return f"{module}.{name}"
