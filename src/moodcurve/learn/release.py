"""Train the packaged models and write them with their model card: ``python -m moodcurve.learn.release DATASET``.

Family and settings were chosen by the protocol ``deam``, five folds with disjoint artists. The same run measures the
metrics on the card and calibrates the intervals. The packaged models are then trained on all songs.
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
from moodcurve.curve import AXES
from moodcurve.errors import MoodcurveError
from moodcurve.learn.benchmarks.benchmark import run_benchmark
from moodcurve.learn.benchmarks.protocols import PROTOCOLS, read_for
from moodcurve.learn.benchmarks.report import R2_NOTE, difference_table, table
from moodcurve.learn.benchmarks.results import DRAWS, Benchmark, ModelResult
from moodcurve.learn.config import as_table
from moodcurve.learn.export import export
from moodcurve.learn.held_out import PROTOCOL, coverage, from_benchmark, novelty_detector
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.blend import BlendConfig
from moodcurve.learn.models.state_space import LiveStateSpaceConfig
from moodcurve.learn.training import TrainedModel, train
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.runtime.song_rating import SongRating
from moodcurve.util.files import write_text
from moodcurve.util.markdown import markdown_table

SEED = 0
LICENSE = (
    "Research use: the model has learned from DEAM, whose features and ratings are given for research; for "
    "other use ask those who own that data"
)


@dataclass(frozen=True, kw_only=True)
class PackagedModel:
    """A model that is included in the package.

    Attributes
    ----------
    file : str
        Stem of the file, the name for ``--model``.
    name : str
        Name of the model in curves and results.
    family : str
        One of `moodcurve.learn.training.FAMILIES`.
    config : settings of the family
    """

    file: str
    name: str
    family: str
    config: Any


LIVE_CONFIG = LiveStateSpaceConfig(level_memory_s=1000.0)
"""Shorter than the default of the family: a set of several hours changes more than a clip."""
DEFAULT = PackagedModel(file="default", name="deam-blend-2", family="blend", config=BlendConfig())
LIVE = PackagedModel(file="live", name="deam-live-2", family="state-space-live", config=LIVE_CONFIG)
"""Uses past rows only."""
OTHERS = ("mlr", "two-level")
"""Families that the card compares with the packaged models."""


def build_release(folder: Path, output: Path, *, progress: TrainingProgress = no_progress) -> tuple[Path, ...]:
    """Evaluate the packaged models, train them on all songs, and write them with their card.

    Parameters
    ----------
    folder : path
        Folder of DEAM.
    output : path
        Folder for ``default.onnx``, ``live.onnx`` and ``default.md``.
    progress : callable, optional

    Returns
    -------
    tuple of path
        The three files.

    Raises
    ------
    DatasetError
        If DEAM cannot be read.
    """
    dataset = read_for(folder, PROTOCOL)
    packaged = (DEFAULT, LIVE)
    configs = {model.family: model.config for model in packaged}
    benchmark = run_benchmark(dataset, PROTOCOL, (*configs, *OTHERS), configs=configs, seed=SEED, progress=progress)
    novelty = novelty_detector(dataset, seed=SEED)
    files = []
    for model, result in zip(packaged, benchmark.models, strict=False):
        trained = train(dataset, model.family, config=model.config, seed=SEED, progress=progress)
        held_out = from_benchmark(benchmark, result, novelty)
        files.append(output / f"{model.file}.onnx")
        export(
            trained,
            files[-1],
            name=model.name,
            license=LICENSE,
            metrics=held_out.metrics,
            calibration=held_out.calibration,
            novelty=held_out.novelty,
        )
        if model is DEFAULT:
            card = model_card(trained, benchmark, held_out.calibration)
    files.append(output / "default.md")
    write_text(files[-1], card)
    return tuple(files)


def model_card(trained: TrainedModel, benchmark: Benchmark, calibration: Calibration) -> str:
    """Fill the card's template; the first model of the benchmark is the default model."""
    dataset = benchmark.dataset
    held = coverage(benchmark, benchmark.models[0])
    errors = _median_errors(benchmark.models[0], benchmark)
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
        protocol=PROTOCOLS[benchmark.protocol].description,
        seed=benchmark.seed,
        draws=DRAWS,
        table=markdown_table(table(benchmark.as_dict())),
        differences=markdown_table(difference_table(benchmark.as_dict())),
        squared=R2_NOTE,
        arousal_std=benchmark.label_std["arousal"],
        valence_std=benchmark.label_std["valence"],
        arousal_error=errors["arousal"],
        valence_error=errors["valence"],
        arousal_held=held["arousal"],
        valence_held=held["valence"],
        arousal_width=sum(calibration.intervals.arousal),
        valence_width=sum(calibration.intervals.valence),
        **{f"{name}_rms": error for name, error in asdict(calibration.rms_errors).items()},
        rating=_rating_text(calibration.song_rating),
        license=LICENSE,
        version=__version__,
    )


def _rating_text(found: SongRating | None) -> str:
    """Format how ratings of whole songs follow from curves, or nothing if that was not measured."""
    if found is None:
        return ""
    lines = (
        f"- {axis}: {line.base:.2f} + {line.slope:.2f} · mean of the curve, from {line.below:.2f} below to "
        f"{line.above:.2f} above"
        for axis, line in (("arousal", found.arousal), ("valence", found.valence))
    )
    text = (
        "**Rating of the whole song.** Listeners rate whole songs lower and with a wider range than they rate\n"
        f"continuously. The song rating of a curve is a line fitted to {found.songs} songs, with a 90 % interval. The\n"
        "fit is based on clips of 45 s, not on whole songs.\n"
    )
    return "\n\n" + "\n".join([text, *lines])


def _median_errors(model: ModelResult, benchmark: Benchmark) -> dict[str, float]:
    songs = benchmark.dataset.songs
    errors = np.vstack([np.abs(p - song.y) for p, song in zip(model.predicted, songs, strict=True)])
    return dict(zip(AXES, (float(e) for e in np.median(errors, axis=0)), strict=True))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Train the packaged models and write them with their card.")
    parser.add_argument("dataset", type=Path, help="folder of DEAM")
    packaged = Path(__file__).parents[1] / "pretrained"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="folder to write to")
    options = parser.parse_args()
    try:
        written = build_release(options.dataset, options.output, progress=_print_progress)
    except MoodcurveError as error:
        print(f"moodcurve: {error}", file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0


def _print_progress(done: int, total: int, what: str) -> None:
    print(f"{done}/{total} {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
