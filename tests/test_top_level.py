"""Names of the top-level package, and `python -m moodcurve`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import moodcurve


def test_public_names_are_listed_and_exist() -> None:
    for name in ("Curve", "Features", "MoodcurveError", "analyze", "analyze_many", "__version__"):
        assert name in moodcurve.__all__
        assert name in dir(moodcurve)
        assert getattr(moodcurve, name) is not None
    assert set(moodcurve.__all__) <= set(dir(moodcurve))
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        moodcurve.analyse  # noqa: B018


def test_the_command_line_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "moodcurve", "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"moodcurve {moodcurve.__version__}\n")
    done = subprocess.run([sys.executable, "-m", "moodcurve", "analyse"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.usefixtures("prepared")
def test_analyze_many_returns_errors_for_files_it_cannot_read(tmp_path: Path) -> None:
    good, text = tmp_path / "good.wav", tmp_path / "text.mp3"
    soundfile.write(good, np.random.default_rng(0).normal(0, 0.1, 88_200), 44_100)
    text.write_text("no music")
    found = list(moodcurve.analyze_many([good, text, tmp_path / "missing.mp3"], workers=1))
    assert [isinstance(curve, Exception) for curve in found] == [False, True, True]
    assert isinstance(found[0], moodcurve.Curve)
