"""Compute the accuracy of arousal and valence of whole clips, on any scale, for `peers.py`.

Clips come from folders of the layout `audio/<id>.*` and `labels.csv`. The table has the id in its first column, and a
column `artist`; then either `quadrant` (Q1 to Q4) or ratings in columns `arousal_*` and `valence_*`, whose mean over
the row is the rating of the clip.
"""

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from moodcurve._typing import FloatArray
from moodcurve.datasets.splits import k_fold
from moodcurve.learn.benchmarks.partial_correlation import partial_r, pooled_correlations
from moodcurve.metrics import weighted_scores
from moodcurve.metrics.bootstrap import draw_counts, percentile_interval
from moodcurve.runtime import load_model
from peers_tools import PEERS, Tool, versions

AXES = ("arousal", "valence")
FOLDS, DRAWS, SEED, LEVEL = 5, 1000, 0, 0.95
QUADRANTS = {"Q1": (1.0, 1.0), "Q2": (1.0, -1.0), "Q3": (-1.0, -1.0), "Q4": (-1.0, 1.0)}
"""Signs of arousal and valence."""

Figures = dict[str, dict[str, float | None]]
"""Value and 95 % bootstrap interval over clips (`value`, `low`, `high`), by figure."""


@dataclass(frozen=True)
class Clip:
    """A clip with its label: ratings, or the signs of its quadrant."""

    clip_id: str
    artist: str
    path: Path
    arousal: float
    valence: float


def read_clips(folder: Path) -> tuple[str, list[Clip]]:
    """Read the clips of a folder that have a label; return the kind of labels (``quadrants``, ``ratings``) and them."""
    audio = {path.stem: path for path in sorted((folder / "audio").iterdir())}
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise SystemExit(f"{folder}: labels.csv has no rows")
    kind = "quadrants" if "quadrant" in rows[0] else "ratings"
    clips = []
    for row in rows:
        clip_id = next(iter(row.values()))
        arousal, valence = QUADRANTS[row["quadrant"]] if kind == "quadrants" else (_mean(row, axis) for axis in AXES)
        if clip_id not in audio:
            raise SystemExit(f"{folder}: no audio file for {clip_id}")
        if math.isfinite(arousal) and math.isfinite(valence):
            clips.append(Clip(clip_id, row["artist"], audio[clip_id], arousal, valence))
    return kind, clips


def _mean(row: Mapping[str, str], axis: str) -> float:
    values = [float(value) for name, value in row.items() if name.startswith(axis) and value]
    return sum(values) / len(values) if values else math.nan


def measure(
    folders: Sequence[Path], temporary: Path, models: Sequence[str], predictions: Mapping[str, Path]
) -> dict[str, Any]:
    """Compute the figures of all tools, models and predictions on folders of clips; return the results for JSON."""
    read = {name: read_predictions(file) for name, file in predictions.items()}
    results = []
    for folder in folders:
        kind, clips = read_clips(folder)
        ids = [clip.clip_id for clip in clips]
        for name in models:
            refuse_training_clips(name, ids)
        predicted = run_tools([*PEERS, *models], clips, temporary)
        for name, values in read.items():
            missing = [clip_id for clip_id in ids if clip_id not in values]
            if missing:
                raise SystemExit(f"{name}: no prediction for {len(missing)} clips of {folder}, such as {missing[0]}")
            predicted[name] = np.array([values[clip_id] for clip_id in ids])
        compute = quadrant_figures if kind == "quadrants" else rating_figures
        tools = {name: compute(clips, values) for name, values in predicted.items()}
        measured = {"date": date.today().isoformat(), "versions": versions(*PEERS)}
        results.append(
            {"folder": folder.resolve().name, "labels": kind, "clips": len(clips), **measured, "tools": tools}
        )
    return {"accuracy": results}


def run_tools(names: Sequence[str], clips: Sequence[Clip], temporary: Path) -> dict[str, FloatArray]:
    """Return arousal and valence (clips, 2) of each tool; all get the clip as a 16-bit WAV at its own rate."""
    answers: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    path = temporary / "clip.wav"
    with ExitStack() as stack:
        tools = [stack.enter_context(Tool(name)) for name in names]
        for number, clip in enumerate(clips, 1):
            samples, sr = soundfile.read(clip.path, dtype="int16")
            soundfile.write(path, samples, sr, subtype="PCM_16")
            for tool in tools:
                answer = tool.run(path)
                answers[tool.name].append((answer.arousal, answer.valence))
            if number % 100 == 0:
                print(f"{number} of {len(clips)} clips", file=sys.stderr, flush=True)
    return {name: np.array(values) for name, values in answers.items()}


def refuse_training_clips(model: str, ids: Sequence[str]) -> None:
    """Exit with a message if a model was trained on some of the clips."""
    known = set(ids) & set(json.loads(load_model(model).metadata.get("song_ids", "[]")))
    if known:
        raise SystemExit(
            f"{model}: trained on {len(known)} of these clips, such as {min(known)}; "
            "give predictions of clips held out from training with --predictions NAME=FILE"
        )


def read_predictions(file: Path) -> dict[str, tuple[float, float]]:
    """Read a CSV file with the columns id, arousal and valence."""
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: (float(row["arousal"]), float(row["valence"])) for row in csv.DictReader(lines)}


def rating_figures(clips: Sequence[Clip], predicted: FloatArray) -> Figures:
    """Compute the figures of predictions (clips, 2) against ratings.

    `r_*` is Pearson's r; `ccc_*` Lin's concordance after `fitted`; `valence_given_arousal` the partial correlation of
    predicted and rated valence given rated arousal; `axes_r` the correlation of the predicted axes, and `labels_axes_r`
    of the rated ones.
    """
    rated = np.array([(clip.arousal, clip.valence) for clip in clips])
    draws = draw_counts(len(clips), DRAWS, SEED)
    r = pooled_correlations(list(rated[:, None]), list(predicted[:, None]), draws)
    drawn = {
        "r_arousal": r[:, 0, 2],
        "r_valence": r[:, 1, 3],
        "valence_given_arousal": partial_r(r[:, 1, 3], r[:, 0, 1], r[:, 0, 3]),
        "axes_r": r[:, 2, 3],
        "labels_axes_r": r[:, 0, 1],
    }
    for i, axis in enumerate(AXES):
        line = fitted(clips, rated[:, i], predicted[:, i])
        drawn[f"ccc_{axis}"] = weighted_scores(list(rated[:, i, None]), list(line[:, None]), draws)["ccc"]
    return _intervals(drawn)


def quadrant_figures(clips: Sequence[Clip], predicted: FloatArray) -> Figures:
    """Compute the figures of predictions (clips, 2) against quadrants.

    `auc_*` is the area under the ROC curve: arousal of Q1 and Q2 against Q3 and Q4, valence of Q1 and Q4 against Q2
    and Q3. `auc_valence_aroused` and `auc_valence_calm` are valence's within each half of arousal, which arousal alone
    cannot raise. `axes_r` is the correlation of the predicted axes.
    """
    labels = np.array([(clip.arousal, clip.valence) for clip in clips]) > 0
    draws = draw_counts(len(clips), DRAWS, SEED)
    drawn = {f"auc_{axis}": auc(labels[:, i], predicted[:, i], draws) for i, axis in enumerate(AXES)}
    for name, half in (("aroused", labels[:, 0]), ("calm", ~labels[:, 0])):
        drawn[f"auc_valence_{name}"] = auc(labels[half, 1], predicted[half, 1], draws[:, half])
    drawn["axes_r"] = pooled_correlations(list(predicted[:, None]), list(predicted[:, None]), draws)[:, 0, 1]
    return _intervals(drawn)


def fitted(clips: Sequence[Clip], rated: FloatArray, predicted: FloatArray) -> FloatArray:
    """Return predictions of one axis on the scale of the ratings: a line by least squares, fitted on the other folds.

    The folds keep all clips of an artist together. A tool that answers the same for all clips gets the ratings' mean.
    """
    result = np.empty(len(predicted))
    for train, test in k_fold(clips, FOLDS, SEED, by="artist"):
        x, y = predicted[train], rated[train]
        variance = x.var()
        slope = ((x - x.mean()) * (y - y.mean())).mean() / variance if variance > 0 else 0.0
        result[test] = y.mean() + slope * (predicted[test] - x.mean())
    return result


def auc(positive: np.ndarray, predicted: FloatArray, draws: FloatArray) -> FloatArray:
    """Compute the area under the ROC curve: the probability that a positive clip is ranked above a negative one.

    Ties count half. It is NaN without clips of both kinds.

    Parameters
    ----------
    positive : (clips,) of bool
    predicted : (clips,)
    draws : (draws, clips)
        Number of times each clip is in each draw.

    Returns
    -------
    (draws,)

    Examples
    --------
    >>> auc(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1]), np.ones((1, 4)))
    array([0.875])
    """
    above, below = predicted[positive][:, None], predicted[~positive][None]
    wins = (above > below) + 0.5 * (above == below)
    weights = draws[:, positive], draws[:, ~positive]
    pairs = weights[0].sum(axis=1) * weights[1].sum(axis=1)
    result = np.full(len(draws), math.nan)
    np.divide(((weights[0] @ wins) * weights[1]).sum(axis=1), pairs, out=result, where=pairs > 0)
    return result


def _intervals(drawn: Mapping[str, FloatArray]) -> dict[str, Any]:
    return {name: percentile_interval(values, LEVEL).as_dict() for name, values in drawn.items()}
