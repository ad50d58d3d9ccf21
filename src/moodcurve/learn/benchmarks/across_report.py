"""Report a benchmark across sets: a table of all pairs, and a Markdown page."""

from collections.abc import Mapping
from typing import Any

from moodcurve.curve import AXES
from moodcurve.learn.benchmarks.across import ALL
from moodcurve.util.markdown import TableRow, interval_text, markdown_list, markdown_paragraph, markdown_table
from moodcurve.util.text import counted

_HEADER = (
    "model", "train", "test", "r A", "r V", "CCC A", "CCC V", "AUC A", "AUC V", "F1", "V given A", "A-V",
    "A-V of labels",
)  # fmt: skip


def across_table(result: Mapping[str, Any], *, intervals: bool = False) -> list[TableRow]:
    """Return a header and one row for each family and pair of sets, with or without intervals."""
    rows: list[TableRow] = [_HEADER]
    for pair in result["pairs"]:
        found = [pair[axis][metric] for metric in ("r", "ccc", "auc") for axis in AXES]
        found += [pair[name] for name in ("f1", "valence_given_arousal", "axes_r", "label_axes_r")]
        texts = [interval_text(one if intervals else {**one, "low": None, "high": None}) for one in found]
        rows.append((pair["family"].upper(), pair["train"], pair["test"], *texts))
    return rows


def across_report(result: Mapping[str, Any]) -> str:
    """Return the result of `moodcurve.learn.benchmarks.across.run_across` as a Markdown page."""
    counts = ("songs", "rated_songs", "songs_with_quadrant")
    sets: list[TableRow] = [
        ("set", "songs", "with ratings", "with a quadrant"),
        *((one["name"], *(str(one[count]) for count in counts)) for one in result["sets"]),
    ]
    in_folds = [pair for pair in result["pairs"] if pair["folds"] > 1 and pair["train"] not in (pair["test"], ALL)]
    split = sorted({f"{pair['train']} to {pair['test']}" for pair in in_folds})
    parts = [
        "# Across sets",
        markdown_paragraph(
            "For readers who want to know how a model does on music and raters that it was not trained on. Written by "
            "`moodcurve benchmark --protocol across`."
        ),
        markdown_table(sets),
        markdown_table(across_table(result, intervals=True)),
        markdown_paragraph(
            f"Protocol: {result['description']}. Features {result['feature_set']}, seed {result['seed']}. Intervals: "
            f"{result['interval']}."
        ),
        markdown_list(explanations()),
    ]
    if split:
        parts.append(markdown_paragraph(f"Sets that share most artists, tested in folds: {', '.join(split)}."))
    if result.get("shared_recordings"):
        parts.append(markdown_paragraph(shared_text(result)))
    return "\n\n".join(parts) + "\n"


def shared_text(result: Mapping[str, Any]) -> str:
    """Return a sentence about recordings that several sets hold."""
    return (
        f"{counted(result['shared_recordings'], 'recording')} of DEAM in more than one of the sets: never trained on "
        "and tested in the same split."
    )


def explanations() -> list[str]:
    """Return one line for each kind of metric."""
    return [
        "r, CCC: of the means of songs. In a set of quadrants alone, a quadrant counts as its middle; it has no CCC.",
        "AUC: of the sides of an axis that the quadrants lie on, or the mean ratings in a set without quadrants.",
        "F1: mean over the four quadrants, for songs with a quadrant; predictions are split at 0 on both axes.",
        "V given A: partial correlation of predicted and true valence given true arousal.",
        "A-V: correlation of predicted arousal and valence, to be compared with that of the labels.",
    ]
