"""Songs that playlists are chosen from."""

import numpy as np

from moodcurve.playlists.points import SongPoints


def made_points(n: int, *, seed: int = 0, artists: int | None = None) -> SongPoints:
    """Return songs spread over the plane, with tempo and key; by default each by its own artist."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(0, 0.3, (n, 2)).clip(-0.9, 0.9)
    start, end = ((mean + rng.normal(0, 0.1, (n, 2))).clip(-1, 1) for _ in range(2))
    return SongPoints(
        ids=100 + np.arange(n),
        start=start,
        end=end,
        mean=mean,
        duration_s=rng.uniform(120, 360, n),
        artist=np.arange(n) if artists is None else rng.integers(0, artists, n),
        tempo_bpm=rng.uniform(70, 170, n),
        key=rng.integers(0, 24, n),
    )
