"""A model file, or a packaged model, taken for what it says it is, or refused."""

import importlib.resources
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moodcurve.features import FEATURE_SETS, FeatureSet
from moodcurve.runtime.intervals import Intervals, Spreads
from moodcurve.runtime.metadata import from_json
from moodcurve.runtime.model import Model
from moodcurve.runtime.novelty import Limits
from moodcurve.runtime.sequence import INDEPENDENT, NEXT_STATE, Rows
from moodcurve.runtime.session import INPUT, OUTPUT, PLACE, SPREAD, STATE, ModelError, Session, open_session
from moodcurve.runtime.song_rating import SongRating

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Stated = TypeVar("Stated")

FORMAT = "2"
"""Layout of graph and metadata, stated in the metadata as ``moodcurve.format``."""
READABLE = ("1", FORMAT)
"""Layouts that can be read. Layout 1 had rows that do not depend on each other, and no spread."""


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
    session = open_session(_read(label), label)
    stated = session.metadata
    metadata = {key.removeprefix("moodcurve."): value for key, value in stated.items() if key.startswith("moodcurve.")}
    inputs, outputs = session.inputs, session.outputs
    if metadata.get("format") not in READABLE or INPUT not in inputs or OUTPUT not in outputs:
        raise ModelError(f"{label}: not a model of moodcurve (format {FORMAT}); `moodcurve train` makes them")
    missing = [key for key in ("name", "feature_set", "feature_set_version", "columns") if key not in metadata]
    if missing:
        raise ModelError(f"{label}: states no {missing[0]!r}; `moodcurve train` makes whole models")
    rows = _rows(metadata, label)
    carried = rows.kind == "carried"
    if (STATE in inputs, NEXT_STATE in outputs) != (carried, carried):
        raise ModelError(f"{label}: its rows are {rows.kind}, which its inputs and outputs do not fit")
    return Model(
        name=metadata["name"],
        feature_set=_feature_set(metadata, label),
        metadata=metadata,
        rows=rows,
        intervals=_intervals(metadata, outputs, label),
        spreads=_stated(metadata, "spreads", Spreads, label),
        song_rating=_stated(metadata, "song_rating", SongRating, label),
        usual=_usual(metadata, session, label),
        _session=session,
    )


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
            f"{label or repr(label)}: no such model ({error.strerror}); give a file, or one of the packaged models: "
            f"{', '.join(packaged) or 'none in this install'}"
        ) from error


def _rows(metadata: Mapping[str, str], label: str) -> Rows:
    if metadata["format"] == "1":
        return INDEPENDENT
    try:
        return from_json(Rows, metadata.get("rows", ""))
    except ValueError as error:
        raise ModelError(f"{label}: does not say how its rows depend on each other: {error}") from error


def _stated(metadata: Mapping[str, str], key: str, kind: type[Stated], label: str) -> Stated | None:
    """Read what the metadata may state as JSON."""
    if key not in metadata:
        return None
    try:
        return from_json(kind, metadata[key])
    except ValueError as error:
        raise ModelError(f"{label}: states {key} that cannot be read: {error}") from error


def _intervals(metadata: Mapping[str, str], outputs: Collection[str], label: str) -> Intervals | None:
    intervals = _stated(metadata, "intervals", Intervals, label)
    if intervals is not None and intervals.scale == "spread" and SPREAD not in outputs:
        raise ModelError(f"{label}: states intervals in units of a spread that it does not give")
    return intervals


def _usual(metadata: Mapping[str, str], session: Session, label: str) -> Limits | None:
    if ("novelty" in metadata) != (PLACE in session.outputs):
        raise ModelError(f"{label}: has only one of places among training songs and limits of what is usual")
    if PLACE in session.outputs and not session.place_size:
        raise ModelError(f"{label}: its output {PLACE!r} does not have the shape (rows, a number)")
    return _stated(metadata, "novelty", Limits, label)


def _feature_set(metadata: Mapping[str, Any], label: str) -> FeatureSet:
    name, version = metadata["feature_set"], metadata["feature_set_version"]
    known = FEATURE_SETS.get(name)
    if known is not None and known.version == version and metadata["columns"] != json.dumps(known.names):
        raise ModelError(f"{label}: reads other columns than those of {known.key}, which it names")
    if known is None or known.version != version:
        made = ", ".join(s.key for s in FEATURE_SETS.values())
        raise ModelError(f"{label}: reads features {name}/{version}; this version of moodcurve makes {made}")
    return known
