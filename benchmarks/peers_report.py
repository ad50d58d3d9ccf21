"""Format the results of `peers.py` as Markdown."""

from collections.abc import Mapping
from typing import Any

from moodcurve.util.markdown import TableRow, interval_text, markdown_list, markdown_table

FIGURES = {
    "ratings": {
        "r_arousal": "r, arousal",
        "r_valence": "r, valence",
        "ccc_arousal": "CCC, arousal",
        "ccc_valence": "CCC, valence",
        "valence_given_arousal": "valence given arousal",
        "axes_r": "A–V",
    },
    "quadrants": {
        "auc_arousal": "AUC, arousal",
        "auc_valence": "AUC, valence",
        "auc_valence_aroused": "valence in Q1 and Q2",
        "auc_valence_calm": "valence in Q3 and Q4",
        "axes_r": "A–V",
    },
}
"""Columns of the tables of accuracy."""


def markdown(results: Mapping[str, Any]) -> str:
    """Format the content of a JSON file of `peers.py`."""
    parts = []
    if "speed" in results:
        parts += [speed_table(results["speed"]), ratio_table(results["speed"]), speed_notes(results["speed"])]
    for folder in results.get("accuracy", []):
        parts += [accuracy_table(folder), accuracy_notes(folder)]
    return "\n\n".join(parts)


def speed_table(speed: Mapping[str, Any]) -> str:
    """Format time and memory of each tool."""
    minutes = f"{speed['song_s'] / 60:g} min"
    header = (
        "",
        f"CPU, ms per {minutes}",
        "times real time",
        f"new process, {minutes}, s",
        f"start and {speed['clip_s']:g} s, s",
        "first run, s",
        "peak memory, MB",
    )
    rows: list[TableRow] = [header]
    for name, tool in speed["tools"].items():
        rows.append(
            (
                label(name, speed["ratios"]),
                f"{1e3 * tool['cpu_s']:.0f} ({1e3 * tool['least_cpu_s']:.0f})",
                f"{tool['times_real_time']:.0f} ({speed['song_s'] / tool['least_cpu_s']:.0f})",
                f"{tool['song_cpu_s']:.2f}",
                f"{tool['start_cpu_s']:.2f}",
                f"{tool['first_run_cpu_s']:.2f}",
                f"{tool['peak_mb']:.0f}",
            )
        )
    return markdown_table(rows)


def ratio_table(speed: Mapping[str, Any]) -> str:
    """Format how many times as long other tools take as each model."""
    rows: list[TableRow] = [("time of … / time of …", "running", "fastest turns", "wall", "new process", "start")]
    for model, others in speed["ratios"].items():
        for other, ratio in others.items():
            if other not in speed["ratios"]:  # a peer
                cells = (ratio[name] for name in ("cpu_s", "least_cpu_s", "wall_s", "song_cpu_s", "start_cpu_s"))
                rows.append((f"{other} / {label(model, speed['ratios'])}", *map(quartiles, cells)))
    return markdown_table(rows)


def speed_notes(speed: Mapping[str, Any]) -> str:
    """Format the conditions of the measurement."""
    return markdown_list(
        [
            f"Measured on {speed['date']}: one thread on one core of {speed['machine']['processor']}, "
            f"Python {speed['machine']['python']}, {version_text(speed)}; load of the machine "
            f"{speed['load'][0]:.1f} to {speed['load'][1]:.1f}.",
            f"{speed['songs']} songs, {speed['turns']} turns. Times are medians of CPU time, and in "
            "parentheses those of each song's fastest turn; ratios are medians and quartiles over songs and turns, of "
            "CPU time except in the column “wall”.",
        ]
    )


def accuracy_table(folder: Mapping[str, Any]) -> str:
    """Format the figures of each tool on one folder of clips."""
    columns = FIGURES[folder["labels"]]
    rows: list[TableRow] = [(f"{folder['folder']}, {folder['clips']} clips", *columns.values())]
    for name, figures in folder["tools"].items():
        rows.append((name, *(without_zero(interval_text(figures[column], signed=False)) for column in columns)))
    return markdown_table(rows)


def accuracy_notes(folder: Mapping[str, Any]) -> str:
    """Format what the figures are."""
    measured = f"Measured on {folder['date']} with {version_text(folder)}."
    if folder["labels"] == "quadrants":
        return markdown_list(
            [measured, "AUC is .5 by chance. Intervals: 95 %, bootstrap over clips. A–V: correlation of the axes."]
        )
    labels = next(iter(folder["tools"].values()))["labels_axes_r"]
    return markdown_list(
        [
            measured,
            "CCC after a line fitted on other artists. Intervals: 95 %, bootstrap over clips. A–V: correlation of the "
            f"predicted axes; that of the ratings is {without_zero(interval_text(labels))}.",
        ]
    )


def version_text(measured: Mapping[str, Any]) -> str:
    """Return the names and versions of what was measured."""
    return ", ".join(f"{name} {number}" for name, number in measured["versions"].items())


def label(name: str, models: Mapping[str, Any]) -> str:
    """Return a tool's name in tables."""
    return f"moodcurve `{name}`" if name in models else name


def quartiles(value: Mapping[str, float]) -> str:
    """Format a ratio with its quartiles."""
    return f"{value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})"


def without_zero(text: str) -> str:
    """Return numbers in (-1, 1) without their leading zero, as in the other tables of results."""
    return text.replace("0.", ".")
