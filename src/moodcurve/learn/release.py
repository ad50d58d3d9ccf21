"""The recipe of the packaged models and their card: ``python -m moodcurve.learn.release DATASET``.

Family and settings were chosen by the protocol ``deam``, five folds with disjoint artists. The same run measures the
figures that the card states and calibrates the intervals; the models themselves then learn from all songs.
"""

import argparse
import importlib.resources
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve.errors import MoodcurveError
from moodcurve.evaluation import AXES
from moodcurve.learn.benchmarks.benchmark import DRAWS, Benchmark, ModelResult, run_benchmark
from moodcurve.learn.benchmarks.protocols import PROTOCOLS, read_for
from moodcurve.learn.benchmarks.report import SQUARED, as_markdown, difference_table, table
from moodcurve.learn.config import as_table
from moodcurve.learn.export import export
from moodcurve.learn.held_out import PROTOCOL, coverage, of_benchmark, usual
from moodcurve.learn.models.base import Progress, silent
from moodcurve.learn.models.blend import BlendConfig
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.training import Trained, train
from moodcurve.learn.uncertainty.calibration import Measured
from moodcurve.runtime.song_rating import SongRating
from moodcurve.util.files import write_text

SEED = 0
LICENCE = (
    "Research use: the model has learned from DEAM, whose features and ratings are given for research; for "
    "other use ask those who own that data"
)


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """One of the models that come with the package.

    Attributes
    ----------
    file : str
        Its name for ``--model``: the file's stem.
    name : str
        What curves and results call it.
    family : str
        One of `moodcurve.learn.training.FAMILIES`.
    config : settings of the family
    """

    file: str
    name: str
    family: str
    config: Any


LIVE_CONFIG = LiveStateSpaceConfig(level_memory_s=1000.0)
"""Shorter than the family's default: a set of hours changes more than a clip."""
DEFAULT = Packaged(file="default", name="deam-blend-2", family="blend", config=BlendConfig())
LIVE = Packaged(file="live", name="deam-live-2", family="state-space-live", config=LIVE_CONFIG)
"""Knows no later row."""
OTHERS = ("mlr", "two-level")
"""Judged beside them for the card."""


def make(folder: Path, output: Path, *, progress: Progress = silent) -> tuple[Path, ...]:
    """Judge the recipes, train them on all songs, and write the models and their card.

    Parameters
    ----------
    folder : path
        DEAM, as `moodcurve.datasets.read_dataset` reads it.
    output : path
        The folder to write ``default.onnx``, ``live.onnx`` and ``default.md`` to.
    progress : callable, optional

    Returns
    -------
    tuple of path
        The three files.

    Raises
    ------
    DatasetError
        If the folder cannot be read.
    """
    dataset = read_for(folder, PROTOCOL)
    packaged = (DEFAULT, LIVE)
    configs = {model.family: model.config for model in packaged}
    judged = run_benchmark(dataset, PROTOCOL, (*configs, *OTHERS), configs=configs, seed=SEED, progress=progress)
    familiarity = usual(dataset, seed=SEED)
    files = []
    for model, result in zip(packaged, judged.models, strict=False):
        trained = train(dataset, model.family, config=model.config, seed=SEED, progress=progress)
        held = of_benchmark(judged, result, familiarity)
        files.append(output / f"{model.file}.onnx")
        export(
            trained,
            files[-1],
            name=model.name,
            licence=LICENCE,
            metrics=held.metrics,
            measured=held.measured,
            familiarity=held.familiarity,
        )
        if model is DEFAULT:
            card = model_card(trained, judged, held.measured)
    files.append(output / "default.md")
    write_text(files[-1], card)
    return tuple(files)


def model_card(trained: Trained, judged: Benchmark, measured: Measured) -> str:
    """Fill the card's template with settings and figures; the first of the judged models is the packaged one."""
    dataset = judged.dataset
    held = coverage(judged, judged.models[0])
    errors = _median_errors(judged.models[0], judged)
    template = (importlib.resources.files("moodcurve.learn") / "card_template.md").read_text("utf-8")
    return template.format(
        name=DEFAULT.name,
        live=LIVE.name,
        context_s=DEFAULT.config.two_level.context_s,
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
        squared=SQUARED,
        arousal_spread=judged.label_spread["arousal"],
        valence_spread=judged.label_spread["valence"],
        arousal_error=errors["arousal"],
        valence_error=errors["valence"],
        arousal_held=held["arousal"],
        valence_held=held["valence"],
        arousal_width=sum(measured.intervals.arousal),
        valence_width=sum(measured.intervals.valence),
        **{f"{name}_rms": spread for name, spread in asdict(measured.spreads).items()},
        rating=_rating_words(measured.song_rating),
        licence=LICENCE,
        version=__version__,
    )


def _rating_words(found: SongRating | None) -> str:
    """Say how ratings of whole songs follow from curves; nothing where that was not measured."""
    if found is None:
        return ""
    lines = (
        f"{line.base:+.2f} {line.slope:+.2f} · mean of the curve, "
        f"{line.below:.2f} below to {line.above:.2f} above it ({axis})"
        for axis, line in (("arousal", found.arousal), ("valence", found.valence))
    )
    return (
        "\n\nListeners rate a song as a whole lower and wider than they follow it. The rating that a curve carries is, "
        f"by {found.songs} songs, {' and '.join(lines)}. It was learned from clips of 45 s, not from whole songs."
    )


def _median_errors(model: ModelResult, judged: Benchmark) -> dict[str, float]:
    songs = judged.dataset.songs
    errors = np.vstack([np.abs(p - song.y) for p, song in zip(model.predicted, songs, strict=True)])
    return dict(zip(AXES, (float(e) for e in np.median(errors, axis=0)), strict=True))


def main() -> int:
    """Make the packaged models from a folder that the command line names."""
    parser = argparse.ArgumentParser(description="Train the packaged models and write them with their card.")
    parser.add_argument("dataset", type=Path, help="folder of DEAM")
    packaged = Path(__file__).parents[1] / "pretrained"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="folder to write to")
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
