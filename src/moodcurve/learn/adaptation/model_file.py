"""Write an adapted model: the base's graph, followed by the correction, in one file."""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, TensorProto, checker, helper

from moodcurve import __version__
from moodcurve.curve import AXES
from moodcurve.evaluation import known_ids, training_sets
from moodcurve.learn.adaptation.adapt import Adaptation
from moodcurve.learn.export import UNKNOWN_LICENSE, write_model
from moodcurve.learn.onnx_graph import Graph
from moodcurve.runtime import EMBEDDING, FORMAT
from moodcurve.runtime.loading import model_metadata, read_model
from moodcurve.runtime.metadata import as_json
from moodcurve.runtime.sequence import INDEPENDENT
from moodcurve.runtime.session import OUTPUT

FAMILY = "adapted"
"""Family in the metadata of adapted models."""
_PREFIX = "moodcurve."
_UNCHANGED = (
    "feature_set", "feature_set_version", "columns", "input", "output", "target_range", "window_s", "hop_s", "novelty",
)  # fmt: skip
"""Metadata of the base that hold for the adapted model too."""
_KEPT = ("name", "family", "config", "training_data", "songs", "metrics", "licence", "moodcurve_version", "base")
"""Metadata of the base that the entry ``base`` keeps."""


def export_adapted(adaptation: Adaptation, path: str | os.PathLike[str], *, name: str) -> str:
    """Write an adapted model's file atomically, and return the model's name in results and curves.

    Parameters
    ----------
    adaptation : Adaptation
    path : path
        An existing file is replaced.
    name : str
        The model is called this and six characters that depend on its content: a library knows by its name which
        songs an earlier version analyzed.

    Raises
    ------
    ModelError
        If the base cannot be read.
    OSError
        If the file cannot be written.
    """
    model = adapted_model(adaptation, name=name)
    write_model(model, path)
    return str(next(entry.value for entry in model.metadata_props if entry.key == f"{_PREFIX}name"))


def adapted_model(adaptation: Adaptation, *, name: str) -> ModelProto:
    """Build the content of an adapted model's file; the parameters are those of `export_adapted`."""
    model = onnx.load_model_from_string(read_model(adaptation.base))
    base = model_metadata(adaptation.base)
    _append(model.graph, adaptation)
    digest = hashlib.sha256(model.graph.SerializeToString(deterministic=True)).hexdigest()[:6]
    metadata = _metadata(adaptation, base) | {"name": f"{name}-{digest}"}
    helper.set_model_props(model, {f"{_PREFIX}{key}": value for key, value in sorted(metadata.items())})
    checker.check_model(model)
    return model


def _append(graph: GraphProto, adaptation: Adaptation) -> None:
    """Let a base's graph end with the correction."""
    names = [name for node in graph.node for name in node.output] + [constant.name for constant in graph.initializer]
    number = next(n for n in range(len(names) + 1) if not any(name.startswith(f"adapted{n}_") for name in names))
    correction = Graph(prefix=f"adapted{number}_")
    before = f"adapted{number}_base"
    for node in graph.node:
        for values in (node.input, node.output):
            values[:] = [before if value == OUTPUT else value for value in values]
    outputs = correction.add("Cast", before, to=Graph.double)
    embedding = None
    if EMBEDDING in {output.name for output in graph.output}:
        embedding = correction.add("Cast", EMBEDDING, to=Graph.double)
    result = adaptation.correction.build(correction, outputs, embedding)
    correction.append_to(graph, result, OUTPUT)
    output = next(output for output in graph.output if output.name == OUTPUT)
    output.type.tensor_type.elem_type = TensorProto.FLOAT


def _metadata(adaptation: Adaptation, base: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata of an adapted model, without its name."""
    songs, correction, calibration = adaptation.dataset.songs, adaptation.correction, adaptation.calibration
    data, result = adaptation.dataset.name, adaptation.as_dict()
    sets = training_sets(base)
    known = known_ids(data, base)
    if added := tuple(song.song_id for song in songs if song.song_id not in known):
        sets[data] = (*sets.get(data, ()), *added)
    ids = [song_id for members in sets.values() for song_id in members]
    config: dict[str, Any] = {
        "base": base["name"],
        "correction": result["correction"],
        "matrix": correction.matrix.tolist(),
        "level": correction.level.tolist(),
        "sound": bool(np.any(correction.weights)),
    }
    metrics = {
        "protocol": f"{result['protocol']}, on the songs of {data}; the model in the file was adapted to all of them",
        **{key: result[key] for key in ("songs", "interval")},
        **{axis: result["after"][axis] for axis in AXES},
        "before": result["before"],
        "difference": result["difference"],
        "squared_error_removed": result["squared_error_removed"],
    }
    metadata = {key: base[key] for key in _UNCHANGED if key in base} | {
        "format": FORMAT,
        "rows": base.get("rows", as_json(INDEPENDENT)),
        "family": FAMILY,
        "config": _json(config),
        "seed": str(adaptation.seed),
        "training_data": " + ".join(dict.fromkeys(filter(None, [*base.get("training_data", "").split(" + "), data]))),
        "training_sets": _json({name: len(members) for name, members in sets.items()}),
        "songs": str(len(ids)),
        "song_ids": _json(ids),
        "metrics": _json(metrics),
        "licence": f"{base['name']}: {base.get('licence', UNKNOWN_LICENSE)}. Correction: the terms of {data} apply",
        "base": _json({key: base[key] for key in _KEPT if key in base}),
        "moodcurve_version": __version__,
        "intervals": as_json(calibration.intervals),
        "spreads": as_json(calibration.rms_errors),
    }
    if calibration.song_rating is not None:
        metadata["song_rating"] = as_json(calibration.song_rating)
    return metadata


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)
