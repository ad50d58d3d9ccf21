import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import numpy.typing as npt
import pytest

from moodcurve.report import write_plot
from tests.helpers import ROOT
from tests.helpers.short_song import small_curve

pytestmark = pytest.mark.slow


def pixels(path: Path) -> npt.NDArray[np.float64]:
    return np.asarray(matplotlib.image.imread(path), np.float64)[..., :3] * 255


def rows_of(image: npt.NDArray[np.float64], color: str) -> npt.NDArray[np.int64]:
    """Return the rows of the left half with at least 300 pixels of a color: a level line."""
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    same = np.abs(image[:, :900] - wanted).max(axis=2) < 3
    return np.flatnonzero(same.sum(axis=1) > 300)


def test_level_lines_are_drawn_at_their_heights(tmp_path: Path) -> None:
    n = len(small_curve().times_s)
    curve = small_curve(arousal=np.full(n, 0.25), valence=np.full(n, -0.4))
    write_plot(curve, tmp_path / "x.png")
    image = pixels(tmp_path / "x.png")
    assert image.shape == (810, 1800, 3)
    # the axis from -0.5 to 0.5 spans 0.70 of 810 rows and ends 0.115 of them above the lower edge; a line
    # is 4 pixels wide, so its middle may be off by 2
    for color, value in (("#bf4a06", 0.25), ("#1767a8", -0.4)):
        row = 810 * (1 - 0.115 - 0.70 * (value + 0.5))
        assert rows_of(image, color).mean() == pytest.approx(row, abs=2)


def test_the_path_and_its_ends_are_drawn(tmp_path: Path) -> None:
    n = len(small_curve().times_s)
    still = small_curve(arousal=np.zeros(n), valence=np.zeros(n))
    moving = small_curve(arousal=np.zeros(n), valence=np.linspace(-0.9, 0.9, n))
    write_plot(still, tmp_path / "still.png")
    write_plot(moving, tmp_path / "moving.png")
    colored = [np.ptp(pixels(tmp_path / f"{name}.png")[:650, 1000:], axis=2) > 60 for name in ("still", "moving")]
    assert colored[1].sum() > colored[0].sum() + 1000
    columns = np.flatnonzero(colored[1].any(axis=0))
    assert 250 < np.ptp(columns) < 700  # from left to right through most of the circle


def test_the_songs_interval_is_a_box_on_the_plane(tmp_path: Path) -> None:
    write_plot(small_curve(), tmp_path / "plain.png")
    write_plot(small_curve(song_interval=np.array([[-0.9, -0.5], [-0.8, -0.2]])), tmp_path / "box.png")
    plain, box = (pixels(tmp_path / f"{name}.png") for name in ("plain", "box"))
    changed = (np.abs(plain - box).max(axis=2) > 0)[:700]  # its legend is below
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    # the plane is .38 of 1800 columns for 2.8 in valence or .90 of 810 rows for 2.65 in arousal, whichever is less
    unit = min(0.38 * 1800 / 2.8, 0.90 * 810 / 2.65)
    assert np.ptp(columns) + 1 == pytest.approx(0.6 * unit, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(0.4 * unit, abs=2)


@pytest.mark.parametrize(
    "curve",
    [
        small_curve(intervals=True),
        small_curve(1.0),
        small_curve(arousal_interval=np.tile([-1.0, 1.0], (15, 1))),
        small_curve(source="日本 $x_a$ $\\frac{ <b>\n\u202e" + "long " * 60 + ".mp3", model="$\\bad$ \udcff"),
        small_curve(duration_s=0.0),
        small_curve(20_000.0),
    ],
    ids=["intervals", "one point", "widest", "hostile name", "no duration", "hours"],
)
def test_any_curve_gives_a_picture(tmp_path: Path, curve: object) -> None:
    write_plot(curve, tmp_path / "x.png")  # type: ignore[arg-type]
    assert pixels(tmp_path / "x.png").shape == (810, 1800, 3)


def test_a_picture_leaves_no_pyplot_state(tmp_path: Path) -> None:
    # pyplot holds every figure until it is closed, and selects a GUI toolkit
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.helpers.short_song import small_curve
from moodcurve.report import write_plot
assert "matplotlib" not in sys.modules, "matplotlib is loaded before it is needed"
write_plot(small_curve(), sys.argv[2])
assert "matplotlib.pyplot" not in sys.modules
"""
    here = str(ROOT)
    subprocess.run([sys.executable, "-c", code, here, str(tmp_path / "x.png")], check=True)


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_plot(small_curve(), tmp_path / "file" / "x.png")
