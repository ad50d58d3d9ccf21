"""Compiled kernels: calls, and the cache of machine code on disk."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from moodcurve._typing import Float32Array, FloatArray
from moodcurve.cli import progress
from moodcurve.features import FEATURE_SETS, warmup
from moodcurve.features.jit import cache
from moodcurve.features.jit.kernel import exact, fast

pytestmark = pytest.mark.slow


class Tables(NamedTuple):
    weights: FloatArray
    inner: tuple[npt.NDArray[np.int64], float]


@exact
def _mixed(x: Float32Array, tables: Tables, shift: int, scale: float, negative: bool, out: FloatArray) -> None:
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            value = x[i, j] * tables.weights[j] * scale + tables.inner[0][i] + tables.inner[1] + shift
            out[i, j] = -value if negative else value


@exact
def _sum(x: FloatArray) -> float:
    total = 0.0
    for value in x:
        total += value
    return total


@fast
def _count(x: FloatArray, least: np.float32) -> int:
    scratch = np.empty(len(x), np.bool_)  # arrays within a kernel are allocated by numba
    for i in range(len(x)):
        scratch[i] = x[i] >= least
    return int(scratch.sum())


@exact
def _both(x: FloatArray) -> tuple[float, float]:
    return _sum(x), _sum(x * x)


@exact
def _inverse(x: FloatArray, out: FloatArray) -> None:
    for i in range(len(x)):
        out[i] = 1 / x[i]  # an exact function raises, as Python does


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("step", [1, 2])
def test_arguments_of_all_types(order: str, step: int) -> None:
    rng = np.random.default_rng(1)
    x = np.array(rng.normal(size=(4, 10)), np.float32, order=order)[:, ::step]  # type: ignore[call-overload]
    tables = Tables(rng.normal(size=x.shape[1]), (np.arange(4), 0.25))
    out = np.empty(x.shape)
    _mixed(x, tables, 3, 0.5, True, out)
    expected = -(x.astype(float) * tables.weights * 0.5 + tables.inner[0][:, None] + 0.25 + 3)
    np.testing.assert_allclose(out, expected, rtol=1e-15)


def test_results() -> None:
    x = np.arange(10.0)
    assert _sum(x) == 45.0
    assert _sum(x[::3]) == 18.0
    assert isinstance(_sum(x), float)
    assert _count(x, np.float32(4)) == 6
    assert isinstance(_count(x, np.float32(4)), int)


def test_other_tuples_of_the_same_type() -> None:
    """Cached arguments of one tuple must not be used for the next."""
    x, out = np.ones((1, 1), np.float32), np.empty((1, 1))
    for weight in (1.0, 2.0, 3.0):
        _mixed(x, Tables(np.array([weight]), (np.array([0]), 0.0)), 0, 1.0, False, out)
        assert out[0, 0] == weight


def test_tuple_results_are_compiled_in_process() -> None:
    assert _both(np.arange(4.0)) == (6.0, 14.0)


def test_error_in_a_kernel_raises() -> None:
    with pytest.raises(RuntimeError, match="_inverse raised an error"):
        _inverse(np.array([1.0, 0.0]), np.empty(2))


def test_kernel_keeps_name_and_module() -> None:
    assert _sum.__name__ == "_sum"
    assert _sum.__module__ == __name__


# The cache on disk, tested with a small kernel in other processes

SMALL = """
import sys
from pathlib import Path
from typing import Any
from moodcurve.features.jit import cache
if len(sys.argv) > 1:
    cache.SOURCES = Path(sys.argv[1])
import numpy as np
from moodcurve.features.jit.kernel import exact
import small
x = np.arange(5.0)
print(small.total(x), "numba" in sys.modules)
"""
KERNEL = """
from moodcurve.features.jit.kernel import exact
@exact
def total(x) -> float:
    s = 0.0
    for v in x:
        s += v
    return s
"""
COMPILED, LOADED = "10.0 True", "10.0 False"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a copy of the package, with a path for a home folder."""
    (tmp_path / "small.py").write_text(KERNEL)
    shutil.copytree(cache.SOURCES, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))
    yield tmp_path
    subprocess.run(["chmod", "-R", "u+w", str(tmp_path)], check=True)


def obey_permissions() -> None:
    """Drop root's capability to write read-only files (Linux; tests on other systems do not run as root)."""
    cap_dac_override, drop = 1, 24
    ctypes.CDLL(None).prctl(drop, cap_dac_override, 0, 0, 0)


def small(folder: Path, **environment: str) -> str:
    """Run the small kernel with the package in folder/package."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "MOODCURVE_CACHE", "XDG_CACHE_HOME")}
    path = os.pathsep.join([str(folder), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", SMALL, str(folder / "package")],
        env=clean | {"PYTHONPATH": path, "HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True, text=True, timeout=300, preexec_fn=obey_permissions,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def cached(place: Path) -> list[Path]:
    return sorted(place.rglob("small.total-*"))


def test_second_run_needs_no_compiler(folder: Path) -> None:
    assert small(folder) == COMPILED
    assert len(cached(folder / "package")) == 1
    assert small(folder) == LOADED
    assert not (folder / "home").exists()


def test_read_only_installation_uses_the_user_cache(folder: Path) -> None:
    (folder / "package" / "__pycache__").write_text("in the way")  # root can write to any folder
    assert small(folder) == COMPILED
    assert len(cached(folder / "home" / ".cache" / "moodcurve" / "kernels")) == 1
    assert small(folder) == LOADED
    for variable, below in (("XDG_CACHE_HOME", "moodcurve/kernels"), ("MOODCURVE_CACHE", "kernels")):
        assert small(folder, **{variable: str(folder / variable)}) == COMPILED
        assert len(cached(folder / variable / below)) == 1


def test_code_in_use_is_not_deleted(folder: Path) -> None:
    place = folder / "package" / "__pycache__"
    assert small(folder) == COMPILED
    (used,) = place.glob("kernels-*")
    unused = place / "kernels-of-another-version"
    unused.mkdir()
    month_ago = time.time() - 30 * 86_400
    for old in (used, unused):
        os.utime(old, (month_ago, month_ago))
    assert small(folder) == LOADED
    # another version uses the folder, and deletes old ones
    with (folder / "package" / "feature_sets.py").open("a") as source:
        source.write("# changed")
    assert small(folder) == COMPILED
    assert used.is_dir()
    assert not unused.exists()
    assert len(list(place.glob("kernels-*"))) == 2


def test_filled_read_only_cache(folder: Path) -> None:
    assert small(folder) == COMPILED
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    subprocess.run(["chmod", "-R", "a-w", str(folder)], check=True)
    assert small(folder) == LOADED
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_empty_read_only_cache(folder: Path) -> None:
    subprocess.run(["chmod", "-R", "a-w", str(folder / "package")], check=True)
    assert small(folder) == COMPILED
    assert cached(folder / "package") == []
    assert len(cached(folder / "home")) == 1
    assert small(folder) == LOADED


def test_no_writable_folder(folder: Path) -> None:
    (folder / "package" / "__pycache__").write_text("in the way")
    (folder / "home").write_text("in the way")
    assert small(folder) == COMPILED
    assert small(folder) == COMPILED
    assert cached(folder) == []


def test_changed_kernel_is_recompiled(folder: Path) -> None:
    assert small(folder) == COMPILED
    (folder / "small.py").write_text(KERNEL.replace("s += v", "s += 2 * v"))
    assert small(folder) == "20.0 True"


def test_numba_cache_dir_is_used(folder: Path) -> None:
    chosen = folder / "chosen"
    assert small(folder, NUMBA_CACHE_DIR=str(chosen)) == COMPILED
    assert len(cached(chosen)) == 1
    assert cached(folder / "package") == []
    assert small(folder, NUMBA_CACHE_DIR=str(chosen)) == LOADED


def test_damaged_file_is_replaced(folder: Path) -> None:
    assert small(folder) == COMPILED
    (path,) = cached(folder / "package")
    whole = path.read_bytes()
    for damaged in (b"", whole[:-10], whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):
        path.write_bytes(damaged)
        assert small(folder) == COMPILED
        assert small(folder) == LOADED


def test_two_processes_fill_a_cache_at_once(folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as threads:
        assert set(threads.map(small, [folder, folder])) <= {COMPILED, LOADED}
    assert len(cached(folder / "package")) == 1
    assert small(folder) == LOADED
    assert list(folder.rglob(".moodcurve-*")) == []


@pytest.fixture
def uncached_version() -> Iterator[None]:
    cache.version.cache_clear()
    yield
    cache.version.cache_clear()


@pytest.mark.usefixtures("uncached_version")
def test_version_depends_on_processor_and_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import llvmlite.binding

    def version() -> str:
        cache.version.cache_clear()
        return cache.version()

    here = version()
    assert here == version()
    with monkeypatch.context() as other:
        other.setattr(llvmlite.binding, "get_host_cpu_name", lambda: "another")
        cpu = version()
    with monkeypatch.context() as other:
        (tmp_path / "kernels.py").write_text("changed")
        other.setattr(cache, "SOURCES", tmp_path)
        source = version()
    assert len({here, cpu, source}) == 3


def test_unused_versions_are_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for name, age_days in (("kernels-old", 40), ("kernels-recent", 3), ("other", 40)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, (tmp_path / name).stat().st_mtime - age_days * 86_400))
    assert cache.store("name", "symbol", b"code")
    assert cache.load("name") == ("symbol", b"code")
    assert {path.name for path in tmp_path.iterdir()} == {
        "kernels-recent",
        "other",
        f"kernels-{cache.version()}",
    }


# Warm-up

COUNT = """
import sys
import numpy as np
from moodcurve.features import FEATURE_SETS, extract
from moodcurve.features.jit.kernel import on_first_call
from moodcurve.features.song.loudness import LoudnessMeter
calls = []
rng = np.random.default_rng(0)
t = np.arange(4 * 44100) / 44100
sounds = [rng.normal(0, 0.1, len(t)), 0.5 * np.sin(2 * np.pi * 440 * t), 0 * t, np.sign(np.sin(2 * np.pi * 90 * t)) / 2]
with on_first_call(lambda: calls.append(1)):
    for sound in sounds:
        extract(np.array_split(sound.astype(np.float32), 3), 44100, FEATURE_SETS[sys.argv[1]])
        LoudnessMeter().add(sound[:, None], 44100)
print(len(calls), "numba" in sys.modules)
"""


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_after_warmup_no_song_needs_the_compiler(name: str) -> None:
    assert warmup.prepare(FEATURE_SETS[name])
    done = subprocess.run([sys.executable, "-c", COUNT, name], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == [str(warmup.KERNEL_COUNTS[name]), "False"]


def test_warmup_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is reported for each kernel that is loaded, even if all are cached."""
    code = (
        "from moodcurve.features import COMPARE260, warmup\n"
        "warmup.is_prepared = lambda s: False\n"
        "warmup.prepare(COMPARE260, progress=lambda done, total: print(done, total))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    total = warmup.KERNEL_COUNTS["compare260"]
    assert done.stdout.splitlines() == [f"{number} {total}" for number in range(total)]


@pytest.mark.parametrize("cached", [True, False])
def test_first_run_reports_the_warmup(
    cached: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(warmup, "is_prepared", lambda feature_set: False)
    monkeypatch.setattr(warmup, "prepare", lambda feature_set: cached)
    song = tmp_path / "song.mp3"
    progress.prepare(FEATURE_SETS["compare260"], [song])
    assert capsys.readouterr().err == ""  # the file does not exist
    song.touch()
    progress.prepare(FEATURE_SETS["compare260"], [song])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "moodcurve: compiling the feature extractor for this machine; this happens once and takes about fifteen seconds"
    )
    costs = "each run compiles again, for about fifteen seconds in each process; set NUMBA_CACHE_DIR"
    assert [line for line in lines[1:] if "cannot write to" in line and costs in line] == lines[1:]
    assert len(lines) == (1 if cached else 2)
