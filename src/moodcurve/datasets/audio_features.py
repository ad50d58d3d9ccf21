"""Compute the features of many audio files in worker processes, and cache them file by file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moodcurve.datasets.cache import CachedFeatures, feature_entry
from moodcurve.errors import MoodcurveError
from moodcurve.features import COMPARE236, COMPARE260, Features, FeatureSet
from moodcurve.features.feature_sets import join
from moodcurve.workers import Job, ProgressReporter, run_each

Found = CachedFeatures | MoodcurveError | OSError
"""The features of a file, or why there are none."""


def audio_features(
    paths: Sequence[Path],
    wanted: FeatureSet,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Found]:
    """Return the features of each file, or the error that reading it raised, in the order of the paths.

    The parts of a joined set are cached separately, as soon as a file is done: what was computed before an
    interruption, or for another set with the same part, is not computed again.

    Parameters
    ----------
    paths : sequence of Path
    wanted : FeatureSet
    workers : int, optional
        Number of processes; by default one per core, or one for few files.
    progress : callable, optional
        Called with the number of files done and of all; also between files, so that an error that it raises (such as
        KeyboardInterrupt) ends the work at once.
    """
    parts = computed_sets(wanted)
    found: dict[int, Found] = {}
    items: dict[int, _Item] = {}
    stored: dict[int, dict[str, CachedFeatures]] = {}
    for i, path in enumerate(paths):
        stored[i] = {part.name: one for part in parts if (one := _load(path, part)) is not None}
        missing = tuple(part for part in parts if part.name not in stored[i])
        if missing:
            items[i] = _Item(path=path, missing=missing)
        else:
            found[i] = _joined(stored.pop(i), parts, wanted)
    total, report = len(paths), progress or (lambda done, total: None)
    report(len(found), total)
    if items:
        _prepare({part for item in items.values() for part in item.missing})
    results = run_each(_make_job, list(items.values()), workers=workers, check=lambda: report(len(found), total))
    for (i, item), result in zip(items.items(), results, strict=True):
        if isinstance(result, MoodcurveError | OSError):
            found[i] = result
        else:
            computed = {part.name: one for part, one in zip(item.missing, result, strict=True)}
            found[i] = _joined(stored.pop(i) | computed, parts, wanted)
        report(len(found), total)
    return [found[i] for i in range(len(paths))]


def computed_sets(wanted: FeatureSet) -> tuple[FeatureSet, ...]:
    """Return the feature sets that together hold all columns of a set, as they are computed and cached.

    Examples
    --------
    >>> computed_sets(FeatureSet("mine", "1", COMPARE236.names[:5]))
    (FeatureSet(compare236/1, columns=236),)
    """
    return tuple(dict.fromkeys(_computed_set(part) for part in wanted.parts or (wanted,)))


def _computed_set(part: FeatureSet) -> FeatureSet:
    """Return the smallest named set with the columns of a single set, or the set itself."""
    return next((one for one in (COMPARE236, COMPARE260) if set(part.names) <= set(one.names)), part)


@dataclass(frozen=True, kw_only=True)
class _Item:
    """A file, and the feature sets to compute."""

    path: Path
    missing: tuple[FeatureSet, ...]


def _load(path: Path, part: FeatureSet) -> CachedFeatures | None:
    entry = feature_entry(path, part)
    return None if entry is None else entry.load()


def _prepare(parts: Iterable[FeatureSet]) -> None:
    """Compile the extractor once, instead of in each process."""
    from moodcurve.features.warmup import prepare

    for part in parts:
        prepare(part)


def _make_job() -> Job[_Item, list[CachedFeatures]]:
    return _compute


def _compute(item: _Item, progress: ProgressReporter) -> list[CachedFeatures]:
    """Compute the missing parts of one file in one pass, and cache them."""
    from moodcurve.analysis import file_features

    entries = [feature_entry(item.path, part) for part in item.missing]
    read = file_features(item.path, join(item.missing), progress=progress)
    found = [CachedFeatures(features=read.features.select(part), warnings=read.warnings) for part in item.missing]
    for entry, one in zip(entries, found, strict=True):
        if entry is not None:
            entry.store(one)
    return found


def _joined(found: dict[str, CachedFeatures], parts: Sequence[FeatureSet], wanted: FeatureSet) -> CachedFeatures:
    """Join the columns of all parts, which have the same rows."""
    ordered = [found[part.name] for part in parts]
    first = ordered[0].features
    joined = Features(np.hstack([one.features.values for one in ordered]), first.times_s, join(parts), sr=first.sr)
    warnings = tuple(dict.fromkeys(warning for one in ordered for warning in one.warnings))
    return CachedFeatures(features=joined.select(wanted), warnings=warnings)
