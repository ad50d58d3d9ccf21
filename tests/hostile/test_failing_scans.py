"""Scans in which everything fails for a reason that is not the songs': the library keeps what it has."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moodcurve.library import open_library
from tests.helpers.command_line import run
from tests.helpers.hostile_models import failing, not_a_number, write_model
from tests.helpers.limited import Ended, run_limited
from tests.helpers.scans import write_song

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX"),
]
SONGS = 5


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failing") / "music"
    for seed in range(SONGS):
        write_song(folder / f"{seed}.flac", seed=seed, seconds=1.5)
    return folder


@pytest.fixture(scope="module")
def scanned(music: Path) -> Path:
    library = music.parent / "scanned.sqlite"
    assert run("scan", music, "--library", library).exit_code == 0
    return library


@pytest.fixture
def library(scanned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(scanned, tmp_path / "library.sqlite"))


def curves(library: Path) -> dict[str, object]:
    with open_library(library) as opened:
        return {song.paths[0]: song.data for song in opened.songs()}


def usual_scan_finds_all(music: Path, library: Path) -> bool:
    ended = run("scan", music, "--library", library)
    return ended.exit_code == 0 and len(curves(library)) == SONGS


@pytest.mark.parametrize("made", [failing, not_a_number])
def test_a_failing_model_changes_nothing(
    music: Path, library: Path, tmp_path: Path, made: Callable[[Path], Path]
) -> None:
    before = curves(library)
    ended = run_limited(
        "scan", music, "--library", library, "--again", "--model", made(tmp_path / "bad.onnx"), folder=tmp_path
    )
    assert (ended.exit_code, len(ended.stderr.splitlines())) == (1, 1)
    assert "graph fails" in ended.stderr or "NaN" in ended.stderr
    assert curves(library) == before
    assert usual_scan_finds_all(music, library)


def test_a_failing_model_does_not_mark_new_files(music: Path, tmp_path: Path) -> None:
    library = tmp_path / "new.sqlite"
    run_limited("scan", music, "--library", library, "--model", failing(tmp_path / "bad.onnx"), folder=tmp_path)
    assert usual_scan_finds_all(music, library)


@pytest.mark.parametrize("module", ["soxr", "mutagen", "av"])
def test_a_module_that_cannot_be_imported_stops_the_scan(
    music: Path, library: Path, tmp_path: Path, module: str
) -> None:
    before = curves(library)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / f"{module}.py").write_text("raise ImportError('failed to map segment from shared object')")
    path = f"{tmp_path / 'broken'}:{':'.join(sys.path)}"
    model = write_model(tmp_path / "other.onnx", name="other")
    words = ("scan", music, "--library", library, "--again", "--model", model)
    ended = run_limited(*words, folder=tmp_path, environment={"PYTHONPATH": path})
    assert ended.exit_code == 1
    assert ended.stderr.startswith("moodcurve: ")
    assert "failed to map segment" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert curves(library) == before
    assert usual_scan_finds_all(music, library)


@pytest.mark.parametrize("megabytes", [96, 128, 160, 200, 256, 320, 400, 512])
def test_too_little_memory_loses_no_song(music: Path, library: Path, tmp_path: Path, megabytes: int) -> None:
    before = set(curves(library))
    model = write_model(tmp_path / "other.onnx", name="other")
    words = ("scan", music, "--library", library, "--again", "--model", model)
    ended = run_limited(*words, folder=tmp_path, megabytes=megabytes, seconds=300)
    assert ended.exit_code in (0, 1), ended
    assert set(curves(library)) == before
    assert usual_scan_finds_all(music, library)


def test_a_song_that_crashes_its_process_keeps_its_curve_and_is_tried_again(
    music: Path, library: Path, tmp_path: Path
) -> None:
    before = curves(library)
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes, sys\n"
        "import moodcurve.library.scanning.worker as worker\n"
        "real = worker.analyze_file\n"
        "def analyze_file(path, *rest, **options):\n"
        "    return ctypes.string_at(0) if path.endswith('3.flac') else real(path, *rest, **options)\n"
        "worker.analyze_file = analyze_file\n"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{':'.join(sys.path)}"}
    other = write_model(tmp_path / "other.onnx", name="other")

    def scanned_with(library: Path, *words: str | Path) -> Ended:
        return run_limited("scan", music, "--library", library, *words, folder=tmp_path, environment=environment)

    ended = scanned_with(library, "--again", "--model", other)
    assert ended.exit_code == 1
    assert "3.flac: its worker process crashed (signal 11); its earlier curve is kept" in ended.stderr
    after = curves(library)
    assert [Path(path).name for path in after if after[path] == before[path]] == ["3.flac"]
    assert len(after) == SONGS

    fresh = tmp_path / "fresh.sqlite"
    for _ in range(2):  # a second scan tries it again
        assert "3.flac: its worker process crashed (signal 11)" in scanned_with(fresh).stderr
    assert len(curves(fresh)) == SONGS - 1
    assert usual_scan_finds_all(music, fresh)
