"""Train the packaged models and write them with their card: ``python -m moodcurve.learn.release DEAM SOUND QUADRANTS``.

Family and settings were chosen by the protocol ``deam``, five folds with disjoint artists. The same run measures the
metrics on the card and calibrates the intervals. The packaged models are then trained on all songs.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from moodcurve.datasets import Dataset, Song
from moodcurve.datasets.deam.reader import ReadProgress, read_deam
from moodcurve.datasets.deam.sound import audio_files, read_deam_with_sound
from moodcurve.datasets.sound.altered import with_versions
from moodcurve.datasets.sound.reader import read_sound
from moodcurve.datasets.splits import k_fold
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE236
from moodcurve.learn.benchmarks.benchmark import join_models, run_benchmark
from moodcurve.learn.benchmarks.pictures import models_figure, songs_figure
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.results import Benchmark
from moodcurve.learn.coverage_picture import coverage_figure, reliability_figure
from moodcurve.learn.export import export
from moodcurve.learn.group_coverage import as_dict, coverage_page, measure_groups, measure_levels
from moodcurve.learn.held_out import PROTOCOL, from_benchmark, novelty_detector
from moodcurve.learn.model_card import model_card, results_page
from moodcurve.learn.models.base import TrainingProgress, no_progress
from moodcurve.learn.packaged import DEFAULT, FAST, LICENSE, OTHERS, PACKAGED, SEED, PackagedModel
from moodcurve.learn.training import train
from moodcurve.util.figures import save_figure
from moodcurve.util.files import write_text


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
    joined = read_deam_with_sound(deam, sound, feature_set=model.feature_set, progress=progress)
    ids = {song.song_id for song in published.songs}
    clips = tuple(song for song in joined.songs if song.song_id in ids)
    others = tuple(song for song in joined.songs if song.song_id not in ids)
    clips = tuple(with_versions(clips, audio_files(sound), model.feature_set))
    further = read_sound(quadrants, feature_set=model.feature_set, progress=progress)
    return TrainingSongs(clips=replace(joined, name=published.name, songs=clips), extra=(*others, *further.songs))


def build_release(
    deam: Path,
    sound: Path,
    quadrants: Path,
    output: Path,
    *,
    results: Path | None = None,
    cache: Path | None = None,
    progress: TrainingProgress = no_progress,
) -> tuple[Path, ...]:
    """Evaluate the packaged models, train them on all songs, and write them with their card.

    Parameters
    ----------
    deam, sound, quadrants : path
        As for `read_songs`.
    output : path
        Folder for the model files and ``default.md``.
    results : path, optional
        Folder for the results of the test, ``packaged.json`` and ``packaged.md``, and for the coverage of the default
        model's intervals by set and genre, ``coverage.json`` and ``coverage.md``, with their pictures; also for
        ``uncertainty.png``, the coverage at several levels.
    cache : path, optional
        Folder of cached predictions, as for `moodcurve.learn.benchmarks.benchmark.run_benchmark`.
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
    tested = {
        model.file: cross_validate(model, songs[model.file], cache=cache, progress=progress) for model in PACKAGED
    }
    others = run_benchmark(songs[FAST.file].clips, PROTOCOL, OTHERS, seed=SEED, progress=progress, cache=cache)
    models = (*(tested[model.file].models[0] for model in PACKAGED), *others.models)
    benchmark = join_models(tested[DEFAULT.file], models)
    files = []
    for model in PACKAGED:
        learned = songs[model.file]
        novelty = novelty_detector(learned.all_songs, model.family, seed=SEED)
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
    files.append(output / "default.md")
    write_text(files[-1], card)
    if results is not None:
        coverage = _coverage(DEFAULT, songs[DEFAULT.file], cache, progress)
        files += [*write_packaged(benchmark, results), *write_coverage(coverage, results)]
    return tuple(files)


def write_packaged(benchmark: Benchmark, folder: Path) -> list[Path]:
    """Write the results of the packaged models, their page and its pictures; the first model is drawn song by song."""
    found = benchmark.as_dict()
    files = [folder / f"packaged{end}" for end in (".json", ".md", ".png", "-songs.png")]
    write_text(files[0], json.dumps(found, indent=1, allow_nan=False) + "\n")
    write_text(files[1], results_page(found))
    save_figure(models_figure(found), files[2], results=found)
    save_figure(songs_figure(benchmark, benchmark.models[0]), files[3], results=found)
    return files


def write_coverage(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the coverage of a model's intervals, its page, and the pictures of this page and of the uncertainty's."""
    files = [folder / name for name in ("coverage.json", "coverage.md", "coverage.png", "uncertainty.png")]
    write_text(files[0], json.dumps(found, indent=1, allow_nan=False) + "\n")
    write_text(files[1], coverage_page(found))
    save_figure(coverage_figure(found), files[2], results=found)
    save_figure(reliability_figure(found), files[3], results=found)
    return files


def _coverage(
    model: PackagedModel, songs: TrainingSongs, cache: Path | None, progress: TrainingProgress
) -> dict[str, Any]:
    """Predict all rated songs by cross-validation, and measure coverage by set and genre, and at several levels."""
    clips = songs.clips.songs
    rated = (*clips, *(song for song in songs.extra if song.is_rated))
    found = run_benchmark(
        replace(songs.clips, songs=rated),
        PROTOCOL,
        [model.family],
        configs={model.family: model.config},
        seed=SEED,
        progress=progress,
        cache=cache,
        extra=[song for song in songs.extra if not song.is_rated],
    )
    protocol = PROTOCOLS[PROTOCOL]
    splits = k_fold(rated, protocol.folds, SEED, by=protocol.by)
    predicted = found.models[0].predicted
    groups = measure_groups(rated, len(clips), splits, predicted, seed=SEED)
    return as_dict(groups, measure_levels(rated, len(clips), splits, predicted, seed=SEED), model.file)


def _report_reading(progress: TrainingProgress, done: int, total: int) -> None:
    progress(done, total, "songs read")


def cross_validate(
    model: PackagedModel,
    songs: TrainingSongs,
    *,
    cache: Path | None = None,
    progress: TrainingProgress = no_progress,
) -> Benchmark:
    """Run `PROTOCOL` with a packaged model, which is then called by its file's name.

    Parameters
    ----------
    model : PackagedModel
    songs : TrainingSongs
        What `read_songs` read for the model.
    cache, progress
        As for `moodcurve.learn.benchmarks.benchmark.run_benchmark`.
    """
    found = run_benchmark(
        songs.clips,
        PROTOCOL,
        [model.family],
        configs={model.family: model.config},
        seed=SEED,
        progress=progress,
        cache=cache,
        extra=songs.extra,
    )
    return replace(found, models=(replace(found.models[0], family=model.file),))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Train the packaged models and write them with their card.")
    parser.add_argument("deam", type=Path, help="folder of DEAM")
    parser.add_argument("sound", type=Path, help="folder of DEAM's sound")
    parser.add_argument("quadrants", type=Path, help="folder of songs as audio with their quadrants")
    packaged = Path(__file__).parents[1] / "pretrained"
    parser.add_argument("-o", dest="output", type=Path, default=packaged, help="folder to write to")
    parser.add_argument("--results", type=Path, help="folder for the results of the test, such as docs/results")
    parser.add_argument("--cache", type=Path, help="folder to cache the predictions of the test in")
    options = parser.parse_args()
    try:
        written = build_release(
            options.deam,
            options.sound,
            options.quadrants,
            options.output,
            results=options.results,
            cache=options.cache,
            progress=_print_progress,
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
