from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moodcurve.cluster.errors import ClusterError
from moodcurve.cluster.runner import RunSettings, ShardReport
from moodcurve.cluster.scan import ClusterStats, scan_catalogue
from moodcurve.cluster.shards import Part, Shard
from tests.helpers.catalogues import RecordingEngine, result_rows, write_csv


class Catalogue:
    """A manifest of ten songs that no one analyzes, in shards of three."""

    def __init__(self, folder: Path) -> None:
        self.manifest = write_csv(folder / "all.csv", [(str(i), f"{i}.mp3") for i in range(10)])
        self.out = folder / "out"
        self.engine = RecordingEngine(folder)

    def __call__(self, **options: Any) -> ClusterStats:
        return scan_catalogue([str(self.manifest)], str(self.out), self.engine, **{"shard_size": 3, **options})

    def ids(self) -> list[str]:
        """Return the ids of all rows, sorted."""
        return sorted(row["external_id"] for row in result_rows(self.out))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


ALL = [str(i) for i in range(10)]


def test_every_id_is_in_one_row(catalogue: Catalogue) -> None:
    stats = catalogue()
    assert (stats.shards, stats.run, stats.finished, stats.failed, stats.left_over) == (4, 4, 0, 10, 0)
    assert catalogue.ids() == ALL
    assert {row["model"] for row in result_rows(catalogue.out)} == {"moodcurve-default-4"}


def test_a_second_scan_does_nothing_and_a_stopped_one_continues(catalogue: Catalogue) -> None:
    catalogue()
    files = {path: path.stat().st_mtime_ns for path in catalogue.out.iterdir()}
    catalogue.engine.ids()
    stats = catalogue()
    assert (stats.shards, stats.run, stats.finished) == (4, 0, 4)
    assert catalogue.engine.ids() == []
    assert {path: path.stat().st_mtime_ns for path in catalogue.out.iterdir()} == files
    sorted(files)[1].unlink()
    assert catalogue().run == 1
    assert catalogue.ids() == ALL


def test_an_interrupt_keeps_finished_shards(catalogue: Catalogue) -> None:
    def stop(stats: ClusterStats, report: ShardReport) -> None:
        if stats.run == 2:
            raise KeyboardInterrupt

    stats = catalogue(on_report=stop)
    assert (stats.interrupted, stats.run) == (True, 2)
    assert len(catalogue.ids()) == 6
    assert catalogue().run == 2
    assert catalogue.ids() == ALL


def test_parts_make_up_the_whole(catalogue: Catalogue) -> None:
    stats = [catalogue(part=Part(index, 3)) for index in range(3)]
    assert [one.run for one in stats] == [2, 1, 1]
    assert catalogue.ids() == ALL


def test_another_model_or_a_longer_manifest_leaves_results_over(catalogue: Catalogue) -> None:
    catalogue()
    assert catalogue(model="fast").left_over == 4
    stats = catalogue(model="fast", forget=True)
    assert (stats.finished, stats.left_over) == (4, 0)
    assert catalogue.ids() == ALL
    with catalogue.manifest.open("a") as stream:
        stream.write("10,10.mp3\n")
    assert catalogue(model="fast").left_over == 1  # the last shard was of one song
    (catalogue.out / "notes.txt").write_text("mine")
    stats = catalogue(model="fast", forget=True)
    assert catalogue.ids() == sorted([*ALL, "10"])
    assert (catalogue.out / "notes.txt").exists()


def test_lost_shards_are_counted_and_nothing_is_forgotten_then(catalogue: Catalogue) -> None:
    catalogue()

    def engine(
        shards: Iterator[Shard], settings: RunSettings, model: bytes, check: Callable[[], None]
    ) -> Iterator[ShardReport]:
        yield from (ShardReport(lost="the machine is gone") for _ in shards)

    catalogue.engine = engine  # type: ignore[assignment]
    stats = catalogue(model="fast", forget=True)
    assert (stats.lost, stats.run, stats.left_over) == (4, 0, 4)
    assert catalogue.ids() == ALL


def test_what_cannot_be_used_is_said_before_any_work(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    catalogue.out = tmp_path / "file"
    with pytest.raises(OSError, match="file"):
        catalogue()
    with pytest.raises(ClusterError, match="nothing can be written there"):
        scan_catalogue([str(catalogue.manifest)], "https://example.org/x", catalogue.engine)
    assert catalogue.engine.shards == []
