"""Export a trained model as an ONNX file with metadata about its training."""

import json
import os
from typing import Any

from onnx import ModelProto, checker

from moodcurve import __version__
from moodcurve.features.feature_sets import HOP_S, WINDOW_S
from moodcurve.learn.config import as_table
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.training import TrainedModel
from moodcurve.learn.uncertainty.calibration import Calibration
from moodcurve.learn.uncertainty.novelty import NoveltyDetector
from moodcurve.runtime import EMBEDDING, FORMAT
from moodcurve.runtime.metadata import as_json
from moodcurve.runtime.model_file import checksum_entry
from moodcurve.util.files import atomic_write

UNKNOWN_LICENSE = "not stated; the terms of the training data apply"


def export(
    trained: TrainedModel,
    path: str | os.PathLike[str],
    *,
    name: str,
    license: str = UNKNOWN_LICENSE,
    metrics: dict[str, Any] | None = None,
    calibration: Calibration | None = None,
    novelty: NoveltyDetector | None = None,
) -> None:
    """Write a model file atomically, with a checksum at its end; the same model gives the same bytes.

    Parameters
    ----------
    trained : TrainedModel
    path : path
        An existing file is replaced.
    name : str
        Name of the model in results and curves.
    license : str
        License of the file.
    metrics : dict, optional
        Metrics to store, with the songs and split they were measured on, as JSON types. Default: metrics on the
        training songs, marked as such.
    calibration : Calibration, optional
        Errors on songs that the model was not trained on. Without it, curves have no intervals and no class
        probabilities.
    novelty : NoveltyDetector, optional
        What is usual among the training songs. Without it, curves have no novelty and no warning about unusual
        recordings.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    model = to_onnx(trained, name=name, license=license, metrics=metrics, calibration=calibration, novelty=novelty)
    write_model(model, path)


def write_model(model: ModelProto, path: str | os.PathLike[str]) -> None:
    """Write the content of a model file atomically, and add its checksum.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    key, value = checksum_entry(model.SerializeToString(deterministic=True))
    model.metadata_props.add(key=key, value=value)
    with atomic_write(path) as scratch:
        scratch.write_bytes(model.SerializeToString(deterministic=True))


def to_onnx(
    trained: TrainedModel,
    *,
    name: str,
    license: str = UNKNOWN_LICENSE,
    metrics: dict[str, Any] | None = None,
    calibration: Calibration | None = None,
    novelty: NoveltyDetector | None = None,
) -> ModelProto:
    """Build the content of a model file; the parameters are those of `export`."""
    features = trained.dataset.feature_set
    graph = Graph()
    output = trained.model.build(graph)
    if novelty is not None:
        graph.add_output(EMBEDDING, novelty.embedding.build(graph), ["rows", novelty.embedding.size])
    model = graph.to_model(output, columns=len(features.names))
    if metrics is None:
        metrics = {"protocol": "on its own training songs", **trained.training_metrics()}
    metadata = {
        "format": FORMAT,
        "name": name,
        "family": trained.family,
        "config": _json(as_table(trained.model.config)),
        "seed": str(trained.seed),
        "feature_set": features.name,
        "feature_set_version": features.version,
        "columns": _json(features.names),
        "training_data": trained.dataset.name,
        "songs": str(len(trained.dataset.songs)),
        "song_ids": _json([song.song_id for song in trained.dataset.songs]),
        "metrics": _json(metrics),
        "licence": license,
        "rows": as_json(graph.rows),
        "input": f"features: float32 (rows, {len(features.names)}), the feature set's columns in order",
        "output": "arousal_valence: float32 (rows, 2); a caller limits it to [-1, 1]",
        "target_range": "[-1, 1]",
        "window_s": str(WINDOW_S),
        "hop_s": str(HOP_S),
        "moodcurve_version": __version__,
    }
    if calibration is not None:
        metadata |= {"intervals": as_json(calibration.intervals), "spreads": as_json(calibration.rms_errors)}
        if calibration.song_rating is not None:
            metadata["song_rating"] = as_json(calibration.song_rating)
    if novelty is not None:
        metadata["novelty"] = as_json(novelty.limits)
    for key, value in sorted(metadata.items()):
        model.metadata_props.add(key=f"moodcurve.{key}", value=value)
    checker.check_model(model)
    return model


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)
