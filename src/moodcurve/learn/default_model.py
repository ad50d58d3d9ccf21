"""The recipe of the packaged model and its card: ``python -m moodcurve.learn.default_model DATASET``.

Family and settings were chosen by the protocol ``deam``, five folds with disjoint artists. The same run measures
the figures that the card states; the model itself then learns from all songs.
"""

import argparse
import importlib.resources
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve.errors import MoodcurveError
from moodcurve.evaluation import AXES
from moodcurve.files import written_whole
from moodcurve.learn.benchmark import DRAWS, Benchmark, ModelResult, run_benchmark
from moodcurve.learn.benchmark_table import as_markdown, difference_table, table
from moodcurve.learn.config import as_table
from moodcurve.learn.export import export
from moodcurve.learn.ffnn import FFNNConfig
from moodcurve.learn.model import Progress, silent
from moodcurve.learn.protocols import PROTOCOLS, read_for
from moodcurve.learn.training import Trained, train

NAME = "deam-ffnn-1"
PROTOCOL = "deam"
FAMILY = "ffnn"
CONFIG = FFNNConfig()
OTHERS = ("mlr", "svr")
SEED = 0
LICENCE = (
    "Research use: the model has learned from DEAM, whose features and ratings are given for research; for "
    "other use ask those who own that data"
)


def make(folder: Path, output: Path, *, progress: Progress = silent) -> tuple[Path, Path]:
    """Judge the recipe, train it on all songs, and write model and card.

    Parameters
    ----------
    folder : path
        DEAM, as `moodcurve.datasets.read_dataset` reads it.
    output : path
        The model file; the card gets the ending ``.md`` beside it.
    progress : callable, optional

    Returns
    -------
    tuple of path
        Model and card.

    Raises
    ------
    DatasetError
        If the folder cannot be read.
    """
    dataset = read_for(folder, PROTOCOL)
    families = (FAMILY, *OTHERS)
    judged = run_benchmark(dataset, PROTOCOL, families, configs={FAMILY: CONFIG}, seed=SEED, progress=progress)
    trained = train(dataset, FAMILY, config=CONFIG, seed=SEED, progress=progress)
    export(trained, output, name=NAME, licence=LICENCE, metrics=_metrics(judged))
    card = output.with_suffix(".md")
    with written_whole(card) as scratch:
        scratch.write_text(model_card(trained, judged), encoding="utf-8")
    return output, card


def model_card(trained: Trained, judged: Benchmark) -> str:
    """Fill the card's template with settings and figures; the first of the judged models is the packaged one."""
    dataset = judged.dataset
    errors = _median_errors(judged.models[0], judged)
    template = (importlib.resources.files("moodcurve.learn") / "card_template.md").read_text("utf-8")
    return template.format(
        name=NAME,
        features=dataset.feature_set.key,
        config=json.dumps(as_table(trained.model.config), indent=1),
        dataset=dataset.name,
        songs=len(dataset.songs),
        points=sum(len(song.y) for song in dataset.songs),
        protocol=PROTOCOLS[judged.protocol].description,
        seed=judged.seed,
        draws=DRAWS,
        table=as_markdown(table(judged)),
        differences=as_markdown(difference_table(judged)),
        arousal_spread=judged.label_spread["arousal"],
        valence_spread=judged.label_spread["valence"],
        arousal_error=errors["arousal"],
        valence_error=errors["valence"],
        licence=LICENCE,
        version=__version__,
    )


def _metrics(judged: Benchmark) -> dict[str, Any]:
    """Give what the model file states of its recipe's figures."""
    stated = judged.as_dict()
    chosen = stated["models"][0]
    return {
        "protocol": f"{judged.protocol}: {stated['description']}; the file's model has learned from all songs",
        "songs": stated["songs"],
        "interval": stated["interval"],
        **{axis: chosen[axis] for axis in AXES},
    }


def _median_errors(model: ModelResult, judged: Benchmark) -> dict[str, float]:
    songs = judged.dataset.songs
    errors = np.vstack([np.abs(p - song.y) for p, song in zip(model.predicted, songs, strict=True)])
    return dict(zip(AXES, (float(e) for e in np.median(errors, axis=0)), strict=True))


def main() -> int:
    """Make the packaged model from a folder that the command line names."""
    parser = argparse.ArgumentParser(description="Train the packaged model and write it with its card.")
    parser.add_argument("dataset", type=Path, help="folder of DEAM")
    packaged = Path(__file__).parents[1] / "pretrained" / "default.onnx"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="model file to write")
    options = parser.parse_args()
    try:
        written = make(options.dataset, options.output, progress=_say)
    except MoodcurveError as error:
        print(f"moodcurve: {error}", file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0


def _say(done: int, total: int, what: str) -> None:
    print(f"{done}/{total} {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
