"""The picture of a playlist."""

from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from moodcurve.playlists import Playlist, Track
from moodcurve.playlists.build import describe
from moodcurve.playlists.objective import Objective
from moodcurve.playlists.path import mood_path
from moodcurve.report.playlist_plot import write_playlist_plot
from tests.helpers.playlist_songs import made_points

pytestmark = pytest.mark.slow


def made_playlist(n: int, *, with_path: bool) -> Playlist:
    points = made_points(n)
    path = mood_path([(0.4, -0.4), (-0.4, 0.4)]) if with_path else None
    objective = Objective(songs=points, path=path, length_s=float(points.duration_s.sum()), own_cost=np.zeros(n))
    tracks = [
        Track(
            id=i, path=f"/m/{i}.mp3", title=f"$x_{i}$ <b> 日本", artist="A" * 60, album=None, number=None, duration_s=1
        )
        for i in range(n)
    ]
    return Playlist(
        name="$tense$ to\nserene",
        tracks=tracks,
        points=points,
        ordering=describe(objective, np.arange(n)),
        path=None if path is None else path.points,
        length_s=objective.length_s,
    )


@pytest.mark.parametrize(("n", "with_path"), [(1, True), (9, True), (9, False), (60, True)])
def test_any_playlist_is_drawn(tmp_path: Path, n: int, with_path: bool) -> None:
    write_playlist_plot(made_playlist(n, with_path=with_path), tmp_path / "x.png")
    assert matplotlib.image.imread(tmp_path / "x.png").shape == (990, 1800, 4)


def test_songs_are_drawn_where_they_are(tmp_path: Path) -> None:
    def colored(arousal: float, valence: float) -> tuple[float, float]:
        """Mean column and row of the colored pixels of a song without movement."""
        made = made_playlist(1, with_path=False)
        point = np.array([[arousal, valence]])
        made = replace(made, points=replace(made.points, start=point, end=point, mean=point))
        write_playlist_plot(made, tmp_path / "x.png")
        image = matplotlib.image.imread(tmp_path / "x.png")[:, :950, :3]
        rows, columns = np.nonzero(np.ptp(image, axis=2) > 0.3)
        return float(columns.mean()), float(rows.mean())

    middle, right, high = colored(0, 0), colored(0, 0.4), colored(0.4, 0)
    assert right[0] - middle[0] == pytest.approx(middle[1] - high[1], rel=0.05)
    assert right[0] - middle[0] > 150
    assert right[1] == pytest.approx(middle[1], abs=3)
    assert high[0] == pytest.approx(middle[0], abs=3)
