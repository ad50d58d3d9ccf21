"""Train the packaged models and write them with their card: ``python -m moodcurve.learn.release DEAM SOUND QUADRANTS``.

Family and settings were chosen by the protocol ``deam``, five folds with disjoint artists. The same run measures the
metrics on the card and calibrates the intervals. The packaged models are then trained on all songs.
"""

import argparse
import importlib.resources
import json
import sys
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve.curve import AXES
from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.deam.reader import ReadProgress, read_deam
from moodcurve.datasets.deam.sound import read_deam_with_sound
from moodcurve.datasets.sound.reader import read_sound
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE236, FeatureSet
from moodcurve.features.feature_sets import feature_set
from moodcurve.learn.benchmarks.benchmark import join_models, run_benchmark
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.report import R2_NOTE, difference_table, table
from moodcurve.learn.benchmarks.results import DRAWS, Benchmark, ModelResult
from moodcurve.learn.config import as_table
from moodcurve.learn.export import export
from moodcurve.learn.held_out import PROTOCOL, coverage, from_benchmark, novelty_detector
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.models.gp_blend import GPBlendConfig
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
    feature_set : FeatureSet
    excerpts : bool
        Whether it also learns from the songs of which there is only sound: DEAM's excerpts and the quadrants.
    """

    file: str
    name: str
    family: str
    config: Any
    feature_set: FeatureSet
    excerpts: bool


LIVE_CONFIG = LiveStateSpaceConfig(level_memory_s=1000.0)
"""Shorter than the default of the family: a set of several hours changes more than a clip."""
DEFAULT = PackagedModel(
    file="default",
    name="moodcurve-default-3",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=feature_set("compare236+tonal1+tags1"),
    excerpts=True,
)
FAST = PackagedModel(
    file="fast",
    name="moodcurve-fast-3",
    family="gp-blend",
    config=GPBlendConfig(),
    feature_set=COMPARE236,
    excerpts=True,
)
"""Does without harmony, rhythm and tags, and is about twice as fast."""
LIVE = PackagedModel(
    file="live",
    name="deam-live-2",
    family="state-space-live",
    config=LIVE_CONFIG,
    feature_set=COMPARE236,
    excerpts=False,
)
"""Uses past rows only."""
PACKAGED = (DEFAULT, FAST, LIVE)
OTHERS = ("mlr", "two-level", "blend")
"""Families that the card compares with the packaged models: on the columns of `FAST`, without excerpts."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingSongs:
    """What a packaged model learns from.

    Attributes
    ----------
    clips : Dataset
        DEAM's rated clips with published features, which models are tested on.
    extra : tuple of Song
        Songs that it only learns from: the excerpts of other DEAM songs, and songs with a quadrant.
    """

    clips: Dataset
    extra: tuple[Song, ...]

    @property
    def all_songs(self) -> Dataset:
        """All songs, as the dataset that a model file names."""
        name = " + ".join([self.clips.name, *(["4Q"] if any(not song.is_rated for song in self.extra) else [])])
        return replace(self.clips, name=name, songs=(*self.clips.songs, *self.extra))


def read_songs(
    model: PackagedModel, deam: Path, sound: Path, quadrants: Path, *, progress: ReadProgress | None = None
) -> TrainingSongs:
    """Read what a packaged model learns from, with its features.

    Parameters
    ----------
    model : PackagedModel
    deam : path
        Folder of DEAM: features, annotations and metadata.
    sound : path
        Folder of DEAM's sound, see `moodcurve.datasets.deam.sound.read_deam_with_sound`.
    quadrants : path
        Folder of songs as audio with their quadrants, see `moodcurve.datasets.sound.reader.read_sound`.
    progress : callable, optional

    Raises
    ------
    DatasetError
        If a folder cannot be read.
    """
    published = read_deam(deam, feature_set=COMPARE236, progress=progress)
    if not model.excerpts:
        return TrainingSongs(clips=published, extra=())
    joined = read_deam_with_sound(deam, sound, feature_set=model.feature_set, progress=progress)
    ids = {song.song_id for song in published.songs}
    clips = tuple(song for song in joined.songs if song.song_id in ids)
    others = tuple(song for song in joined.songs if song.song_id not in ids)
    further = read_sound(quadrants, feature_set=model.feature_set, progress=progress)
    return TrainingSongs(clips=replace(joined, name=published.name, songs=clips), extra=(*others, *further.songs))


def build_release(
    deam: Path, sound: Path, quadrants: Path, output: Path, *, progress: TrainingProgress = no_progress
) -> tuple[Path, ...]:
    """Evaluate the packaged models, train them on all songs, and write them with their card.

    Parameters
    ----------
    deam, sound, quadrants : path
        As for `read_songs`.
    output : path
        Folder for the model files and ``default.md``.
    progress : callable, optional

    Returns
    -------
    tuple of path
        The files.

    Raises
    ------
    DatasetError
        If a folder cannot be read.
    """
    reading = partial(_report_reading, progress)
    songs = {model.file: read_songs(model, deam, sound, quadrants, progress=reading) for model in PACKAGED}
    tested = {model.file: _test(model, songs[model.file], progress) for model in PACKAGED}
    others = run_benchmark(songs[LIVE.file].clips, PROTOCOL, OTHERS, seed=SEED, progress=progress)
    models = (*(tested[model.file].models[0] for model in PACKAGED), *others.models)
    benchmark = join_models(tested[DEFAULT.file], models)
    files = []
    for model in PACKAGED:
        learned = songs[model.file]
        novelty = novelty_detector(learned.all_songs, seed=SEED, level_free=model.excerpts)
        held_out = from_benchmark(tested[model.file], tested[model.file].models[0], novelty)
        trained = train(learned.all_songs, model.family, config=model.config, seed=SEED, progress=progress)
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
    files += [output / "default.md", output / "results.json"]
    write_text(files[-2], card)
    write_text(files[-1], json.dumps(benchmark.as_dict(), indent=1, allow_nan=False) + "\n")
    return tuple(files)


def _report_reading(progress: TrainingProgress, done: int, total: int) -> None:
    progress(done, total, "songs read")


def _test(model: PackagedModel, songs: TrainingSongs, progress: TrainingProgress) -> Benchmark:
    """Run the protocol with a packaged model, which is then called by its file's name."""
    found = run_benchmark(
        songs.clips,
        PROTOCOL,
        [model.family],
        configs={model.family: model.config},
        seed=SEED,
        progress=progress,
        extra=songs.extra,
    )
    return replace(found, models=(replace(found.models[0], family=model.file),))


def model_card(trained: TrainedModel, benchmark: Benchmark, calibration: Calibration) -> str:
    """Fill the card's template; the first model of the benchmark is the default model."""
    dataset = benchmark.dataset
    held = coverage(benchmark, benchmark.models[0])
    errors = _median_errors(benchmark.models[0], benchmark)
    template = (importlib.resources.files("moodcurve.learn") / "card_template.md").read_text("utf-8")
    return template.format(
        name=DEFAULT.name,
        live=LIVE.name,
        fast=FAST.name,
        context_s=DEFAULT.config.gp.context_s,
        features=dataset.feature_set.key,
        config=json.dumps(as_table(trained.model.config), indent=1),
        dataset=dataset.name,
        songs=len(dataset.songs),
        excerpts=sum(song.is_rated for song in trained.dataset.songs) - len(dataset.songs),
        quadrants=sum(not song.is_rated for song in trained.dataset.songs),
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
    parser.add_argument("deam", type=Path, help="folder of DEAM")
    parser.add_argument("sound", type=Path, help="folder of DEAM's sound")
    parser.add_argument("quadrants", type=Path, help="folder of songs as audio with their quadrants")
    packaged = Path(__file__).parents[1] / "pretrained"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="folder to write to")
    options = parser.parse_args()
    try:
        written = build_release(
            options.deam, options.sound, options.quadrants, options.output, progress=_print_progress
        )
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
