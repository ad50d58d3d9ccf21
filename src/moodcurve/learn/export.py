"""A trained model as one ONNX file: its arithmetic from the features on, and what made it."""

import json
import os
from typing import Any

from onnx import ModelProto, checker

from moodcurve import __version__
from moodcurve.features.feature_sets import HOP_S, WINDOW_S
from moodcurve.learn.config import as_table
from moodcurve.learn.onnx_graph import Graph
from moodcurve.learn.training import Trained
from moodcurve.learn.uncertainty.calibration import Measured
from moodcurve.learn.uncertainty.familiarity import Familiarity
from moodcurve.runtime import EMBEDDING, FORMAT
from moodcurve.runtime.metadata import as_json
from moodcurve.util.files import atomic_write

UNSTATED = "not stated; the terms of the training data apply"


def export(
    trained: Trained,
    path: str | os.PathLike[str],
    *,
    name: str,
    licence: str = UNSTATED,
    metrics: dict[str, Any] | None = None,
    measured: Measured | None = None,
    familiarity: Familiarity | None = None,
) -> None:
    """Write a model file, whole or not at all; the same model gives the same bytes.

    Parameters
    ----------
    trained : Trained
    path : path
        What is there is replaced.
    name : str
        What results and curves call the model.
    licence : str
        Under which the file may be used.
    metrics : dict, optional
        Figures to state, with the songs and split that they were measured on, fit for JSON; without them,
        those on the training songs, which say so.
    measured : Measured, optional
        How far ratings lie from its answers, measured on songs that it had not learned from
        (`moodcurve.learn.uncertainty.calibration`); without that its curves have no intervals and no probabilities of classes.
    familiarity : Familiarity, optional
        What is usual among the training songs (`moodcurve.learn.uncertainty.familiarity`); without it, recordings unlike them
        are not told.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    model = to_onnx(trained, name=name, licence=licence, metrics=metrics, measured=measured, familiarity=familiarity)
    with atomic_write(path) as scratch:
        scratch.write_bytes(model.SerializeToString(deterministic=True))


def to_onnx(
    trained: Trained,
    *,
    name: str,
    licence: str = UNSTATED,
    metrics: dict[str, Any] | None = None,
    measured: Measured | None = None,
    familiarity: Familiarity | None = None,
) -> ModelProto:
    """Build the model file's content; the parameters are those of `export`."""
    features = trained.dataset.feature_set
    graph = Graph()
    answer = trained.model.build(graph)
    if familiarity is not None:
        graph.give(EMBEDDING, familiarity.places.build(graph), ["rows", familiarity.places.size])
    model = graph.model(answer, columns=len(features.names))
    if metrics is None:
        metrics = {"protocol": "on its own training songs", **trained.training_figures()}
    stated = {
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
        "licence": licence,
        "rows": as_json(graph.rows),
        "input": f"features: float32 (rows, {len(features.names)}), the feature set's columns in order",
        "output": "arousal_valence: float32 (rows, 2); a caller limits it to [-1, 1]",
        "target_range": "[-1, 1]",
        "window_s": str(WINDOW_S),
        "hop_s": str(HOP_S),
        "moodcurve_version": __version__,
    }
    if measured is not None:
        stated |= {"intervals": as_json(measured.intervals), "spreads": as_json(measured.spreads)}
        if measured.song_rating is not None:
            stated["song_rating"] = as_json(measured.song_rating)
    if familiarity is not None:
        stated["novelty"] = as_json(familiarity.limits)
    for key, value in sorted(stated.items()):
        model.metadata_props.add(key=f"moodcurve.{key}", value=value)
    checker.check_model(model)
    return model


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)
