"""Methods of a curve: dictionary, data frame, picture, summary and repr."""

import json
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from moodcurve.curve import INTERVALS, PROBABILITIES
from moodcurve.formats import to_json
from tests.formats.test_csv_json import make_curve
from tests.helpers.full_curve import whole_curve


def test_the_dictionary_is_the_json() -> None:
    for curve in (make_curve(), whole_curve()):
        assert json.loads(to_json(curve)) == curve.to_dict()
        assert curve.to_dict()["format"] == "moodcurve-curve/1"


def test_the_data_frame_has_the_numbers_of_the_points() -> None:
    curve = whole_curve(7)
    frame = curve.to_frame()
    assert list(frame.columns) == ["arousal", "valence", *INTERVALS, *PROBABILITIES]
    assert frame.index.name == "time_s"
    np.testing.assert_array_equal(frame.index, curve.times_s)
    np.testing.assert_array_equal(frame["valence_high"], curve.valence_interval[:, 1])  # type: ignore[index]
    assert list(make_curve(7).to_frame().columns) == ["arousal", "valence"]


def test_a_data_frame_without_pandas_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        make_curve().to_frame()


def test_a_plot_draws_both_lines_and_their_intervals_into_given_axes() -> None:
    curve = whole_curve(9)
    axes = Figure().add_subplot()
    assert curve.plot(axes) is axes
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), np.column_stack([curve.times_s, curve.arousal]))
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), np.column_stack([curve.times_s, curve.valence]))
    assert len(axes.collections) == 2
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["arousal", "valence"]


def test_a_plot_uses_the_current_axes_of_pyplot(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = Figure()
    monkeypatch.setattr(pyplot, "gca", lambda: figure.add_subplot())
    assert make_curve().plot().figure is figure
    assert len(figure.axes[0].collections) == 0  # no intervals


def test_the_summary_is_that_of_the_points() -> None:
    curve = make_curve(arousal=np.full(5, 0.6), valence=np.full(5, 0.5))
    assert (curve.summary.quadrant, curve.summary.words[0]) == ("excited-positive", "excited")
    assert curve.summary is curve.summary
    assert curve.to_dict()["song"]["words"] == list(curve.summary.words)


def test_silent_points_count_in_nothing_about_the_song() -> None:
    silent = np.array([True, False, False, True, False])
    values = np.array([-0.9, 0.2, 0.4, 0.9, 0.3])
    curve = make_curve(arousal=values, valence=values, silent=silent)
    np.testing.assert_array_equal(curve.sounding, ~silent)
    assert curve.summary.arousal == pytest.approx(0.3)
    assert curve.summary.valence_range == (0.2, 0.4)
    assert curve.summary.shares["excited-positive"] == 1
    assert curve.to_dict()["song"]["arousal"] == 0.3
    assert curve.to_dict()["silent"] == silent.tolist()
    assert "mean arousal +0.30" in repr(curve)
    for nothing in (None, np.zeros(5, np.bool_)):
        assert "silent" not in make_curve(silent=nothing).to_dict()
    everything = make_curve(arousal=values, valence=values, silent=np.ones(5, np.bool_))
    assert everything.summary.arousal == pytest.approx(values.mean())


@pytest.mark.parametrize("silent", [np.zeros(4, np.bool_), np.zeros(5)])
def test_silent_must_be_a_boolean_for_each_point(silent: np.ndarray) -> None:
    with pytest.raises(ValueError, match="silent must be 5 booleans, got"):
        make_curve(silent=silent)


def test_a_curve_is_shown_on_one_line() -> None:
    curve = whole_curve(2000)
    shown = repr(curve)
    assert len(shown) < 300
    assert shown.isprintable()
    for part in (repr(curve.source), repr(curve.model), "2000 points", f"arousal {curve.arousal.mean():+.2f}"):
        assert part in shown
