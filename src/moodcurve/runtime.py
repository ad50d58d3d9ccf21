"""A model file applied to features: ONNX Runtime and NumPy only, no training code.

A model is one ONNX file with preprocessing inside: input ``features``, float32 (rows, columns); output
``arousal_valence``, float32 (rows, 2). What it was trained on stands in its metadata; `FORMAT` names the
layout of both.
"""

import importlib.resources
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from moodcurve.curve import Curve
from moodcurve.errors import MoodcurveError
from moodcurve.features import FEATURE_SETS, Features, FeatureSet

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import onnxruntime

FORMAT = "1"
"""Layout of graph and metadata, stated in the metadata as ``moodcurve.format``."""
INPUT, OUTPUT = "features", "arousal_valence"
"""Names of the graph's only input and output."""
BLOCK_ROWS = 1024
"""Rows given to the graph at once, about nine minutes: ten hours need no more memory than a song."""


class ModelError(MoodcurveError):
    """A model cannot be loaded, or cannot read these features; the message names it and what is accepted."""


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model.

    Attributes
    ----------
    name : str
        As the file states it; curves and results carry it.
    feature_set : FeatureSet
        What it reads.
    metadata : mapping
        All that the file states, by key without the prefix ``moodcurve.``: ``family``, ``config`` (JSON),
        ``training_data``, ``songs``, ``metrics`` (JSON), ``licence``, and so on.
    """

    name: str
    feature_set: FeatureSet
    metadata: Mapping[str, str]
    _session: "onnxruntime.InferenceSession"

    def predict(self, features: Features) -> npt.NDArray[np.float64]:
        """Predict arousal and valence of each row, shape (rows, 2), limited to [-1, 1].

        Each row is predicted from itself alone, so the answer does not depend on how the rows are split over
        calls.

        Parameters
        ----------
        features : Features
            Of the model's feature set, or of one of the same version that has its columns.

        Raises
        ------
        ModelError
            If the features are of another version or lack a column, or the model's answer is not finite.
        ValueError
            If a value is NaN or infinite.
        """
        if features.feature_set.version != self.feature_set.version:
            raise ModelError(f"model {self.name} reads features {self.feature_set.key}, got {features.feature_set.key}")
        values = features.select(self.feature_set).values
        if not np.isfinite(values).all():
            raise ValueError("features.values must be finite, got NaN or infinity")
        predicted = np.empty((len(values), 2))
        for start in range(0, len(values), BLOCK_ROWS):
            block = np.ascontiguousarray(values[start : start + BLOCK_ROWS], dtype=np.float32)
            (predicted[start : start + BLOCK_ROWS],) = self._session.run([OUTPUT], {INPUT: block})
        if not np.isfinite(predicted).all():
            raise ModelError(f"model {self.name} gives values that are no numbers: its file is damaged")
        return np.clip(predicted, -1, 1)

    def curve(self, features: Features, *, source: str, duration_s: float, warnings: tuple[str, ...] = ()) -> Curve:
        """Give the curve of a recording from its features.

        Parameters
        ----------
        features : Features
            At least one row.
        source : str
            What was analysed: the path as it was given.
        duration_s : float
            Length of the audio that was analysed.
        warnings : tuple of str
            What a reader of the curve must know.

        Raises
        ------
        ModelError, ValueError
            As `predict`; ValueError too if there is no row.
        """
        arousal, valence = self.predict(features).T
        return Curve(
            times_s=features.times_s,
            arousal=arousal,
            valence=valence,
            source=source,
            model=self.name,
            feature_set=self.feature_set.key,
            duration_s=duration_s,
            warnings=warnings,
        )


def load_model(name_or_path: str | os.PathLike[str] = "default") -> Model:
    """Load a packaged model by name, or a model file.

    Parameters
    ----------
    name_or_path : str or path
        ``default`` or another name of `packaged_models`; anything else is a file.

    Raises
    ------
    ModelError
        If there is no such model or file, it is not an ONNX model, was not made by moodcurve, or reads
        features that this version of moodcurve does not make.
    """
    label = os.fspath(name_or_path)
    session = _session(_read(label), label)
    stated = session.get_modelmeta().custom_metadata_map
    metadata = {key.removeprefix("moodcurve."): value for key, value in stated.items() if key.startswith("moodcurve.")}
    if metadata.get("format") != FORMAT or _names(session) != ([INPUT], [OUTPUT]):
        raise ModelError(f"{label}: not a model of moodcurve (format {FORMAT}); `moodcurve train` makes them")
    missing = [key for key in ("name", "feature_set", "feature_set_version", "columns") if key not in metadata]
    if missing:
        raise ModelError(f"{label}: states no {missing[0]!r}; `moodcurve train` makes whole models")
    return Model(metadata["name"], _feature_set(metadata, label), metadata, session)


def packaged_models() -> dict[str, "Traversable"]:
    """Models that come with the package, by name."""
    folder = importlib.resources.files("moodcurve") / "pretrained"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".onnx")] if folder.is_dir() else []
    return {entry.name.removesuffix(".onnx"): entry for entry in sorted(found, key=lambda e: e.name)}


def _read(label: str) -> bytes:
    packaged = packaged_models()
    if label in packaged:
        return packaged[label].read_bytes()
    try:
        return Path(label).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{label}: no such model ({error.strerror}); give a file, or one of the packaged models: "
            f"{', '.join(packaged) or 'none in this install'}"
        ) from error


def _session(data: bytes, label: str) -> "onnxruntime.InferenceSession":
    # from 1.29 on ONNX Runtime reports to its maker unless this is set before it is loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # imported here: it takes a third of a second, which reading a curve or a help text should not
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as refusals

    options = onnxruntime.SessionOptions()
    # one thread: the models are small, and sums always run in the same order
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except (
        refusals.Fail,
        refusals.InvalidArgument,
        refusals.InvalidGraph,
        refusals.InvalidProtobuf,
        refusals.NotImplemented,
        refusals.RuntimeException,
    ) as error:
        raise ModelError(f"{label}: not an ONNX model that ONNX Runtime can run") from error


def _names(session: "onnxruntime.InferenceSession") -> tuple[list[str], list[str]]:
    return [value.name for value in session.get_inputs()], [value.name for value in session.get_outputs()]


def _feature_set(metadata: Mapping[str, Any], label: str) -> FeatureSet:
    name, version = metadata["feature_set"], metadata["feature_set_version"]
    known = FEATURE_SETS.get(name)
    if known is not None and known.version == version and metadata["columns"] != json.dumps(known.names):
        raise ModelError(f"{label}: reads other columns than those of {known.key}, which it names")
    if known is None or known.version != version:
        made = ", ".join(s.key for s in FEATURE_SETS.values())
        raise ModelError(f"{label}: reads features {name}/{version}; this version of moodcurve makes {made}")
    return known
