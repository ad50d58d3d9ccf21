"""Analyze the songs of a shard and write their rows as one Parquet file: what each process, machine and task runs."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from moodcurve.cluster.analyzer import Analyzer
from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.fetch import SONG_LIMITS, FetchLimits
from moodcurve.cluster.job import make_song_job
from moodcurve.cluster.results import ModelVersion, Row, has_failed, read_rows, write_rows
from moodcurve.cluster.shards import Shard
from moodcurve.cluster.store import open_store
from moodcurve.library.scanning.selection import NO_SELECTION, Selection
from moodcurve.util.temp_folder import own_temporary_folder
from moodcurve.util.text import one_line
from moodcurve.workers import FILE_LIMITS, Pool

PREFIX = "moodcurve-shard-"
"""Of folders for downloads; the next runner on a machine removes that of one that was killed."""
MOST_LOST = 10
"""Shards in a row that are lost, after which the scan ends: what fails is not theirs."""
_NAMED = 5
"""Problems of a shard that its report names; the rows have them all."""


@dataclass(frozen=True)
class RunSettings:
    """What is the same for all shards of a scan.

    Attributes
    ----------
    out : str
        Path or URL of the folder of results.
    version : ModelVersion
    selection : Selection
        Which audio track is analyzed.
    again : bool
        Analyze the failed songs of finished shards again.
    limits : FetchLimits
        Limits of each download.
    """

    out: str
    version: ModelVersion
    selection: Selection = NO_SELECTION
    again: bool = False
    limits: FetchLimits = SONG_LIMITS


@dataclass
class ShardReport:
    """What was done for a shard; its rows are written, unless it is lost.

    Attributes
    ----------
    lost : str or None
        Why it could not be finished.
    songs, failed : int
        Songs analyzed, and files that could not be used.
    audio_s : float
        Duration of the songs in seconds.
    problems : list of (external id, reason)
        Of the first files that could not be used.
    """

    lost: str | None = None
    songs: int = 0
    failed: int = 0
    audio_s: float = 0.0
    problems: list[tuple[str, str]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Count a row."""
        if not has_failed(row):
            self.songs += 1
            self.audio_s += row["duration_s"]
            return
        self.failed += 1
        if len(self.problems) < _NAMED:
            self.problems.append((row["external_id"], row["problem"]))


Engine = Callable[[Iterator[Shard], RunSettings, bytes, Callable[[], None]], Iterator[ShardReport]]
"""What runs shards: it takes them as it needs them, with settings, the model's file and a check that may raise an
error, and yields a report for each, in any order, once its rows are written."""


class ShardRunner:
    """What analyzes one shard after the other and writes their results, see `shard_runner`."""

    def __init__(self, settings: RunSettings, folder: Path, analyzer: Analyzer) -> None:
        self._again = settings.again
        self._store = open_store(settings.out)
        self._folder = folder
        self._analyzer = analyzer

    def run(self, shard: Shard) -> ShardReport:
        """Analyze the songs of a shard and write its results, unless they are there.

        Raises
        ------
        SetupError, ModelError, CrashError
            If no song can be analyzed here.
        OSError
            If no file of the shard can be fetched, or results cannot be written or read.
        """
        report = ShardReport()
        earlier: dict[str, Row] = {}
        results = self._folder / shard.name
        if self._store.holds(shard.name):
            if not self._again:
                return report
            self._store.get(shard.name, results)
            earlier = {name: row for name, row in read_rows(results).items() if not has_failed(row)}
            if len(earlier) == len(shard.entries):
                return report
        try:
            with closing(self._rows(shard, earlier, report)) as rows:
                write_rows(rows, results)
            self._store.put(results, shard.name)
        finally:
            results.unlink(missing_ok=True)
        return report

    def _rows(self, shard: Shard, earlier: dict[str, Row], report: ShardReport) -> Generator[Row]:
        """Yield the rows of a shard in its order, earlier ones where there are any, and count the others."""
        entries = [entry for entry in shard.entries if entry.external_id not in earlier]
        with closing(self._analyzer.rows(entries)) as rows:
            for entry in shard.entries:
                if entry.external_id in earlier:
                    yield earlier[entry.external_id]
                else:
                    row = next(rows)
                    report.add(row)
                    yield row


@contextmanager
def shard_runner(
    settings: RunSettings, model: bytes, *, workers: int = 1, check: Callable[[], None] = lambda: None
) -> Iterator[ShardRunner]:
    """Start worker processes that analyze shards, and end them afterwards.

    Parameters
    ----------
    settings : RunSettings
    model : bytes
        The model's file.
    workers : int
        Number of processes.
    check : callable, optional
        Called several times a second; an error that it raises ends the work.
    """
    with own_temporary_folder(PREFIX) as folder:
        model_file = folder / "model.onnx"
        model_file.write_bytes(model)
        make = partial(make_song_job, str(model_file))
        with Pool(make, workers=workers, progress=lambda number, share: None, limits=FILE_LIMITS) as pool:
            analyzer = Analyzer(
                pool,
                workers,
                folder,
                version=settings.version,
                selection=settings.selection,
                limits=settings.limits,
                check=check,
            )
            try:
                yield ShardRunner(settings, folder, analyzer)
            except BaseException:
                pool.terminate()
                raise


def run_here(
    shards: Iterator[Shard], settings: RunSettings, model: bytes, check: Callable[[], None], *, workers: int = 1
) -> Iterator[ShardReport]:
    """Run shards one after the other in processes of this machine, an `Engine`.

    A shard whose files cannot be fetched or whose results cannot be written is reported as lost.

    Raises
    ------
    SetupError, ModelError, CrashError
        If no song can be analyzed here.
    ClusterError
        If `MOST_LOST` shards in a row are lost.
    """
    lost = 0
    with shard_runner(settings, model, workers=workers, check=check) as runner:
        for shard in shards:
            try:
                report = runner.run(shard)
            except OSError as error:
                report = ShardReport(lost=one_line(f"{shard.name}: {error}"))
            lost = lost + 1 if report.lost else 0
            yield report
            if lost == MOST_LOST:
                raise ClusterError(f"{MOST_LOST} shards in a row could not be finished: {report.lost}")


def run_shard(shard: Shard, settings: RunSettings, model: bytes) -> ShardReport:
    """Run one shard in a process of its own; raises as `ShardRunner.run`."""
    with shard_runner(settings, model) as runner:
        return runner.run(shard)
