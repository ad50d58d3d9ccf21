"""Encoders of users: the one of docs/encoders.md, installed as a package, in the extractor, commands and models."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moodcurve.errors import MoodcurveError
from moodcurve.features import Extractor, FeatureError, extract, feature_set
from moodcurve.features.encoders import Encoder, encoder_names, find_encoder
from tests.helpers import ROOT

SR = 44_100
CODE = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "encoders.md").read_text(encoding="utf-8"), flags=re.DOTALL)[
    0
]
OTHERS = """
import numpy as np
from moodcurve.features.encoders import Encoder

def seconds(samples):
    return np.arange(len(samples) // 10)[:, None] / 10.0  # ten rows a second: their positions in the piece

def mean(samples):
    return np.full((max(1, len(samples) // 1000), 1), samples.mean())

def fail(samples):
    raise OSError("weights are missing")

clock = Encoder(encode=seconds, columns=1, sr=100, chunk_s=4)
level = Encoder(encode=mean, columns=1, sr=44100, chunk_s=1.7)
wide = Encoder(encode=lambda x: np.zeros((10, 3)), columns=2)
rare = Encoder(encode=lambda x: np.zeros((2, 1)), columns=1)
endless = Encoder(encode=lambda x: np.full((99, 1), np.nan), columns=1)
broken = Encoder(encode=fail, columns=1)
text = "no encoder"
"""
NAMES = ("bands", "clock", "level", "wide", "rare", "endless", "broken", "text", "absent", "gone")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install a package with encoders, as pip does: modules, and metadata with entry points."""
    home = tmp_path_factory.mktemp("site")
    (home / "my_package.py").write_text(CODE, encoding="utf-8")
    (home / "my_others.py").write_text(OTHERS)
    info = home / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    entries = [f"{name} = {'my_package' if name == 'bands' else 'my_others'}:{name}" for name in NAMES[:-1]]
    (info / "entry_points.txt").write_text("\n".join(["[moodcurve.encoders]", *entries, "gone = nowhere:gone\n"]))
    sys.path.insert(0, str(home))
    forget()
    yield home
    sys.path.remove(str(home))
    forget()


def forget() -> None:
    encoder_names.cache_clear()
    find_encoder.cache_clear()


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, int(seconds * SR)).astype(np.float32)


def test_an_encoder_is_a_feature_set(installed: Path) -> None:
    found = feature_set("compare236+bands")
    assert found.key == "compare236+bands/1"
    assert found.names[236:238] == ("bands[0]", "bands[1]")
    alone = feature_set("bands")
    x = noise(5)
    joined = extract(x, SR, found)
    assert joined.values.shape == (8, 236 + len(alone.names))
    np.testing.assert_array_equal(joined.values[:, 236:], extract(x, SR, alone).values)
    # a tone of 1 kHz is in the band that holds bin 1000 / 22050 · 2048
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(3 * SR) / SR)
    edges = find_encoder("bands").encode.__globals__["EDGES"]  # type: ignore[union-attr]
    assert (extract(tone, SR, alone).values.argmax(axis=1) == np.searchsorted(edges, 93, side="right") - 1).all()


def test_rows_are_means_of_the_windows_and_free_of_block_lengths(installed: Path) -> None:
    # in each piece the clock runs from 0 to 4 s, and a window has the mean of its second
    rows = extract(np.zeros(10 * SR), SR, feature_set("clock")).values[:, 0]
    for row in (0, 1, 2, 5, 6, 8, 14):  # windows that lie within one piece
        assert rows[row] == pytest.approx(0.5 * row % 4 + 0.45, abs=1e-6), row
    assert rows[7] == pytest.approx((3.7 + 0.2) / 2, abs=1e-6)  # 3.5 to 4 s, and 0 to 0.5 s of the next piece
    x = noise(7.3)
    whole = extract(x, SR, feature_set("level")).values
    for cuts in ([1], [SR, 2 * SR + 1], list(range(0, len(x), 9999))):
        blocks = np.split(x, cuts)
        np.testing.assert_array_equal(extract(blocks, SR, feature_set("level")).values, whole)


def test_saved_and_peeked_extractors_continue(installed: Path) -> None:
    x, wanted = noise(6), feature_set("level")
    whole = extract(x, SR, wanted).values
    extractor = Extractor(SR, wanted)
    first = extractor.push(x[: 3 * SR]).values
    peeked = extractor.peek().values
    resumed = Extractor.resume(extractor.save())
    rest = [resumed.push(x[3 * SR :]).values, resumed.flush().values]
    np.testing.assert_array_equal(np.concatenate([first, *rest]), whole)
    np.testing.assert_array_equal(np.concatenate([first, peeked]), extract(x[: 3 * SR], SR, wanted).values)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wide", r"encoder wide: must return finite rows \(m, 2\), got \(10, 3\)"),
        ("rare", "encoder rare: must return at least one row for each second"),
        ("endless", "encoder endless: must return finite rows"),
        ("broken", "encoder broken: OSError: weights are missing"),
        ("text", "encoder text: my_others:text must be a"),
        ("absent", "encoder absent: cannot import my_others:absent"),
        ("gone", "encoder gone: cannot import nowhere:gone"),
    ],
)
def test_encoders_that_fail_are_named(installed: Path, name: str, message: str) -> None:
    with pytest.raises(FeatureError, match=message):
        extract(noise(5), SR, feature_set(name))


def test_unknown_names_list_the_installed_encoders(installed: Path) -> None:
    with pytest.raises(MoodcurveError, match=r"unknown feature set 'mert'; choose from default, .*, bands, broken"):
        feature_set("mert")
    with pytest.raises(ValueError, match="must be positive"):
        Encoder(encode=lambda x: x, columns=0)


@pytest.mark.slow
def test_the_page_of_the_documentation_works(installed: Path, tmp_path: Path) -> None:
    """From a folder of songs to a model and a curve, with worker processes, and a refusal without the encoder."""
    songs = tmp_path / "songs" / "audio"
    songs.mkdir(parents=True)
    labels = ["song_id,time_s,arousal,valence"]
    for number in range(6):
        loud = 0.02 * (number + 1)
        soundfile.write(songs / f"{number}.wav", noise(4) * loud, SR)
        labels += [f"{number},{t / 2},{loud},{-loud}" for t in range(6)]
    (songs.parent / "labels.csv").write_text("\n".join(labels))

    def run(*arguments: str, here: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "MOODCURVE_CACHE": str(tmp_path / "cache")}
        code = f"import sys; sys.path[:0] = {[str(installed)] if here else []}; from moodcurve.cli import main; main()"
        command = [sys.executable, "-c", code, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    done = run("features", "songs/audio/0.wav", "--set", "bands", "-o", "rows.csv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rows.csv").read_text().startswith("frameTime;bands[0];bands[1]")
    done = run("train", "songs", "--model", "svr", "--set", "compare236+bands", "-o", "mine.onnx")
    assert done.returncode == 0, done.stderr
    done = run("analyze", "songs/audio/3.wav", "--model", "mine.onnx", "-f", "json")
    assert done.returncode == 0, done.stderr
    assert '"feature_set": "compare236+bands/1"' in done.stdout
    done = run("analyze", "songs/audio/3.wav", "--model", "mine.onnx", "-f", "json", here=False)
    assert done.returncode == 1
    assert "needs features compare236+bands/1" in done.stderr
