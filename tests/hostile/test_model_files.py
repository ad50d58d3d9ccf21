"""Model files that are meant to harm, or damaged: each ends in time with one line, and without harm."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from moodcurve.evaluation import evaluate
from moodcurve.features import COMPARE260
from moodcurve.learn.export import export
from moodcurve.learn.models.mlr import MLRConfig
from moodcurve.learn.training import train
from moodcurve.runtime import ModelError, load_model
from moodcurve.runtime.model_file import MAX_BYTES
from moodcurve.workers import FILE_LIMITS, LimitError
from tests.helpers import hostile_models as hostile
from tests.helpers.limited import MAIN, run_limited
from tests.helpers.scans import write_song
from tests.helpers.training_songs import made_dataset, write_own_songs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prepared"),
    pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX"),
]
SHORT = (
    "from dataclasses import replace\nimport moodcurve.workers as w\n"
    "w.FILE_LIMITS = replace(w.FILE_LIMITS, stall_s=4)\n"
)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_song(tmp_path / "song.flac", seconds=1.5)


def sparse(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def zeros(path: Path) -> Path:
    return Path("/dev/zero")


HARMFUL: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a pipe": (pipe, "is not a regular file"),
    "a device": (zeros, "is not a regular file"),
    "a large file": (sparse, "is larger than 256 MiB"),
    "weights in another file": (hostile.external, "its weights are in another file"),
    "a constant in another file": (partial(hostile.external, nested=True), "its weights are in another file"),
    "bfloat16": (partial(hostile.with_types, kind=TensorProto.BFLOAT16), "must be numbers"),
    "text": (partial(hostile.with_types, kind=TensorProto.STRING), "must be numbers"),
    "a sequence": (hostile.sequence, "must be numbers"),
    "further inputs": (hostile.further_input, "has the further input 'password'"),
    "a negative spread": (hostile.negative_spread, "returned a negative standard deviation"),
    "metadata in another encoding": (hostile.not_utf8, "its metadata are not UTF-8"),
    "too few columns": (hostile.narrow, "not an ONNX model that ONNX Runtime can run"),
    "deep lists": (hostile.nested_columns, "needs features compare236+own"),
    "a failing graph": (hostile.failing, "its graph fails"),
    "no number": (hostile.not_a_number, "returned NaN"),
    "too much memory": (hostile.greedy, "its graph fails"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_model_is_refused_in_one_line(song: Path, tmp_path: Path, name: str) -> None:
    make, reason = HARMFUL[name]
    (tmp_path / "weights.bin").write_bytes(np.full((hostile.COLUMNS, 2), 1e-4, np.float32).tobytes())
    ended = run_limited("analyze", song, "--model", make(tmp_path / "bad.onnx"), folder=tmp_path, seconds=60)
    assert (ended.exit_code, ended.stdout) == (1, ""), ended
    assert reason in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, ended


@pytest.mark.parametrize("command", ["analyze", "scan"])
def test_an_endless_model_is_ended(song: Path, tmp_path: Path, command: str) -> None:
    code = f"{SHORT}import moodcurve.library.scanning.worker as s; s.TRIAL_S = 4\n{MAIN}"
    if command == "scan":  # spawned workers take the constant from the module's file
        (tmp_path / "sitecustomize.py").write_text("import moodcurve.library.scanning.worker as s; s.TRIAL_S = 4\n")
    model = hostile.endless(tmp_path / "bad.onnx")
    words = (song,) if command == "analyze" else (song, "--library", "library.sqlite")
    path = f"{tmp_path}:{':'.join(sys.path)}"
    ended = run_limited(command, *words, "--model", model, folder=tmp_path, code=code, environment={"PYTHONPATH": path})
    assert ended.exit_code == 1, ended
    assert ("no progress for 4 s" in ended.stderr) or ("took too long to get ready" in ended.stderr)


def test_ctrl_c_ends_an_endless_model(song: Path, tmp_path: Path) -> None:
    import signal

    model = hostile.endless(tmp_path / "bad.onnx")
    command = [sys.executable, "-c", MAIN, "analyze", str(song), "--model", str(model)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert process.returncode in (130, -2, 1)


# --- evaluation ---


def test_a_model_is_evaluated_within_limits(exported: Path, tmp_path: Path) -> None:
    dataset = made_dataset(4)
    assert evaluate(dataset, exported) == evaluate(dataset, load_model(exported))
    limits = replace(FILE_LIMITS, stall_s=3, memory_mb=512)
    with pytest.raises(LimitError, match="no progress for 3 s"):
        evaluate(dataset, hostile.endless(tmp_path / "endless.onnx"), limits=limits)
    with pytest.raises(ModelError, match="its graph fails"):
        evaluate(dataset, hostile.greedy(tmp_path / "greedy.onnx"), limits=limits)


def test_the_command_evaluates_a_model_within_limits(tmp_path: Path) -> None:
    write_own_songs(tmp_path / "own", made_dataset(3, feature_set=COMPARE260))
    words = ("evaluate", "own", "--model", hostile.endless(tmp_path / "bad.onnx"))
    ended = run_limited(*words, folder=tmp_path, code=SHORT + MAIN, seconds=90)
    assert ended.exit_code == 1, ended
    assert "no progress for" in ended.stderr


@pytest.mark.parametrize("ids", ["[1", "7", "[7]", "[" * 100_000, '{"a": 1}'])
def test_a_harmful_list_of_training_songs_is_refused(tmp_path: Path, ids: str) -> None:
    model = hostile.write_model(tmp_path / "bad.onnx", song_ids=ids, training_data=made_dataset(1).name)
    with pytest.raises(ModelError, match="'song_ids' are not a list"):
        evaluate(made_dataset(2), model)


# --- the checksum ---


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "mlr.onnx"
    export(train(made_dataset(10), "mlr", config=MLRConfig()), path, name="made")
    return path


def test_an_exported_model_has_a_checksum_and_loads(exported: Path) -> None:
    assert load_model(exported).metadata["sha256"]
    onnx.checker.check_model(onnx.load(exported))


def test_a_model_without_a_checksum_still_loads(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported)
    (entry,) = [prop for prop in model.metadata_props if prop.key == "moodcurve.sha256"]
    model.metadata_props.remove(entry)
    onnx.save(model, tmp_path / "old.onnx")
    assert load_model(tmp_path / "old.onnx").name == "made"


def test_a_changed_model_never_loads(exported: Path, tmp_path: Path) -> None:
    data, rng = exported.read_bytes(), random.Random(0)
    entry = 88  # the bytes of the checksum itself, which change nothing else
    for _ in range(int(os.environ.get("MOODCURVE_FUZZ", "300"))):
        changed = bytearray(data)
        at = rng.randrange(len(data) - entry)
        match rng.randrange(3):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                del changed[at : at + rng.randrange(1, 9)]
            case _:
                changed[at:at] = rng.randbytes(rng.randrange(1, 9))
        if changed == data:
            continue
        path = tmp_path / "changed.onnx"
        path.write_bytes(changed)
        with pytest.raises(ModelError):
            load_model(path)


def test_a_model_saved_again_is_refused(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported)
    model.metadata_props.add(key="note", value="mine")
    onnx.save(model, tmp_path / "changed.onnx")
    with pytest.raises(ModelError, match="was changed after it was written"):
        load_model(tmp_path / "changed.onnx")
