"""The results of single raters as tables and as a page, written from their JSON alone."""

from collections.abc import Mapping, Sequence
from typing import Any

AXES = ("arousal", "valence")
AGREEMENT_NAMES = {
    "cronbach_alpha": "Cronbach's α",
    "icc_2k": "ICC(2,k)",
    "pairwise_r": "r of pairs",
    "pairwise_ccc": "CCC of pairs",
    "krippendorff_alpha": "Krippendorff's α",
}
CEILING_NAMES = {
    "r": "r",
    "ccc": "CCC",
    "rmse": "RMSE",
    "r_means": "r of song means",
    "r_within": "r within songs",
    "r_song": "r per song",
    "ccc_song": "CCC per song",
    "rmse_song": "RMSE per song",
}
WAY_NAMES = {"components": "ceiling, components", "halves": "ceiling, halves", "one_rater": "one rater"}
Results = Mapping[str, Any]
TableRow = tuple[str, ...]


def agreement_table(results: Results) -> list[TableRow]:
    """Give the header and a row for each part and axis: who rated, how they spread, how far they agree."""
    headings = ("raters", "spread", "still tracks", *AGREEMENT_NAMES.values(), "α of song means")
    rows: list[TableRow] = [("songs", "axis", *headings)]
    for part in results["parts"]:
        for axis in AXES:
            found = part[axis]
            cells = (_agreement(found["agreement"][name]) for name in AGREEMENT_NAMES)
            share = f"{100 * found['constant_tracks']:.0f} %"
            means = _number(found["agreement_on_means"])
            rows.append((_songs(part), axis, f"{found['raters']:.1f}", _number(found["spread"]), share, *cells, means))
    return rows


def ceiling_table(results: Results) -> list[TableRow]:
    """Give the header and three rows for each part and axis: both ways to the ceiling, and one rater."""
    rows: list[TableRow] = [("songs", "axis", "", *CEILING_NAMES.values())]
    for part in results["parts"]:
        for axis in AXES:
            ceilings = part[axis]["ceilings"]
            for way, name in WAY_NAMES.items() if ceilings is not None else ():
                cells = (_interval(ceilings[way][statistic]) for statistic in CEILING_NAMES)
                rows.append((_songs(part), axis, name, *cells))
    return rows


def explanations(results: Results) -> list[str]:
    """Say what was found, a sentence each, to stand under the tables."""
    lines = [
        f"{results['name']}, {results['songs']} songs; {results['splits']} splits into halves, "
        f"{results['draws']} draws of songs, seed {results['seed']}. Ranges are 95 % intervals over songs."
    ]
    if results["grid"]:
        lines.append(
            f"Tracks at 2 Hz: {results['grid']}; moments with fewer than {results['min_raters']} raters left out."
        )
    if results["averages"] is not None:
        lines += [_reproduction(axis, results["averages"][axis]) for axis in AXES]
    if (rated := results["song_ratings"]) is not None:
        lines += [
            f"Ratings of {rated['songs']} whole songs on nine points, {axis}: {rated[axis]['raters']:.1f} raters, "
            f"spread {_number(rated[axis]['spread'])}, Krippendorff's α {_number(rated[axis]['krippendorff_alpha'])}."
            for axis in AXES
        ]
    for part in results["parts"]:
        for axis in AXES:
            if part[axis]["bias_shared"] is not None and part[axis]["same_panel_r"] is not None:
                lines.append(_shared(part, axis))
    return lines


READING = (
    "Spread: standard deviation over raters, on the scale of [-1, 1]. Still tracks never move.",
    "Agreement is of each song's course: mean over songs and, in brackets, median. Where raters hold different levels "
    "and the song moves little, the ICC and the CCC are near 0 and Krippendorff's α of k raters near -1/(k - 1), "
    "however well they agree on the course. The α of song means takes songs as cases: how far raters agree on levels.",
    "Ceilings are what a model could reach that says what all listeners would say on average, against labels that are "
    "means of these few; for RMSE they are floors. r, CCC and RMSE are pooled; within songs: all points, each less its "
    "song's mean; per song: mean over songs. The two ways differ per song alone, where components give too low a "
    "ceiling of r and CCC, and halves too high a one. The floor of RMSE per song is that of halves; components give "
    "the root of each song's expected squared error, which is more.",
    "Raters who do the same for reasons other than the music, such as a slow start, raise the ceilings within songs.",
    "One rater is held against the mean of the others, of one rater fewer than the labels.",
)
"""Explanations below every report's tables; the model is described in ``moodcurve.datasets.raters.noise_ceiling``."""


def report(results: Results) -> str:
    """Give tables and explanations as a Markdown page."""
    parts = ["# Raters, their agreement and the noise ceiling", "## Agreement", _markdown(agreement_table(results))]
    ceilings = ceiling_table(results)
    if len(ceilings) > 1:
        parts += ["## Ceilings", _markdown(ceilings)]
    parts += ["## What was done", "\n".join(f"- {line}" for line in (*explanations(results), *READING))]
    return "\n\n".join(parts) + "\n"


def _reproduction(axis: str, found: Results) -> str:
    if not found["songs"]:
        return f"None of the published averages of {axis} is of these songs."
    return (
        f"Published averages, {axis}: plain means over all raters equal them at every moment in {found['equal']} of "
        f"{found['songs']} songs ({found['moments']} moments); the largest difference is {found['largest']:.1e}, the "
        f"typical one (median over songs of the largest) {found['typical']:.1e}."
    )


def _shared(part: Results, axis: str) -> str:
    found = part[axis]
    components = found["ceilings"]["components"]["r"]["value"]
    return (
        f"{_songs(part)}, {axis}: raters carry {100 * found['bias_shared']:.0f} % of the variance of their biases from "
        f"song to song. If all songs had the same raters, the ceiling of pooled r would be {found['same_panel_r']:.3f} "
        f"instead of {components:.3f}; as they change, it lies between."
    )


def _songs(part: Results) -> str:
    return f"{part['part']} ({part['songs']})"


def _agreement(found: Results) -> str:
    if found["mean"] is None:
        return "–"
    return f"{found['mean']:.3f}\n{found['median']:.3f}"


def _interval(found: Results) -> str:
    if found["value"] is None:
        return "–"
    if found["low"] is None:
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f}\n{found['low']:.3f} {found['high']:.3f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _markdown(rows: Sequence[TableRow]) -> str:
    """Give rows as a Markdown table; a cell's second line goes into brackets."""
    lines = ["| " + " | ".join(_inline(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _inline(cell: str) -> str:
    value, _, rest = cell.partition("\n")
    return f"{value} ({rest.replace(' ', ' to ')})" if rest else value
