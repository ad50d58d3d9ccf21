"""A benchmark's results as rows of text and as a picture, published figures beside ours."""

import math
import os

from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.benchmark import Baseline, Benchmark, ModelResult
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.config import as_table, differing
from moodcurve.learn.training import family
from moodcurve.metrics.bootstrap import Interval
from moodcurve.util.files import atomic_write

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
"""Figures of the table in order; those without "per song" are pooled over all points."""
BESIDE = (
    "model",
    "valence r given arousal",
    "arousal-valence r",
    "arousal r per song without growth",
    "valence r per song without growth",
)
"""Header of the table of figures of `moodcurve.learn.benchmarks.partial_correlation`."""

SQUARED = (
    "r² is the squared correlation, eq. (3) of Feng, Markov & Yu (2016): it does not ask for the right level, scale or "
    "sign. Determination is the coefficient of determination, 1 - RMSE² / variance of the labels: 0 for the labels' "
    "own mean, negative for what errs more than that."
)
"""What the two figures are that are both called R² elsewhere."""

Row = tuple[str, ...]


def table(benchmark: Benchmark) -> list[Row]:
    """Give the header and a row for each model and axis, then the baselines', the ceilings', published ones last.

    A figure is its value and, in a second line, the ends of its 95 % interval over songs; ``–`` where there
    is none.
    """
    rows: list[Row] = [("model", "axis", *COLUMNS.values())]
    judged = [*_found(benchmark), *((ceiling.name, ceiling) for ceiling in benchmark.ceilings)]
    for title, found in judged:
        rows += [(title, axis, *(_cell(found.intervals[axis][name]) for name in COLUMNS)) for axis in AXES]
    for published in PROTOCOLS[benchmark.protocol].published:
        for axis, values in zip(AXES, (published.arousal, published.valence), strict=True):
            rows.append((published.model, axis, *(_plain(values.get(name)) for name in COLUMNS)))
    return rows


def beside_table(benchmark: Benchmark) -> list[Row]:
    """Give the header and a row for each model and baseline, the labels last, of `moodcurve.learn.benchmarks.partial_correlation`."""
    rows: list[Row] = [BESIDE]
    for title, found in _found(benchmark):
        beside = found.beside
        figures = (beside.valence_given_arousal, beside.axes_r, *(beside.course[axis] for axis in AXES))
        rows.append((title, *map(_cell, figures)))
    return [*rows, ("labels", "–", _cell(benchmark.labels.axes_r), "–", "–")]


def difference_table(benchmark: Benchmark) -> list[Row]:
    """Give the header and a row for each pair of models and axis: the first less the second, as `table`."""
    rows: list[Row] = [("models", "axis", *COLUMNS.values())]
    for pair in benchmark.differences:
        for axis in AXES:
            cells = (_cell(pair.intervals[axis][name], signed=True) for name in COLUMNS)
            rows.append((f"{pair.model.upper()} - {pair.other.upper()}", axis, *cells))
    return rows


def explanations(benchmark: Benchmark) -> list[str]:
    """Say how the figures were made, a sentence each, to stand under the table."""
    protocol = PROTOCOLS[benchmark.protocol]
    songs = benchmark.dataset.songs
    spread = benchmark.label_spread
    lines = [
        f"{benchmark.dataset.name}, {len(songs)} songs, {benchmark.dataset.feature_set.key}; "
        f"{protocol.description}; seed {benchmark.seed}. Ranges are 95 % intervals over songs.",
        "Pooled figures are over all points end to end; most of their variance lies between songs.",
        SQUARED,
        f"The labels' spread is {spread['arousal']:.3f} (arousal) and {spread['valence']:.3f} (valence): the "
        "RMSE of a model that knew nothing but their mean.",
        "Valence r given arousal: the partial correlation of predicted and true valence given true arousal, over all "
        "points; arousal-valence r: of predicted arousal with predicted valence.",
        "Without growth: raters start near the middle and drift outward, so what the song's mean and the time "
        "since its first rating foretell is taken out of each rating; r per song of what is left.",
        "Baselines know no features: the mean of each split's training labels, and each song's true mean. The mean "
        "differs between splits, a little against the tested songs': its pooled correlations mean no more than that.",
    ]
    if benchmark.ceilings:
        lines.append(
            "Ceilings: what a model could reach that says what all listeners would say on average, against labels that "
            "are means of these few; RMSEs are floors. Per song, components give too low a ceiling of r and CCC and "
            "halves too high a one. One rater is held against the mean of the others: no ceiling, but what a model "
            "should beat."
        )
    seconds = ", ".join(f"{model.family.upper()} {model.seconds:.0f} s" for model in benchmark.models)
    lines.append(f"Time to train and predict, all splits: {seconds}.")
    changes = {m.family: differing(m.config, as_table(family(m.family).config())) for m in benchmark.models}
    lines += [f"{name.upper()} has other settings than its defaults: {x}." for name, x in changes.items() if x]
    lines += [_single_splits(model) for model in benchmark.models]
    lines += [f"{p.model}: {p.protocol}. From {p.source}." for p in protocol.published]
    return [*lines, *protocol.remarks]


def _found(benchmark: Benchmark) -> list[tuple[str, ModelResult | Baseline]]:
    """Give models and baselines with their titles."""
    return [
        *((model.family.upper(), model) for model in benchmark.models),
        *((baseline.name, baseline) for baseline in benchmark.baselines),
    ]


def _single_splits(model: ModelResult) -> str:
    """Say between which values a model's r² of single splits lie."""
    ranges = []
    for axis in AXES:
        values = [split[axis]["r2"] for split in model.splits if split[axis]["r2"] is not None]
        ranges.append(f"{min(values):.3f} to {max(values):.3f} ({axis})" if values else f"– ({axis})")
    return f"{model.family.upper()}, r² of single splits: {', '.join(ranges)}."


def report(benchmark: Benchmark) -> str:
    """Give tables and explanations as a Markdown page, with the figure that `draw` makes beside it."""
    parts = [
        f"# Protocol {benchmark.protocol}",
        f"![pooled figures with their intervals]({benchmark.protocol}.png)",
        as_markdown(table(benchmark)),
        "Valence beside arousal, and the course without growth:",
        as_markdown(beside_table(benchmark)),
    ]
    if benchmark.differences:
        parts += ["The first model less the second, on the same songs:", as_markdown(difference_table(benchmark))]
    parts += ["\n".join(f"- {line}" for line in (*explanations(benchmark), *benchmark.dataset.notes))]
    return "\n\n".join(parts) + "\n"


def as_markdown(rows: list[Row]) -> str:
    """Give rows as a Markdown table, header first; a cell's second line, its interval, goes into brackets."""
    lines = ["| " + " | ".join(_inline(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def draw(benchmark: Benchmark, path: str | os.PathLike[str]) -> None:
    """Draw pooled RMSE, r and r² of each model with their intervals, published figures as open marks.

    A dashed line is the noise ceiling by variance components, where it is known.

    The path's ending chooses the format (png, svg, pdf).
    """
    from matplotlib.figure import Figure

    names = ("rmse", "r", "r2")
    published = PROTOCOLS[benchmark.protocol].published
    labels = [m.family.upper() for m in benchmark.models] + [p.model for p in published]
    figure = Figure(figsize=(12, 1.6 + 0.55 * len(labels) * 2), layout="constrained")
    panels = figure.subplots(2, len(names), sharey=True, squeeze=False)
    for row, axis in enumerate(AXES):
        for panel, name in zip(panels[row], names, strict=True):
            for place, model in enumerate(benchmark.models):
                interval = model.intervals[axis][name]
                if math.isfinite(interval.low):
                    panel.plot([interval.low, interval.high], [place, place], color="C0", linewidth=2)
                panel.plot(interval.value, place, "o", color="C0")
            for place, other in enumerate(published, start=len(benchmark.models)):
                value = getattr(other, axis).get(name)
                if value is not None:
                    panel.plot(value, place, "D", color="C1", fillstyle="none")
            for ceiling in benchmark.ceilings[:1]:
                panel.axvline(ceiling.intervals[axis][name].value, color="grey", linestyle="--", linewidth=1)
            panel.set_title(f"{axis}, pooled {COLUMNS[name]}", fontsize=10)
            panel.grid(axis="x", alpha=0.3)
        panels[row][0].set_yticks(range(len(labels)), labels)
        panels[row][0].set_ylim(len(labels) - 0.5, -0.5)
    figure.suptitle(
        f"{benchmark.protocol}: {benchmark.dataset.name}, {len(benchmark.dataset.songs)} songs; "
        "bars are 95 % intervals over songs, open marks are published"
        + (", dashed lines the noise ceiling" if benchmark.ceilings else "")
    )
    with atomic_write(path) as scratch:
        figure.savefig(scratch)


def _cell(interval: Interval, *, signed: bool = False) -> str:
    if not math.isfinite(interval.value):
        return "–"
    sign = "+" if signed else ""
    if not math.isfinite(interval.low):
        return f"{interval.value:{sign}.3f}"
    return f"{interval.value:{sign}.3f}\n{interval.low:{sign}.3f} {interval.high:{sign}.3f}"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _inline(cell: str) -> str:
    value, _, interval = cell.partition("\n")
    return f"{value} ({interval.replace(' ', ' to ')})" if interval else value
