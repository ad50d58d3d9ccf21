"""Analyze catalogues in shards for the command `scan --on`: on processes, Slurm or Ray."""

import json
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from moodcurve.cli.messages import print_message
from moodcurve.cli.options.catalogue import CatalogueOptions, On
from moodcurve.cli.output_checks import STDOUT
from moodcurve.cli.parameters import UsageError
from moodcurve.cli.progress import LINE_INTERVAL_S, MAX_PROBLEM_LINES
from moodcurve.util.text import clock, counted

if TYPE_CHECKING:
    from moodcurve.cluster.runner import Engine, ShardReport
    from moodcurve.cluster.scan import ClusterStats
    from moodcurve.cluster.shards import Part


def scan_catalogue(
    sources: list[str],
    options: CatalogueOptions,
    *,
    model: str,
    workers: int | None,
    again: bool,
    forget: bool,
    track: int | None,
    json_file: Path | None,
) -> int:
    """Run `scan --on ...`; parameters as of that command."""
    from moodcurve.cli import console
    from moodcurve.cli.progress import prepare
    from moodcurve.cli.result_files import write_texts
    from moodcurve.cli.signals import interrupted_code, interrupts
    from moodcurve.cluster.errors import ClusterError
    from moodcurve.runtime.loading import describe_model
    from moodcurve.util.optional import require

    if options.out is None:
        raise UsageError("--on needs a folder for the results", name="--output")
    part = _part(options, forget=forget)
    require("fsspec", "pyarrow", what="--on", extra="cluster", error=ClusterError)
    engine = _engine(options, workers)

    from moodcurve.cluster.scan import scan_catalogue as scan
    from moodcurve.cluster.shards import SHARD_SIZE
    from moodcurve.library.id_tables import Columns
    from moodcurve.library.scanning.selection import Selection

    _, feature_set = describe_model(model)
    if options.on is not On.ray:
        prepare(feature_set)
    report = _Lines()
    with interrupts() as check:
        stats = scan(
            sources,
            options.out,
            engine,
            model=model,
            columns=Columns(options.id_column, options.path_column),
            shard_size=options.shard_size or SHARD_SIZE,
            part=part,
            again=again,
            forget=forget,
            selection=Selection(track),
            on_report=report,
            check=check,
        )
    if stats.interrupted:
        print_message(f"interrupted: {counted(stats.run, 'shard')} are done; run the same command to continue")
        return interrupted_code()
    if json_file is not None:
        write_texts({json_file: json.dumps(_summary(stats)) + "\n"})
    if json_file != STDOUT:
        console.print_lines(_lines(stats))
    return int(stats.failed + stats.lost > 0)


def _part(options: CatalogueOptions, *, forget: bool) -> "Part":
    from moodcurve.cluster.shards import Part

    if options.address is not None and options.on is not On.ray:
        raise UsageError("is for --on ray", name="--address")
    if options.shard is None and options.on is not On.slurm:
        return Part()
    if forget:
        raise UsageError("one part of a catalogue cannot know what is left over; use it without parts", name="--forget")
    if options.on is On.ray:
        raise UsageError("Ray divides the shards itself", name="--shard")
    if options.shard is None:
        return Part.of_slurm(os.environ)
    try:
        return Part.parse(options.shard)
    except ValueError as error:
        raise UsageError(str(error), name="--shard") from None


def _engine(options: CatalogueOptions, workers: int | None) -> "Engine":
    if options.on is On.ray:
        from moodcurve.cluster.on_ray import run_on_ray

        return partial(run_on_ray, address=options.address, workers=workers)
    from moodcurve.cluster.runner import run_here
    from moodcurve.util.machine import usable_processors

    return partial(run_here, workers=workers or usable_processors())


class _Lines:
    """Lines of progress at intervals, and the first problems."""

    def __init__(self) -> None:
        self._named = 0
        self._printed = time.monotonic()

    def __call__(self, stats: "ClusterStats", report: "ShardReport") -> None:
        if report.lost:
            print_message(f"shard not finished: {report.lost}")
        for external_id, reason in report.problems:
            self._named += 1
            if self._named <= MAX_PROBLEM_LINES:
                print_message(f"{external_id}: {reason}")
            elif self._named == MAX_PROBLEM_LINES + 1:
                print_message("further problems are only counted; the results name all of them in the column problem")
        if time.monotonic() - self._printed >= LINE_INTERVAL_S:
            self._printed = time.monotonic()
            print_message(f"{counted(stats.run, 'shard')} done, {_songs(stats)}")


def _songs(stats: "ClusterStats") -> str:
    speed = stats.audio_s / max(stats.elapsed_s, 1e-9)
    return f"{counted(stats.songs, 'song')} ({clock(stats.audio_s)}) analyzed, {speed:.0f} times real time"


def _summary(stats: "ClusterStats") -> dict[str, float]:
    names = ("shards", "finished", "run", "lost", "left_over", "songs", "failed")
    return {
        **{name: getattr(stats, name) for name in names},
        "audio_s": round(stats.audio_s, 2),
        "elapsed_s": round(stats.elapsed_s, 2),
    }


def _lines(stats: "ClusterStats") -> list[str]:
    if stats.finished == stats.shards:
        lines = [f"{counted(stats.shards, 'shard')}: nothing to do, all were finished before"]
    else:
        lines = [f"{counted(stats.shards, 'shard')}: {stats.run:,} done now, {stats.finished:,} before"]
    if stats.songs:
        lines.append(f"{_songs(stats)} in {clock(stats.elapsed_s)}")
    if stats.failed:
        lines.append(f"{counted(stats.failed, 'file')} could not be used; the column problem of the results says why")
    if stats.lost:
        lines.append(f"{counted(stats.lost, 'shard')} could not be finished; run the same command again")
    if stats.left_over:
        lines.append(
            f"{counted(stats.left_over, 'shard')} among the results are not of these manifests, this model and this "
            "shard size; --forget removes them"
        )
    return lines
