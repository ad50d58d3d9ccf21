"""Jobs on many items: order, errors, crashes, limits and interrupts, with one process and several."""

import contextlib
import ctypes
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

import moodcurve
from moodcurve.analysis import analyze_many
from moodcurve.audio import AudioError
from moodcurve.audio.prefetch import prefetch
from moodcurve.curve import Curve
from moodcurve.workers import CrashError, Job, LimitError, Limits, Pool, ProgressCallback, run_each
from moodcurve.workers import pool as pool_module
from tests.helpers import ROOT

pytestmark = pytest.mark.slow

SR = 44_100


class NoSquareError(moodcurve.MoodcurveError):
    """What the test's job refuses."""


def squares(folder: Path) -> Job[str, tuple[int, int]]:
    """Return a job that gives a square and its process id; some items are names of what happens instead."""

    def job(item: str, progress: ProgressCallback) -> tuple[int, int]:
        (folder / f"{os.getpid()}").touch()
        progress(1.0, 2.0)
        if item == "segfault":
            ctypes.string_at(0)
        elif item == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif item == "refused":
            raise NoSquareError("refused: not a number; a whole number is accepted")
        elif item == "unreadable":
            raise FileNotFoundError(2, "No such file or directory", "unreadable")
        elif item.startswith("slow"):
            # long enough that a second process gets the next item even on a busy machine
            time.sleep(1)
            return 0, os.getpid()
        elif item == "silent":
            time.sleep(3600)
        elif item == "greedy":
            return len(b"x" * 2**30), os.getpid()  # 1 GiB, written
        elif item == "fond of memory":
            return len(b"x" * 2**26), os.getpid()
        elif item == "killed once":
            if not (folder / "killed").exists():
                (folder / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return -1, os.getpid()
        elif item == "hung":
            # like a decoder that never returns; the pipe is not read
            while True:
                pass
        elif item == "mute":
            for number in range(3, 100):  # the pipe to the first process is a socket
                with contextlib.suppress(OSError):
                    if stat.S_ISSOCK(os.fstat(number).st_mode):
                        os.close(number)
            time.sleep(3600)
        elif item == "endless":
            while True:
                progress(1.0, 2.0)
                time.sleep(0.01)
        return int(item) ** 2, os.getpid()

    return job


def ignore(number: int, done: float) -> None:
    pass


def results(folder: Path, items: list[str], workers: int) -> list[object]:
    found = run_each(partial(squares, folder), items, workers=workers)
    return [result[0] if isinstance(result, tuple) else result for result in found]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def none_is_left(folder: Path) -> bool:
    """Return True if all other processes that started an item are gone."""
    pids = [int(path.name) for path in folder.iterdir() if path.name.isdigit()]
    assert pids
    return not any(alive(pid) for pid in pids if pid != os.getpid())


@pytest.mark.parametrize("workers", [1, 3])
def test_results_are_in_the_order_of_the_items(tmp_path: Path, workers: int) -> None:
    assert results(tmp_path, ["slow", "2", "3", "4", "5"], workers) == [0, 4, 9, 16, 25]
    assert none_is_left(tmp_path)


def test_several_processes_work_at_once(tmp_path: Path) -> None:
    found = list(
        run_each(partial(squares, tmp_path), ["slow", "slow"], workers=2),
    )
    assert len({pid for _, pid in found} | {os.getpid()}) == 3  # type: ignore[misc]


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_about_input_are_results(tmp_path: Path, workers: int) -> None:
    first, refused, unreadable, last = results(tmp_path, ["1", "refused", "unreadable", "2"], workers)
    assert (first, last) == (1, 4)
    assert isinstance(refused, NoSquareError)
    assert str(refused) == "refused: not a number; a whole number is accepted"
    assert isinstance(unreadable, FileNotFoundError)
    assert unreadable.filename == "unreadable"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_crash_affects_only_its_item(tmp_path: Path) -> None:
    found = results(tmp_path, ["1", "segfault", "2", "killed", "3"], 2)
    assert [result for result in found if isinstance(result, int)] == [1, 4, 9]
    assert isinstance(found[1], CrashError)
    assert str(found[1]) == "segfault: its worker process crashed (signal 11)"
    assert str(found[3]) == "killed: its worker process crashed (signal 9, possibly out of memory)"
    assert none_is_left(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="descriptors")
def test_a_process_that_hangs_without_its_pipe_is_ended_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moodcurve.workers.pool._STOP_S", 0.5)
    found = results(tmp_path, ["1", "mute", "2"], 2)
    assert (found[0], found[2]) == (1, 4)
    assert isinstance(found[1], CrashError)
    assert str(found[1]) == "mute: its worker process stopped responding and was ended"
    assert none_is_left(tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_of_each_item_runs_from_0_to_1(tmp_path: Path, workers: int) -> None:
    seen: dict[int, list[float]] = {}

    def watch(number: int, share: float) -> None:
        seen.setdefault(number, []).append(share)

    list(run_each(partial(squares, tmp_path), ["1", "refused", "2"], workers=workers, progress=watch))
    assert seen == {number: [0.0, 0.5, 1.0] for number in range(3)}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_stops_all_processes(tmp_path: Path, workers: int) -> None:
    begun = set()

    def watch(number: int, share: float) -> None:
        if share > 0:
            begun.add(number)

    def check() -> None:
        if len(begun) >= 1 + workers:
            raise KeyboardInterrupt

    items = ["1", "endless", "endless"]
    found = run_each(partial(squares, tmp_path), items, workers=workers, progress=watch, check=check)
    with pytest.raises(KeyboardInterrupt):
        list(found)
    assert none_is_left(tmp_path)


def test_closing_the_iterator_ends_all_processes(tmp_path: Path) -> None:
    found = run_each(partial(squares, tmp_path), ["1", "endless", "2"], workers=2)
    assert next(found)[0] == 1  # type: ignore[index]
    found.close()
    assert none_is_left(tmp_path)


def pooled(folder: Path, items: list[str], **limits: float) -> dict[str, object]:
    """Return results by item from a pool of one process."""
    bounds = Limits(**limits)  # type: ignore[arg-type]
    found: dict[int, object] = {}
    with Pool(partial(squares, folder), workers=1, progress=ignore, limits=bounds) as pool:
        for item in items:
            pool.add(item)
        while pool.unfinished:
            found.update(pool.poll())
    assert none_is_left(folder)
    values = {items[number]: result for number, result in found.items()}
    return {item: value[0] if isinstance(value, tuple) else value for item, value in values.items()}


@pytest.mark.parametrize("item", ["silent", "hung"])
def test_an_item_without_progress_is_ended_and_the_next_item_runs(tmp_path: Path, item: str) -> None:
    found = pooled(tmp_path, ["2", item, "3"], stall_s=3)
    assert (found["2"], found["3"]) == (4, 9)
    assert isinstance(found[item], LimitError)
    assert str(found[item]) == f"{item}: no progress for 3 s"


def test_an_item_that_never_finishes_is_ended(tmp_path: Path) -> None:
    found = pooled(tmp_path, ["endless", "3"], min_s=3)
    assert str(found["endless"]) == "endless: not done after 3 s"
    assert found["3"] == 9


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA")
def test_an_item_that_needs_too_much_memory_is_ended(tmp_path: Path) -> None:
    found = pooled(tmp_path, ["2", "greedy", "fond of memory"], memory_mb=256)
    assert (found["2"], found["fond of memory"]) == (4, 2**26)
    assert isinstance(found["greedy"], LimitError)
    assert str(found["greedy"]) == "greedy: needs more than 256 MB of memory"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_an_item_that_needs_more_than_its_share_of_the_memory_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "memory_share_mb", lambda workers: 500)  # as in a container of 1 GiB
    found = pooled(tmp_path, ["2", "greedy", "fond of memory"], memory_mb=4096)
    assert (found["2"], found["fond of memory"]) == (4, 2**26)
    assert re.fullmatch(r"greedy: needs more than [34]\d\d MB of memory", str(found["greedy"]))


def test_time_limits() -> None:
    limits = Limits(stall_s=10, min_s=100, max_s=1000)
    # (seconds without progress, seconds altogether, seconds claimed) of items that may go on
    for may_go_on in ((10, 0, None), (0, 100, None), (0, 100, 5), (0, 700, 700), (0, 1000, 1e12)):
        assert limits.exceeded(*may_go_on) is None
    assert limits.exceeded(10.1, 0, None) == "no progress for 10 s"
    assert limits.exceeded(0, 100.1, 5) == "not done after 100 s"
    assert limits.exceeded(0, 700.1, 700) == "not done after 700 s"
    assert limits.exceeded(0, 1000.1, 1e12) == "not done after 1000 s"


def test_time_without_polling_does_not_count_against_an_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_STOP_S", 0.1)
    with Pool(partial(squares, tmp_path), workers=1, progress=ignore, limits=Limits(stall_s=2.5)) as pool:
        pool.add("silent")
        while not list(tmp_path.iterdir()):
            assert pool.poll() == []
        time.sleep(3)  # as by Ctrl-Z, which stops all processes alike
        assert pool.poll() == []


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_item_whose_process_was_killed_from_outside_is_retried(tmp_path: Path) -> None:
    assert pooled(tmp_path, ["killed once", "2"]) == {"killed once": -1, "2": 4}


def test_items_can_be_added_while_results_arrive(tmp_path: Path) -> None:
    found = []
    with Pool(partial(squares, tmp_path), workers=2, progress=ignore) as pool:
        assert pool.add("2") == 0
        while pool.unfinished:
            for _, (result, _) in pool.poll():
                found.append(result)
                if result < 1000:
                    pool.add(str(result))
        assert pool.waiting == 0
        assert pool.poll() == []
    assert found == [4, 16, 256, 65536]


def no_job() -> Job[str, int]:
    raise NoSquareError("no job: it cannot be made")


def no_process() -> Job[str, int]:
    sys.exit(3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (no_job, NoSquareError, "no job: it cannot be made"),
        (no_process, CrashError, "a worker process cannot be started: ended with exit code 3"),
    ],
)
def test_a_job_that_cannot_be_made_stops_everything(
    make: Callable[[], Job[str, int]], error: type[Exception], message: str
) -> None:
    with Pool(make, workers=1, progress=ignore) as pool, pytest.raises(error, match=message):
        finish(pool)


def finish(pool: Pool[str, int]) -> None:
    pool.add("1")
    while pool.unfinished:
        pool.poll()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("item", ["endless", "silent", "hung"])
def test_workers_exit_when_the_parent_is_killed(tmp_path: Path, item: str) -> None:
    code = (
        "from functools import partial; from pathlib import Path\n"
        "import tests.workers.test_pool as t; from moodcurve import workers\n"
        f"job = partial(t.squares, Path({str(tmp_path)!r}))\n"
        f"list(workers.run_each(job, ['{item}', '{item}'], workers=2))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as first:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        first.kill()
    until(lambda: none_is_left(tmp_path))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_no_items_give_no_results(tmp_path: Path) -> None:
    assert results(tmp_path, [], 4) == []


def test_fewer_than_one_worker_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="workers must be at least 1, got 0"):
        run_each(partial(squares, tmp_path), ["1"], workers=0)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write three short songs of noise, and a file that is not audio before the last."""
    folder = tmp_path_factory.mktemp("songs")
    paths = [folder / f"{name}.flac" for name in ("one", "two", "none", "three")]
    for seed, path in enumerate(paths):
        soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, 2 * SR), SR)
    paths[2].write_text("not music")
    return paths


def test_analyze_many_gives_the_curves_of_analyze(songs: list[Path]) -> None:
    one, two, none, three = analyze_many(songs, workers=2)
    assert isinstance(none, AudioError)
    for path, curve in zip((songs[0], songs[1], songs[3]), (one, two, three), strict=True):
        alone = moodcurve.analyze(path)
        assert isinstance(curve, Curve)
        assert curve.source == str(path)
        np.testing.assert_array_equal(curve.arousal, alone.arousal)
        np.testing.assert_array_equal(curve.valence, alone.valence)


def test_prefetching_does_not_change_the_curve(songs: list[Path]) -> None:
    ahead, plain = (moodcurve.analyze(songs[0], prefetch=ahead) for ahead in (True, False))
    np.testing.assert_array_equal(ahead.arousal, plain.arousal)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("decoder")] == []


def test_errors_of_the_decoding_thread_are_raised_to_the_reader() -> None:
    def blocks() -> Iterator[int]:
        yield 1
        raise AudioError("broken")

    with prefetch(blocks()) as ahead:
        assert next(ahead) == 1
        with pytest.raises(AudioError, match="broken"):
            next(ahead)


def test_prefetching_is_bounded_and_stops_with_its_reader() -> None:
    taken = []

    def blocks() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with prefetch(blocks(), depth=3) as ahead:
        assert [next(ahead), next(ahead)] == [0, 1]
    assert len(taken) <= 5
    assert list(range(len(taken))) == taken


def test_analyze_many_with_an_unknown_model() -> None:
    with pytest.raises(ValueError, match="nonsense: no such model"):
        analyze_many(["song.mp3"], model="nonsense")
