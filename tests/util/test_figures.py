"""Values with intervals in pictures, and saved pictures: the same bytes, few colors, the digest of the results."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moodcurve.util.figures import SOURCE, digest, draw_intervals, draw_matrix, label_rows, new_figure, save_figure

NOTHING = {"value": None, "low": None, "high": None}


def test_values_and_ends_are_drawn_where_they_are() -> None:
    panel = new_figure(4, 3).subplots()
    label_rows(panel, ["one", "two", "a third row with a label that is too long for one line"])
    first = [{"value": 1.0, "low": 0.5, "high": 2.0}, NOTHING, {"value": 3.0}]
    draw_intervals(panel, {"a": first, "b": [{"value": 1.5, "low": 1.0, "high": 1.6}, {"value": 4.0}]})
    bar, dots, other_bar, other_dots = panel.lines
    assert list(bar.get_xdata()) == [0.5, 2.0]
    assert list(dots.get_xdata()) == [1.0, 3.0]
    assert list(other_bar.get_xdata()) == [1.0, 1.6]
    assert list(other_dots.get_xdata()) == [1.5, 4.0]
    # series that share a row lie side by side, one alone in its middle
    assert list(dots.get_ydata()) == pytest.approx([-0.13, 2])
    assert list(other_dots.get_ydata()) == pytest.approx([0.13, 1])
    assert bar.get_ydata()[0] == pytest.approx(-0.13)
    low, high = panel.get_ylim()
    assert low > high  # the first row is at the top
    assert "\n" in panel.get_yticklabels()[2].get_text()


def test_a_confusion_matrix_has_percentages_of_its_rows() -> None:
    panel = new_figure(4, 3).subplots()
    draw_matrix(panel, [[3, 1], [0, 0]], ["x", "y"], title="")
    assert [text.get_text() for text in panel.texts] == ["75", "25", "0", "0"]


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    results = {"b": 1.5, "a": [None, "x"]}
    for name in ("one", "two"):
        figure = new_figure(4, 3)
        draw_intervals(figure.subplots(), {"a": [{"value": 1.0, "low": 0.0, "high": 2.0}]})
        save_figure(figure, tmp_path / f"{name}.png", results=results)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as image:
        assert image.size == (440, 330)
        assert image.info[SOURCE] == digest({"a": [None, "x"], "b": 1.5}) != digest({"b": 1.5})
        colors = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert (np.abs(colors.astype(int) - (31, 119, 180)).max(axis=1) <= 8).any()  # the first series' blue
