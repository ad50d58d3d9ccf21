"""Format the statistics of individual raters as tables and as a Markdown page, from their JSON alone."""

from collections.abc import Mapping
from typing import Any

from moodcurve.curve import AXES
from moodcurve.util.markdown import (
    TableRow,
    interval_cell,
    markdown_list,
    markdown_paragraph,
    markdown_table,
    value_cell,
)

AGREEMENT_NAMES = {
    "cronbach_alpha": "Cronbach's α",
    "icc_2k": "ICC(2,k)",
    "pairwise_r": "pairwise r",
    "pairwise_ccc": "pairwise CCC",
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
ESTIMATE_NAMES = {"components": "ceiling, components", "halves": "ceiling, halves", "one_rater": "one rater"}
Results = Mapping[str, Any]


def agreement_table(results: Results) -> list[TableRow]:
    """Return the header and one row per part and axis: number, deviation and agreement of raters."""
    headings = ("raters", "std", "constant tracks", *AGREEMENT_NAMES.values(), "α of song means")
    rows: list[TableRow] = [("songs", "axis", *headings)]
    for part in results["parts"]:
        for axis in AXES:
            found = part[axis]
            cells = (_agreement(found["agreement"][name]) for name in AGREEMENT_NAMES)
            share = f"{100 * found['constant_tracks']:.0f} %"
            means = value_cell(found["agreement_on_means"])
            rows.append(
                (songs_of(part), axis, f"{found['raters']:.1f}", value_cell(found["spread"]), share, *cells, means)
            )
    return rows


def ceiling_table(results: Results) -> list[TableRow]:
    """Return the header and three rows per part and axis: both estimates of the ceiling, and one rater."""
    rows: list[TableRow] = [("songs", "axis", "", *CEILING_NAMES.values())]
    for part in results["parts"]:
        for axis in AXES:
            ceilings = part[axis]["ceilings"]
            for estimate, name in ESTIMATE_NAMES.items() if ceilings is not None else ():
                cells = (interval_cell(ceilings[estimate][statistic]) for statistic in CEILING_NAMES)
                rows.append((songs_of(part), axis, name, *cells))
    return rows


def has_ceilings(part: Results) -> bool:
    """Return True if the noise ceiling of a part of the songs is known on both axes."""
    return all(part[axis]["ceilings"] is not None for axis in AXES)


def summary(results: Results) -> list[str]:
    """Return the main results as a list; empty if there is no ceiling."""
    if not results["parts"] or not has_ceilings(results["parts"][0]):
        return []
    sentences = []
    for axis in AXES:
        ceilings = results["parts"][0][axis]["ceilings"]
        r, ccc, rmse = (value_cell(ceilings["components"][name]["value"]) for name in ("r", "ccc", "rmse"))
        low, high = (value_cell(ceilings[estimate]["r_song"]["value"]) for estimate in ("components", "halves"))
        sentences.append(
            f"For {axis}, the best possible scores against these labels are r = {r}, CCC = {ccc} and RMSE = {rmse} "
            f"over all points, and r between {low} and {high} within single songs; one rater reaches "
            f"r = {value_cell(ceilings['one_rater']['r']['value'])} over all points."
        )
    return sentences


def explanations(results: Results) -> list[str]:
    """Return notes on data and methods, one sentence or two each, for display below the tables."""
    lines = [
        f"{results['name']}, {results['songs']} songs; {results['splits']} splits into halves, "
        f"{results['draws']} bootstrap samples of songs, seed {results['seed']}. Ranges are 95 % intervals over songs."
    ]
    if results["grid"]:
        lines.append(
            f"Tracks at 2 Hz: {results['grid']}; times with fewer than {results['min_raters']} raters are left out."
        )
    if results["averages"] is not None:
        lines += [_reproduction(axis, results["averages"][axis]) for axis in AXES]
    if (rated := results["song_ratings"]) is not None:
        lines += [
            f"Ratings of {rated['songs']} whole songs from 1 to 9, {axis}: {rated[axis]['raters']:.1f} raters, "
            f"standard deviation {value_cell(rated[axis]['spread'])}, Krippendorff's α "
            f"{value_cell(rated[axis]['krippendorff_alpha'])}."
            for axis in AXES
        ]
    for part in results["parts"]:
        for axis in AXES:
            if part[axis]["bias_shared"] is not None and part[axis]["same_panel_r"] is not None:
                lines.append(_shared(part, axis))
    return lines


READING = (
    "std: standard deviation over raters, for ratings in [-1, 1]. Constant tracks: share of tracks that never change.",
    "Agreement is about changes within each song: mean over songs and, in brackets, median. If raters hold different "
    "levels and the song changes little, the ICC and the CCC are near 0 and Krippendorff's α of k raters is near "
    "-1/(k - 1), however well they agree on the changes. α of song means: Krippendorff's α with songs as cases, the "
    "agreement on levels.",
    "Ceilings are the scores of a model that predicts the mean over all listeners, against labels that are means over "
    "these few; for RMSE they are lower bounds. r, CCC and RMSE are over all points; within songs: over all points "
    "minus their song's mean; per song: mean over songs. The two estimates differ only per song: there, components "
    "underestimate the ceilings of r and CCC, and halves overestimate them. For RMSE per song, halves give the "
    "lower bound; components give the root of each song's expected squared error, which is higher.",
    "If raters change together for reasons other than the music, such as a slow start, ceilings within songs rise.",
    "One rater is compared with the mean of the others, one rater fewer than for the labels.",
)
"""Explanations below every report's tables; the model is described in ``moodcurve.datasets.raters.noise_ceiling``."""


INTRODUCTION = (
    "For readers who compare models: how far the raters of these songs agree, and how well any model can score "
    "against the mean of their ratings. Written by `moodcurve labels`; raters.json has the same values."
)


def report(results: Results) -> str:
    """Return summary, tables and explanations as a Markdown page."""
    parts = ["# Agreement of raters and the noise ceiling", markdown_paragraph(INTRODUCTION)]
    if sentences := summary(results):
        parts.append(markdown_list(sentences))
    ceilings = ceiling_table(results)
    if len(ceilings) > 1:
        parts += ["## Ceilings", *_image(results), markdown_table(ceilings)]
    parts += ["## Agreement", markdown_table(agreement_table(results))]
    parts += ["## Notes", markdown_list((*explanations(results), *READING))]
    return "\n\n".join(parts) + "\n"


def _image(results: Results) -> list[str]:
    """Return the reference to the picture of `moodcurve.datasets.raters.picture.ceilings_figure`, if there is one."""
    for part in filter(has_ceilings, results["parts"]):
        ceiling, rater = (
            " / ".join(value_cell(part[axis]["ceilings"][estimate]["r"]["value"]) for axis in AXES)
            for estimate in ("components", "one_rater")
        )
        return [
            "![Dots with bars for each part of the songs, by axis: both estimates of the ceiling, and one rater; r is "
            f"{ceiling} at the ceiling and {rater} for one rater](raters.png)"
        ]
    return []


def _reproduction(axis: str, found: Results) -> str:
    if not found["songs"]:
        return f"There are no published averages of {axis} of these songs."
    return (
        f"Published averages, {axis}: in {found['equal']} of {found['songs']} songs ({found['moments']} times), they "
        f"equal the means over all raters at all times; the largest difference is {found['largest']:.1e}, the typical "
        f"one (median over songs of the largest) {found['typical']:.1e}."
    )


def _shared(part: Results, axis: str) -> str:
    found = part[axis]
    components = found["ceilings"]["components"]["r"]["value"]
    return (
        f"{songs_of(part)}, {axis}: {100 * found['bias_shared']:.0f} % of the variance of raters' biases is the same "
        "for all of their songs. If all songs had the same raters, the ceiling of r would be "
        f"{found['same_panel_r']:.3f} instead of {components:.3f}; because raters differ, the true ceiling lies "
        "between the two."
    )


def songs_of(part: Results) -> str:
    """Return the name of a part of the songs, with their number."""
    return f"{part['part']} ({part['songs']})"


def _agreement(found: Results) -> str:
    if found["mean"] is None:
        return "–"
    return f"{found['mean']:.3f}\n{found['median']:.3f}"
