"""Scans of catalogues by the command `scan --on`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodcurve.cluster import runner
from tests.helpers.catalogues import result_rows, write_csv
from tests.helpers.command_line import run
from tests.helpers.scans import InProcessPool, write_song


class Pool(InProcessPool):
    """A pool of this process, which can be ended."""

    def terminate(self) -> None:
        self._items.clear()


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "Pool", Pool)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two songs and a file that is not audio."""
    rows = [(f"song {i}", str(write_song(tmp_path / f"{i}.flac", seed=i))) for i in range(2)]
    (tmp_path / "bad.mp3").write_bytes(b"not audio" * 100)
    return write_csv(tmp_path / "all.csv", [*rows, ("bad", "bad.mp3")])


def scan(manifest: Path | str, *options: str | Path, on: str = "processes") -> tuple[int, str, str]:
    done = run("scan", manifest, "--on", on, "--model", "fast", *options)
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.usefixtures("in_process", "prepared")
def test_a_catalogue_is_scanned_once(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, stdout, stderr = scan(manifest, "-o", out, "--shard-size", "2")
    assert code == 1
    assert stdout.startswith("2 shards: 2 done now, 0 before\n2 songs (0:04) analyzed")
    assert "1 file could not be used; the column problem of the results says why" in stdout
    assert stderr.startswith("moodcurve: bad: not audio")
    assert sorted(row["external_id"] for row in result_rows(out)) == ["bad", "song 0", "song 1"]
    assert scan(manifest, "-o", out, "--shard-size", "2") == (
        0, "2 shards: nothing to do, all were finished before\n", "",
    )  # fmt: skip
    code, stdout, _ = scan(manifest, "-o", out, "--shard-size", "3", "--json")
    assert json.loads(stdout)["left_over"] == 2
    assert scan(manifest, "-o", out, "--shard-size", "3", "--forget")[0] == 0
    assert len(result_rows(out)) == 3


@pytest.mark.usefixtures("in_process", "prepared")
def test_a_folder_is_a_catalogue_too(manifest: Path, tmp_path: Path) -> None:
    assert scan(tmp_path, "-o", tmp_path / "out", "--shard", "1/1")[0] == 1
    assert sorted(row["external_id"] for row in result_rows(tmp_path / "out")) == ["0.flac", "1.flac", "bad.mp3"]


@pytest.mark.slow
def test_tasks_of_a_slurm_array_share_a_catalogue(manifest: Path, tmp_path: Path) -> None:
    """As separate processes at the same time, as `sbatch --array=1-2` starts them."""
    command = [sys.executable, "-m", "moodcurve", "scan", manifest, "--on", "slurm", "-o", tmp_path / "out"]
    command += ["--shard-size", "1", "--model", "fast", "--workers", "1", "--json"]
    array = {"SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "2", "SLURM_ARRAY_TASK_COUNT": "2"}
    tasks = [
        subprocess.Popen(
            command, env={**os.environ, **array, "SLURM_ARRAY_TASK_ID": number}, stdout=subprocess.PIPE, text=True
        )
        for number in ("1", "2")
    ]
    stats = [json.loads(task.communicate()[0]) for task in tasks]
    assert [(one["shards"], one["run"]) for one in stats] == [(2, 2), (1, 1)]
    assert sorted(row["external_id"] for row in result_rows(tmp_path / "out")) == ["bad", "song 0", "song 1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--on", "processes"], "argument -o/--output: --on needs a folder for the results"),
        (["--on", "processes", "-o", "x", "--library", "y"], "argument --library: cannot be used with --on"),
        (["--on", "processes", "-o", "x", "--split", "cue"], "argument --split: cannot be used with --on"),
        (["--on", "processes", "-o", "x", "--ids", "y.csv"], "argument --ids: cannot be used with --on"),
        (["--on", "processes", "-o", "x", "--exclude", "*.wav"], "argument --exclude: cannot be used with --on"),
        (["--on", "processes", "-o", "x", "--shard", "5/4"], "argument --shard: '5/4' is not such as 3/16"),
        (["--on", "processes", "-o", "x", "--shard", "1/4", "--forget"], "argument --forget: one part of a catalogue"),
        (["--on", "processes", "-o", "x", "--address", "h:1"], "argument --address: is for --on ray"),
        (["--on", "ray", "-o", "x", "--shard", "1/4"], "argument --shard: Ray divides the shards itself"),
        (["--on", "moon", "-o", "x"], "'moon' is not one of processes, slurm, ray"),
        (["-o", "x"], "argument -o/--output: is for catalogues, which --on takes"),
        (["--shard-size", "7"], "argument --shard-size: is for catalogues, which --on takes"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], message: str) -> None:
    done = run("scan", "all.csv", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_url_needs_a_catalogue() -> None:
    done = run("scan", "s3://bucket/all.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'s3://bucket/all.csv' is a URL, not a file; download it first" in done.stderr
    assert "'' is not a path or URL" in run("scan", "").stderr


def test_outside_of_an_array_slurm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID", raising=False)
    code, stdout, stderr = scan("all.csv", "-o", "x", on="slurm")
    assert (code, stdout) == (1, "")
    assert "start it by sbatch --array=1-N, or give --shard I/N" in stderr
