"""Load packaged models and model files, and check their metadata."""

import importlib.resources
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moodcurve.errors import MoodcurveError
from moodcurve.features import FEATURE_SETS, FeatureSet
from moodcurve.features import feature_set as find_set
from moodcurve.features.encoders import encoder_names
from moodcurve.features.feature_sets import OWN, join, own_set
from moodcurve.runtime.intervals import Intervals, RmsErrors
from moodcurve.runtime.metadata import from_json
from moodcurve.runtime.model import Model
from moodcurve.runtime.model_file import check_complete, is_changed, read_file, read_metadata
from moodcurve.runtime.novelty import NoveltyLimits
from moodcurve.runtime.sequence import INDEPENDENT, NEXT_STATE, SequenceMode
from moodcurve.runtime.session import EMBEDDING, INPUT, OUTPUT, STATE, STD, ModelError, Session, open_session
from moodcurve.runtime.song_rating import SongRating

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Decoded = TypeVar("Decoded")

FORMAT = "2"
"""Version of the layout of graph and metadata, stored in the metadata as ``moodcurve.format``."""
READABLE = ("1", FORMAT)
"""Layouts that can be read. In layout 1 rows are independent, and there is no output ``spread``."""


def load_model(name_or_path: str | os.PathLike[str] = "default") -> Model:
    """Load a packaged model by name, or a model file.

    Parameters
    ----------
    name_or_path : str or path
        ``default`` or another name of `packaged_models`; anything else is a file.

    Raises
    ------
    ModelError
        If there is no such model or file, it is not an ONNX model, was not made by moodcurve, or needs
        features that this version of moodcurve does not compute.
    """
    label = os.fspath(name_or_path)
    data = model_data(label)
    metadata = _metadata(data, label)
    session = open_session(data, label)
    inputs, outputs = session.inputs, session.outputs
    if INPUT not in inputs or OUTPUT not in outputs:
        raise _not_ours(label)
    _check_keys(metadata, label)
    mode = _sequence_mode(metadata, label)
    carried = mode.kind == "carried"
    if (STATE in inputs, NEXT_STATE in outputs) != (carried, carried):
        raise ModelError(f"{label}: its rows are {mode.kind}, which its inputs and outputs do not fit")
    feature_set = _feature_set(metadata, label)
    session.check_sizes(len(feature_set.names), mode.state_size)
    model = Model(
        name=metadata["name"],
        feature_set=feature_set,
        metadata=metadata,
        sequence_mode=mode,
        intervals=_intervals(metadata, outputs, label),
        rms_errors=_optional(metadata, "spreads", RmsErrors, label),
        song_rating=_optional(metadata, "song_rating", SongRating, label),
        novelty_limits=_novelty_limits(metadata, session, label),
        _session=session,
    )
    if is_changed(data):  # last, since what does not fit together has a message of its own
        raise ModelError(f"{label}: is damaged, or was changed after it was written; export it again")
    return model


def describe_model(name_or_path: str | os.PathLike[str]) -> tuple[str, FeatureSet]:
    """Return the name and the feature set that a model states, without opening its graph, which may be anyone's.

    Raises
    ------
    ModelError
        If there is no such model or file, it was not made by moodcurve, or needs features that this version does not
        compute.
    """
    label = os.fspath(name_or_path)
    metadata = _metadata(model_data(label), label)
    _check_keys(metadata, label)
    return metadata["name"], _feature_set(metadata, label)


def model_metadata(name_or_path: str | os.PathLike[str]) -> dict[str, str]:
    """Return a model's metadata without opening its graph, without the prefix of their keys.

    Raises
    ------
    ModelError
        If there is no such model or file, or it was not made by moodcurve.
    """
    label = os.fspath(name_or_path)
    return _metadata(model_data(label), label)


def packaged_models() -> dict[str, "Traversable"]:
    """Return the models that come with the package, by name."""
    folder = importlib.resources.files("moodcurve") / "pretrained"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".onnx")] if folder.is_dir() else []
    return {entry.name.removesuffix(".onnx"): entry for entry in sorted(found, key=lambda e: e.name)}


def model_data(label: str) -> bytes:
    """Return the bytes of a packaged model by its name, or of a model file; raises as `load_model`."""
    packaged = packaged_models()
    if label in packaged:
        return packaged[label].read_bytes()
    try:
        return read_file(Path(label))
    except ValueError as error:  # a zero byte in the name is one too
        raise ModelError(f"{label!r}: {error}; expected is an ONNX model of moodcurve") from error
    except OSError as error:
        raise ModelError(
            f"{label or repr(label)}: no such model ({error.strerror}); use a model file, or one of the packaged "
            f"models: {', '.join(packaged) or 'none in this install'}"
        ) from error


def _metadata(data: bytes, label: str) -> dict[str, str]:
    """Return a model's metadata without their prefix, once it is known to be one of ours and complete in itself."""
    try:
        if not data:
            raise ValueError("it is empty")
        check_complete(data)
        entries = read_metadata(data)
    except UnicodeDecodeError as error:
        raise ModelError(f"{label}: its metadata are not UTF-8") from error
    except ValueError as error:
        raise ModelError(f"{label}: not an ONNX model that ONNX Runtime can run: {error}") from error
    metadata = {key.removeprefix("moodcurve."): value for key, value in entries.items() if key.startswith("moodcurve.")}
    if metadata.get("format") not in READABLE:
        raise _not_ours(label)
    return metadata


def _check_keys(metadata: Mapping[str, str], label: str) -> None:
    missing = [key for key in ("name", "feature_set", "feature_set_version", "columns") if key not in metadata]
    if missing:
        raise ModelError(f"{label}: its metadata lack {missing[0]!r}; create models with `moodcurve train`")


def _not_ours(label: str) -> ModelError:
    return ModelError(f"{label}: not a moodcurve model (format {FORMAT}); create one with `moodcurve train`")


def _sequence_mode(metadata: Mapping[str, str], label: str) -> SequenceMode:
    if metadata["format"] == "1":
        return INDEPENDENT
    if "rows" not in metadata:
        raise ModelError(f"{label}: its metadata lack 'rows'; create models with `moodcurve train`")
    return _decoded(metadata, "rows", SequenceMode, label)


def _optional(metadata: Mapping[str, str], key: str, kind: type[Decoded], label: str) -> Decoded | None:
    return _decoded(metadata, key, kind, label) if key in metadata else None


def _decoded(metadata: Mapping[str, str], key: str, kind: type[Decoded], label: str) -> Decoded:
    try:
        return from_json(kind, metadata[key])
    except ValueError as error:
        raise ModelError(f"{label}: its metadata {key!r} are invalid: {error}") from error


def _intervals(metadata: Mapping[str, str], outputs: Collection[str], label: str) -> Intervals | None:
    intervals = _optional(metadata, "intervals", Intervals, label)
    if intervals is not None and intervals.scale == "spread" and STD not in outputs:
        raise ModelError(f"{label}: its intervals need the output {STD!r}, which it lacks")
    return intervals


def _novelty_limits(metadata: Mapping[str, str], session: Session, label: str) -> NoveltyLimits | None:
    if ("novelty" in metadata) != (EMBEDDING in session.outputs):
        raise ModelError(f"{label}: has only one of the metadata 'novelty' and the output {EMBEDDING!r}")
    if EMBEDDING in session.outputs and not session.embedding_size:
        raise ModelError(f"{label}: its output {EMBEDDING!r} must have the shape (rows, a fixed number)")
    return _optional(metadata, "novelty", NoveltyLimits, label)


def _named_set(name: str, columns: str) -> FeatureSet:
    """Return the feature set of a name; the names of a user's own columns are those after the computed ones.

    Raises
    ------
    MoodcurveError, ValueError
        If the name or the list of columns cannot be used.
    """
    computed, _, last = name.rpartition("+")
    if last != OWN:
        return find_set(name)
    known, listed = find_set(computed), json.loads(columns)
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise ValueError("not a list of names")
    return join([*(known.parts or (known,)), own_set(listed[len(known.names) :])])


def _feature_set(metadata: Mapping[str, Any], label: str) -> FeatureSet:
    name, version = metadata["feature_set"], metadata["feature_set_version"]
    try:
        known = _named_set(name, metadata["columns"])
    except (MoodcurveError, ValueError, RecursionError):
        known = None
    if known is None or known.name != name or known.version != version:
        available = ", ".join([*(s.key for s in FEATURE_SETS.values()), *encoder_names()])
        raise ModelError(f"{label}: needs features {name}/{version}; this version of moodcurve computes {available}")
    if metadata["columns"] != json.dumps(known.names):
        raise ModelError(f"{label}: its columns are not those of {known.key}, which it names")
    return known
