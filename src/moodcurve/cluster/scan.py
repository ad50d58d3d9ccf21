"""Scan a catalogue: read its manifests, cut them into shards, and run those whose results are not there yet."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moodcurve.cluster.errors import ClusterError, StoreError
from moodcurve.cluster.manifest import read_entries
from moodcurve.cluster.results import ModelVersion
from moodcurve.cluster.runner import Engine, RunSettings, ShardReport
from moodcurve.cluster.shards import SHARD_SIZE, Part, Shard, cut, is_shard_name
from moodcurve.cluster.store import Store, check_store, open_store
from moodcurve.library.id_tables import NO_COLUMNS, Columns
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.runtime.loading import describe_model, model_metadata, read_model
from moodcurve.runtime.model import version_of
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line
from moodcurve.util.urls import absolute

WHOLE = Part()


@dataclass(kw_only=True)
class ClusterStats:
    """What a scan of a catalogue has done so far; everything counted is stored.

    Attributes
    ----------
    shards : int
        Shards read from the manifests so far, those of other processes left out.
    finished : int
        Those that were finished before, or by another process.
    run : int
        Those that this scan finished.
    lost : int
        Those that could not be finished; the next scan runs them.
    left_over : int
        Shards among the results that are not of these manifests and this model; known at the end.
    songs, failed : int
        Songs analyzed, and files that could not be used.
    audio_s : float
        Duration of the songs in seconds.
    interrupted : bool
        Whether the scan was stopped before its end.
    started : float
        `time.monotonic` at the start.
    """

    shards: int = 0
    finished: int = 0
    run: int = 0
    lost: int = 0
    left_over: int = 0
    songs: int = 0
    failed: int = 0
    audio_s: float = 0.0
    interrupted: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def add(self, report: ShardReport) -> None:
        """Count a shard that has ended."""
        if report.lost:
            self.lost += 1
        elif report.songs + report.failed:
            self.run += 1
        else:
            self.finished += 1
        self.songs += report.songs
        self.failed += report.failed
        self.audio_s += report.audio_s


def scan_catalogue(
    manifests: Sequence[str],
    out: str,
    engine: Engine,
    *,
    model: AnyPath = "default",
    columns: Columns = NO_COLUMNS,
    shard_size: int = SHARD_SIZE,
    part: Part = WHOLE,
    again: bool = False,
    forget: bool = False,
    selection: Selection = NO_SELECTION,
    on_report: Callable[[ClusterStats, ShardReport], None] = lambda stats, report: None,
    check: Callable[[], None] = lambda: None,
) -> ClusterStats:
    """Analyze the songs of manifests that have no results yet; the results are Parquet files, one for each shard.

    The files of results are all that is kept of a scan: a shard is finished if its file is there. A scan that was
    killed at any moment is continued by the same call, and several may run at once.

    Parameters
    ----------
    manifests : sequence of str
        See `moodcurve.cluster.manifest.read_entries`. Their ids should differ.
    out : str
        Path or URL of the folder of results.
    engine : Engine
        What runs the shards.
    model : str or path
        Name of a packaged model, or a model file.
    columns : Columns
        Columns of the manifests.
    shard_size : int
        Songs in a shard.
    part : Part
        Which shards this process takes; others take the rest.
    again : bool
        Also analyze the songs again that failed in an earlier scan.
    forget : bool
        Remove results that are not of these manifests and this model.
    selection : Selection
        Which audio track is analyzed.
    on_report : callable
        Called after each shard.
    check : callable
        Called several times a second. A KeyboardInterrupt that it raises stops the scan; unfinished shards are lost.

    Returns
    -------
    ClusterStats

    Raises
    ------
    MoodcurveError
        If a manifest, the model or the cluster cannot be used.
    OSError
        If results cannot be written.
    """
    name, feature_set = describe_model(model)
    data = read_model(str(model))
    version = ModelVersion(name, version_of(model_metadata(model)), feature_set.key)
    out = absolute(out)
    store = open_store(out)
    with tempfile.TemporaryDirectory(prefix="moodcurve-") as scratch:
        try:
            check_store(store, Path(scratch))
        except StoreError as error:
            raise ClusterError(f"{one_line(out)}: cannot be written: {error}") from error
    settings = RunSettings(out, version, selection, again)
    key = json.dumps([version.model, hashlib.sha256(data).hexdigest(), version.feature_set, str(selection)])
    stats = ClusterStats()
    earlier = {found for found in store.names() if is_shard_name(found)}
    unknown = set(earlier)

    def wanted() -> Iterator[Shard]:
        number = 0
        for manifest in manifests:
            for shard in cut(read_entries(manifest, columns), shard_size, key):
                unknown.discard(shard.name)
                if part.takes(number):
                    stats.shards += 1
                    if shard.name not in earlier or again:
                        yield shard
                    else:
                        stats.finished += 1
                number += 1
                check()

    try:
        for report in engine(wanted(), settings, data, check):
            stats.add(report)
            on_report(stats, report)
    except KeyboardInterrupt:
        stats.interrupted = True
        return stats
    _count_left_over(stats, store, unknown, forget=forget and not stats.lost)
    return stats


def _count_left_over(stats: ClusterStats, store: Store, names: set[str], *, forget: bool) -> None:
    for name in names if forget else ():
        store.remove(name)
    stats.left_over = 0 if forget else len(names)
