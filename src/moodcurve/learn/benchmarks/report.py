"""Report a benchmark's results: tables, explanations, a Markdown page and a figure.

All functions take the content of `moodcurve.learn.benchmarks.results.Benchmark.as_dict`, so stored JSON works too.
"""

import json
import math
import os
from collections.abc import Mapping
from typing import Any

from moodcurve.curve import AXES
from moodcurve.learn.config import as_table, differing
from moodcurve.learn.training import find_family
from moodcurve.util.files import atomic_write
from moodcurve.util.markdown import (
    TableRow,
    interval_cell,
    markdown_list,
    markdown_paragraph,
    markdown_table,
    value_cell,
)

Result = Mapping[str, Any]

COLUMNS = {
    "rmse": "RMSE",
    "r": "r",
    "r2": "r²",
    "determination": "determination",
    "ccc": "CCC",
    "rmse_song": "RMSE per song",
    "r_song": "r per song",
    "ccc_song": "CCC per song",
}
"""Metrics of the table in order; those without "per song" are pooled over all points."""
PARTIAL_COLUMNS = (
    "model",
    "valence r given arousal",
    "arousal-valence r",
    "arousal r per song, drift removed",
    "valence r per song, drift removed",
)
"""Header of the table of `moodcurve.learn.benchmarks.partial_correlation`."""

R2_NOTE = (
    "r² is the squared correlation, eq. (3) of Feng, Markov & Yu (2016); it ignores level, scale and sign. "
    "Determination is the coefficient of determination, 1 - RMSE² / variance of the labels: 0 for predicting the "
    "labels' mean, negative for larger errors."
)
"""Explains the two metrics that are elsewhere both called R²."""


def table(result: Result) -> list[TableRow]:
    """Return a header and one row per model and axis, then those of baselines, ceilings and published models.

    A cell holds the value and, in a second line, its 95 % interval over songs; ``–`` if there is no value.
    """
    rows: list[TableRow] = [("model", "axis", *COLUMNS.values())]
    for title, one in [*_models_and_baselines(result), *((ceiling["name"], ceiling) for ceiling in result["ceilings"])]:
        rows += [(title, axis, *(interval_cell(one[axis][name]) for name in COLUMNS)) for axis in AXES]
    for one in result["published"]:
        rows += [(one["model"], axis, *(value_cell(one[axis].get(name)) for name in COLUMNS)) for axis in AXES]
    return rows


def partial_correlation_table(result: Result) -> list[TableRow]:
    """Return a header and one row per model and baseline, then the labels."""
    rows: list[TableRow] = [PARTIAL_COLUMNS]
    for title, one in _models_and_baselines(result):
        per_song = (one["r_song_without_growth"][axis] for axis in AXES)
        rows.append((title, *map(interval_cell, (one["valence_given_arousal"], one["axes_r"], *per_song))))
    return [*rows, ("labels", "–", interval_cell(result["label_axes_r"]), "–", "–")]


def difference_table(result: Result, family: str | None = None) -> list[TableRow]:
    """Return a header and one row per pair of models and axis: the first minus the second.

    With a family, only its pairs.
    """
    rows: list[TableRow] = [("models", "axis", *COLUMNS.values())]
    for pair in result["differences"]:
        if family in (None, pair["model"], pair["other"]):
            title = f"{pair['model'].upper()} - {pair['other'].upper()}"
            rows += [
                (title, axis, *(interval_cell(pair[axis][name], signed=True) for name in COLUMNS)) for axis in AXES
            ]
    return rows


def summary(result: Result) -> str:
    """Name the family with the highest CCC, and compare it with the noise ceiling and the best published model."""
    best = _best(result)
    if best is None:
        return "No family has a defined CCC."
    metrics = ", ".join(f"{COLUMNS[name]} {_both(best, name)}" for name in ("ccc", "r", "rmse", "r_song"))
    lines = [f"{best['family'].upper()} has the highest CCC (arousal / valence): {metrics}."]
    if result["ceilings"]:
        lines.append(f"The noise ceiling of the CCC is {_both(result['ceilings'][0], 'ccc')}.")
    for name in ("r", "r2"):
        others = [one for one in result["published"] if all(name in one[axis] for axis in AXES)]
        if others:
            other = max(others, key=lambda one: sum(one[axis][name] for axis in AXES))
            values = " / ".join(value_cell(other[axis][name]) for axis in AXES)
            lines.append(
                f"The best published {COLUMNS[name]} is {values} ({other['model']}); here {_both(best, name)}."
            )
            break
    return " ".join(lines)


def explanations(result: Result) -> list[str]:
    """Explain how the results were measured, one entry per topic."""
    std = result["label_spread"]
    lines = [
        f"{result['dataset']}, {result['songs']} songs, {result['feature_set']}; {result['description']}; "
        f"seed {result['seed']}. Ranges are 95 % intervals over songs.",
        'Metrics without "per song" are pooled over the points of all songs. They mainly measure differences between '
        "songs, not changes within one. Metrics per song are means over songs.",
        R2_NOTE,
        f"The labels' standard deviation is {std['arousal']:.3f} (arousal) and {std['valence']:.3f} (valence): the "
        "RMSE of predicting their mean.",
        "Valence r given arousal: partial correlation of predicted and true valence given true arousal, over all "
        "points. Arousal-valence r: correlation of predicted arousal with predicted valence.",
        "Drift removed: raters start near the middle and drift outward. What a song's mean and the elapsed time "
        "predict is subtracted from its ratings before r per song is computed.",
        "The two baselines use no features. The mean of the training labels differs slightly between splits, opposite "
        "to the test songs; its pooled correlations have no other meaning.",
    ]
    if result["ceilings"]:
        lines.append(
            "Ceilings: accuracy of a model that predicts the mean rating of all possible listeners, measured on labels "
            "that are means of few; RMSEs are lower bounds. Per song, variance components underestimate the ceiling "
            "of r and CCC, and split halves overestimate it. One rater against the mean of the others is no ceiling: "
            "a model should do better."
        )
    models = result["models"]
    seconds = ", ".join(f"{model['family'].upper()} {model['seconds']:.0f} s" for model in models)
    lines.append(f"Time to train and predict, all splits together: {seconds}.")
    changes = {m["family"]: _changed_settings(m["family"], m["config"]) for m in models}
    lines += [f"{name.upper()} has other settings than its defaults: {x}." for name, x in changes.items() if x]
    lines += [_single_splits(model) for model in models]
    lines += [f"{p['model']}: {p['protocol']}. From {p['source']}." for p in result["published"]]
    return [*lines, *result["remarks"]]


def report(result: Result) -> str:
    """Return a Markdown page; it refers to two pictures in the same folder.

    ``<protocol>.png`` is that of `draw`, ``<protocol>-songs.png`` that of
    `moodcurve.learn.benchmarks.pictures.draw_songs`.
    """
    best = _best(result)
    parts = [
        f"# Benchmark protocol `{result['protocol']}`",
        markdown_paragraph(
            "For readers who compare model families or cite a number. Written by `moodcurve benchmark`; the JSON file "
            "of the same name has all values."
        ),
        markdown_paragraph(summary(result)),
        f"![Pooled RMSE, r and r² of each model with 95 % intervals]({result['protocol']}.png)",
        "## Metrics",
        markdown_table(table(result)),
        "## The model with the highest CCC, song by song",
        f"![Predicted and rated means of songs, coverage, errors by genre]({result['protocol']}-songs.png)",
        "## Valence given arousal, and r per song without drift",
        markdown_table(partial_correlation_table(result)),
    ]
    if result["differences"] and best is not None:
        parts += [
            f"## Differences from {best['family'].upper()}",
            "The first model minus the second, on the same songs:",
            markdown_table(difference_table(result, best["family"])),
        ]
    parts += ["## Notes", markdown_list((*explanations(result), *result["notes"]))]
    return "\n\n".join(parts) + "\n"


def draw(result: Result, path: str | os.PathLike[str]) -> None:
    """Draw pooled RMSE, r and r² of each model with intervals; published values are open marks.

    A dashed line is the noise ceiling by variance components, if known. The path's suffix chooses the format (png,
    svg, pdf).
    """
    from matplotlib.figure import Figure

    names = ("rmse", "r", "r2")
    models, published = result["models"], result["published"]
    labels = [m["family"].upper() for m in models] + [p["model"] for p in published]
    figure = Figure(figsize=(12, 1.6 + 0.55 * len(labels) * 2), layout="constrained")
    panels = figure.subplots(2, len(names), sharey=True, squeeze=False)
    for row, axis in enumerate(AXES):
        for panel, name in zip(panels[row], names, strict=True):
            for position, model in enumerate(models):
                interval = model[axis][name]
                if interval["low"] is not None:
                    panel.plot([interval["low"], interval["high"]], [position, position], color="C0", linewidth=2)
                panel.plot(_number(interval["value"]), position, "o", color="C0")
            for position, other in enumerate(published, start=len(models)):
                if name in other[axis]:
                    panel.plot(other[axis][name], position, "D", color="C1", fillstyle="none")
            for ceiling in result["ceilings"][:1]:
                panel.axvline(ceiling[axis][name]["value"], color="grey", linestyle="--", linewidth=1)
            panel.set_title(f"{axis}, pooled {COLUMNS[name]}", fontsize=10)
            panel.grid(axis="x", alpha=0.3)
        panels[row][0].set_yticks(range(len(labels)), labels)
        panels[row][0].set_ylim(len(labels) - 0.5, -0.5)
    figure.suptitle(
        f"{result['protocol']}: {result['dataset']}, {result['songs']} songs; bars are 95 % intervals over songs, open "
        "marks are published" + (", dashed lines the noise ceiling" if result["ceilings"] else "")
    )
    with atomic_write(path) as scratch:
        figure.savefig(scratch)


def _models_and_baselines(result: Result) -> list[tuple[str, Mapping[str, Any]]]:
    """Return models and baselines with their titles."""
    return [
        *((model["family"].upper(), model) for model in result["models"]),
        *((baseline["name"], baseline) for baseline in result["baselines"]),
    ]


def _best(result: Result) -> Mapping[str, Any] | None:
    """Return the model with the highest CCC, averaged over both axes; None if no model has a CCC on both."""
    scored = [model for model in result["models"] if all(model[axis]["ccc"]["value"] is not None for axis in AXES)]
    return max(scored, key=lambda model: sum(model[axis]["ccc"]["value"] for axis in AXES), default=None)


def _changed_settings(name: str, config: Mapping[str, Any]) -> str:
    """Name the settings that differ from a family's defaults; stored settings that no longer exist are ignored."""

    def known(table: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: known(value, defaults[key]) if isinstance(value, Mapping) else value
            for key, value in table.items()
            if key in defaults
        }

    defaults = json.loads(json.dumps(as_table(find_family(name).config())))  # tuples become lists, as in stored JSON
    return differing(known(config, defaults), defaults)


def _single_splits(model: Mapping[str, Any]) -> str:
    """Report the range of a model's r² over single splits."""
    ranges = []
    for axis in AXES:
        values = [split[axis]["r2"] for split in model["splits"] if split[axis]["r2"] is not None]
        ranges.append(f"{min(values):.3f} to {max(values):.3f} ({axis})" if values else f"– ({axis})")
    return f"{model['family'].upper()}, r² of single splits: {', '.join(ranges)}."


def _both(one: Mapping[str, Any], name: str) -> str:
    """Format a metric's values of both axes."""
    return " / ".join(value_cell(one[axis][name]["value"]) for axis in AXES)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
