"""Write the model card of the packaged models, and the page of their results."""

import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from moodcurve import __version__
from moodcurve.curve import AXES
from moodcurve.learn.benchmarks.protocols import PROTOCOLS
from moodcurve.learn.benchmarks.report import (
    R2_NOTE,
    SONGS_IMAGE,
    difference_table,
    models_image,
    partial_correlation_table,
    table,
)
from moodcurve.learn.benchmarks.results import DRAWS, Benchmark, ModelResult
from moodcurve.learn.config import as_table
from moodcurve.learn.held_out import coverage
from moodcurve.learn.packaged import DEFAULT, FAST, LICENSE, LIVE
from moodcurve.learn.training import TrainedModel
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.runtime.song_rating import SongRating
from moodcurve.util.markdown import markdown_list, markdown_paragraph, markdown_table


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


def results_page(result: Mapping[str, Any]) -> str:
    """Return the results of the packaged models, `Benchmark.as_dict`, as a Markdown page."""
    parts = [
        "# The packaged models",
        markdown_paragraph(
            "For readers who want to know how accurate `default`, `fast` and `live` are on songs and artists that they "
            "were not trained on. Written by `make model`; the JSON file of the same name has all values."
        ),
        markdown_paragraph(
            "DEFAULT, FAST and LIVE also learned from excerpts of further songs and from quadrants, the other families "
            "from the rated clips alone; songs of the tested artists were always left out. LIVE predicts each moment "
            "from what was heard before it. But harmony and tags were computed from ten seconds of each clip only, and "
            "earlier moments have their mean, which a live listener would not know yet."
        ),
        models_image(result, "packaged.png"),
        "## Metrics",
        markdown_table(table(result)),
        "## The default model, song by song",
        SONGS_IMAGE.format("packaged-songs.png"),
        "## Valence given arousal, and r per song without drift",
        markdown_table(partial_correlation_table(result)),
        "## Differences from DEFAULT",
        "The first model minus the second, on the same songs:",
        markdown_table(difference_table(result, "default")),
        "## Notes",
        markdown_list((R2_NOTE, *result["notes"])),
    ]
    return "\n\n".join(parts) + "\n"
