"""Manifests and shards for tests of scans of catalogues."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from moodcurve.cluster.manifest import Entry
from moodcurve.cluster.results import ModelVersion, failed_row, write_rows
from moodcurve.cluster.runner import RunSettings, ShardReport
from moodcurve.cluster.shards import Shard
from moodcurve.cluster.store import open_store

VERSION = ModelVersion("a model", "0123456789ab", "compare236/1")


def write_csv(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("id", "path")) -> Path:
    """Write a table with a header."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def result_rows(out: Path) -> list[dict[str, Any]]:
    """Return the rows of all results in a folder."""
    return [row for path in sorted(out.glob("*.parquet")) for row in pyarrow.parquet.read_table(path).to_pylist()]


class RecordingEngine:
    """An engine that writes rows without analyzing anything, and remembers the shards."""

    def __init__(self, scratch: Path) -> None:
        self.shards: list[Shard] = []
        self._scratch = scratch / "scratch"

    def __call__(
        self, shards: Iterator[Shard], settings: RunSettings, model: bytes, check: Callable[[], None]
    ) -> Iterator[ShardReport]:
        for shard in shards:
            self.shards.append(shard)
            yield self._write(shard, settings)

    def _write(self, shard: Shard, settings: RunSettings) -> ShardReport:
        report = ShardReport()
        rows = [failed_row(entry, "not analyzed", settings.version, settings.selection) for entry in shard.entries]
        for row in rows:
            report.add(row)
        write_rows(rows, self._scratch)
        open_store(settings.out).put(self._scratch, shard.name)
        return report

    def ids(self) -> list[str]:
        """Return the ids of all shards so far, and forget them."""
        found = [entry.external_id for shard in self.shards for entry in shard.entries]
        self.shards.clear()
        return found


def entries(*ids: str) -> tuple[Entry, ...]:
    """Return entries with these ids."""
    return tuple(Entry(external_id, f"/music/{external_id}.mp3") for external_id in ids)
