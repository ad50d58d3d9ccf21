"""Keep the vectors by which songs are compared, and bring them up to date after a change of the library.

Their file is in the user's cache folder. Only new songs are read, until they are a fifth of all: then the
standardization of descriptors and their principal components are computed again.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve._typing import Float32Array, FloatArray, IntArray
from moodcurve.library.database import Library
from moodcurve.library.errors import translate_errors
from moodcurve.mood.course import POINTS, unpack_courses
from moodcurve.util.npz_cache import UNREADABLE, digest, load, store
from moodcurve.util.paths import private_cache_dir

PARTS = ("course", "sound", "mood")
COMPONENTS = 64
"""Dimensions of the sound."""
COURSE_POINTS = 16
_FITTED = 20_000
"""Songs from which the principal components are computed, at most."""
_CLIP = 5.0
"""Standard deviations beyond which a descriptor counts no more."""
REFIT_SHARE = 0.2
"""Share of new songs from which on the components are computed again."""
_IDS_PER_QUERY = 5000
_VERSION = 3


@dataclass(frozen=True, eq=False)
class SimilarIndex:
    """The vectors of songs of one feature set.

    Attributes
    ----------
    ids : (n,)
        In increasing order.
    parts : mapping
        Vectors (n, dimensions) by name of `PARTS`.
    """

    ids: IntArray
    parts: Mapping[str, Float32Array]


def load_index(library: Library, feature_set: str) -> SimilarIndex:
    """Return the index of the songs of a feature set: the cached one, with what changed in the library since."""
    state = _file_state(library)
    key = (os.path.realpath(library.path), feature_set)
    if key in _kept and _kept[key][0] == state:
        return _kept[key][1]
    path = private_cache_dir() / "similar" / f"{digest(' '.join(key))[:32]}.npz"
    version = f"{_VERSION} {feature_set}"
    found: _Stored | None = None
    with contextlib.suppress(*UNREADABLE):
        arrays = load(path, version) or {}
        found = _Stored(**{field.name: arrays[field.name] for field in fields(_Stored)})
    if found is None or str(found.library) != state:
        found = _updated(library, feature_set, found, state)
        store(path, version, vars(found))
    index = SimilarIndex(found.ids, {part: getattr(found, part) for part in PARTS})
    _kept.clear()
    _kept[key] = state, index
    return index


@dataclass(frozen=True, eq=False)
class _Stored:
    """The arrays of an index's file: the state of the library, songs and when they were analyzed, and their vectors.

    `scale` is that of the descriptors, their mean and factors (2, columns); `components` (columns, `COMPONENTS`) are of
    `fitted` songs, to which `added` were added since.
    """

    library: npt.NDArray[np.str_]
    ids: IntArray
    analysed: npt.NDArray[np.str_]
    course: Float32Array
    sound: Float32Array
    mood: Float32Array
    scale: FloatArray
    components: Float32Array
    fitted: IntArray
    added: IntArray


_kept: dict[tuple[str, str], tuple[str, SimilarIndex]] = {}
"""The last index, with its state."""


def _file_state(library: Library) -> str:
    """Return what changes when the library is written."""
    states = []
    for ending in ("", "-wal"):
        try:
            status = os.stat(f"{os.path.realpath(library.path)}{ending}")  # noqa: PTH116  any name
            states.append((status.st_size, status.st_mtime_ns))
        except OSError:
            states.append((0, 0))
    return str([state for state in states if state[0]])


def _updated(library: Library, feature_set: str, known: _Stored | None, state: str) -> _Stored:
    """Return an index for a state of the library, given an earlier one, of which songs analyzed since are read."""
    with translate_errors(library.path):
        rows = library.db.execute(
            "SELECT song.id, analysed_at FROM song JOIN descriptors ON descriptors.song = song.id "
            "JOIN measured ON measured.song = song.id "
            "WHERE feature_set = ? AND copies > 0 AND course NOT NULL ORDER BY song.id",
            (feature_set,),
        ).fetchall()
    ids = np.array([row[0] for row in rows], np.int64)
    analysed = np.array([row[1] for row in rows], np.str_)
    old, new = np.empty(0, np.int64), np.arange(len(ids))
    if known is not None:
        _, here, there = np.intersect1d(ids, known.ids, assume_unique=True, return_indices=True)
        same = analysed[here] == known.analysed[there]
        new, old = np.setdiff1d(new, here[same]), there[same]
        if int(known.added) + len(new) > REFIT_SHARE * int(known.fitted):
            known, new = None, np.arange(len(ids))
    course, descriptors, mood = _vectors(library, ids[new])
    if known is None:
        scale, components = _fitted(descriptors)
        sound = _reduced(descriptors, scale, components)
        count, none = np.array(len(ids), np.int64), np.array(0, np.int64)
        return _Stored(np.array(state), ids, analysed, course, sound, mood, scale, components, count, none)
    same = np.setdiff1d(np.arange(len(ids)), new)

    def merged(before: Float32Array, added: Float32Array) -> Float32Array:
        found = np.empty((len(ids), before.shape[1]), np.float32)
        found[same], found[new] = before[old], added
        return found

    return replace(
        known,
        library=np.array(state),
        ids=ids,
        analysed=analysed,
        added=known.added + len(new),
        course=merged(known.course, course),
        sound=merged(known.sound, _reduced(descriptors, known.scale, known.components)),
        mood=merged(known.mood, mood),
    )


def _vectors(library: Library, ids: IntArray) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Return the courses (n, 32), descriptors (n, columns) and mean moods (n, 2) of songs."""
    rows: list[Any] = []
    with translate_errors(library.path):
        for part in range(0, len(ids), _IDS_PER_QUERY):
            numbers = ", ".join(map(str, ids[part : part + _IDS_PER_QUERY].tolist()))
            rows += library.db.execute(
                f"""SELECT vector, course, arousal, valence FROM song JOIN descriptors ON descriptors.song = song.id
                    JOIN measured ON measured.song = song.id WHERE song.id IN ({numbers})
                    ORDER BY song.id"""  # nosec B608 # whole numbers
            )
    n = len(rows)
    descriptors = np.frombuffer(b"".join(row[0] for row in rows), "<f4").reshape(n, -1 if n else 0)
    courses = unpack_courses(b"".join(row[1] for row in rows))
    means = courses.reshape(n, COURSE_POINTS, POINTS // COURSE_POINTS, 2).mean(axis=2)
    mood = np.array([row[2:] for row in rows], np.float32).reshape(n, 2)
    return means.reshape(n, 2 * COURSE_POINTS), descriptors, mood


def reduced(descriptors: Float32Array) -> Float32Array:
    """Return descriptors (n, columns) standardized and reduced to at most `COMPONENTS` principal components."""
    return _reduced(descriptors, *_fitted(descriptors))


def _fitted(descriptors: Float32Array) -> tuple[FloatArray, Float32Array]:
    """Return mean and factor of each column (2, columns), and the principal components (columns, `COMPONENTS`)."""
    n = len(descriptors)
    if n == 0:
        return np.zeros((2, descriptors.shape[1])), np.zeros((descriptors.shape[1], COMPONENTS), np.float32)
    sample = descriptors if n <= _FITTED else descriptors[np.random.default_rng(0).choice(n, _FITTED, replace=False)]
    mean, std = sample.mean(axis=0, dtype=np.float64), sample.std(axis=0, dtype=np.float64)
    scale = np.array([mean, np.where(std > 0, 1 / np.where(std > 0, std, 1), 0)])
    fitted = _standardized(sample, scale)
    _, vectors = np.linalg.eigh((fitted.T @ fitted).astype(np.float64))
    return scale, vectors[:, ::-1][:, :COMPONENTS].astype(np.float32)


def _reduced(descriptors: Float32Array, scale: FloatArray, components: Float32Array) -> Float32Array:
    parts = [_standardized(descriptors[i : i + 5000], scale) @ components for i in range(0, len(descriptors), 5000)]
    found: Float32Array = np.concatenate([np.empty((0, components.shape[1]), np.float32), *parts])
    return found


def _standardized(descriptors: Float32Array, scale: FloatArray) -> Float32Array:
    z: Float32Array = (descriptors - scale[0].astype(np.float32)) * scale[1].astype(np.float32)
    np.nan_to_num(z, copy=False)
    np.clip(z, -_CLIP, _CLIP, out=z)
    return z
