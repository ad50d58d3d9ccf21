"""Format rows as text: a line each, a picture of the last rows, and a summary of all."""

import time
from collections import deque
from collections.abc import Sequence

from moodcurve.features.feature_sets import WINDOW_S
from moodcurve.live.follower import Row
from moodcurve.mood.circumplex import describe
from moodcurve.util.text import clock as duration
from moodcurve.util.text import counted, signed

BARS = "▁▂▃▄▅▆▇█"
GAP_S = 1.0
"""Rows farther apart than this have a space between them in the picture."""
MAX_COLUMNS = 240
LABEL_WIDTH = 16


def _sparkline(values: Sequence[float | None]) -> str:
    """Return values in [-1, 1] as bars, None as a space.

    >>> _sparkline([-1, 0, None, 1])
    '▁▅ █'
    """
    return "".join(" " if v is None else BARS[min(len(BARS) - 1, int((v + 1) / 2 * len(BARS)))] for v in values)


def row_line(row: Row, *, with_position: bool = False) -> str:
    """Return a row as a line: local time, both axes and the mood; before these, the row's time in the source.

    A file that is piped is not heard at the time of its clock, so only its position tells where a row belongs.
    """
    at = time.strftime("%H:%M:%S", time.localtime(row.clock))
    if with_position:
        minutes, tenths = divmod(round(10 * row.time_s), 600)
        at = f"{minutes}:{tenths / 10:04.1f}  {at}"
    return f"{at}  arousal {signed(row.arousal)}  valence {signed(row.valence)}  {_mood(row)}"


def _mood(row: Row) -> str:
    return "silent" if row.silent else describe(row.arousal, row.valence)


class Picture:
    """The last rows as two sparklines, with the current mood.

    Parameters
    ----------
    source : str
        What is heard.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._rows: deque[Row | None] = deque(maxlen=MAX_COLUMNS)

    def add(self, row: Row) -> None:
        """Add a row at the right."""
        last = self._rows[-1] if self._rows else None
        if last is not None and row.time_s - last.time_s > GAP_S:
            self._rows.append(None)
        self._rows.append(row)

    def lines(self, width: int) -> list[str]:
        """Return the picture for a terminal of this width, after the first row."""
        row = self._rows[-1]
        assert row is not None  # nosec B101 # the last is always a row; narrows the type
        shown = list(self._rows)[-max(10, width - LABEL_WIDTH - 1) :]
        return [
            f"{self._source}  {duration(row.time_s + WINDOW_S)}",
            *(
                f"{name} {signed(getattr(row, name))}".ljust(LABEL_WIDTH)
                + _sparkline([None if one is None else getattr(one, name) for one in shown])
                for name in ("arousal", "valence")
            ),
            _mood(row),
        ]


class RunningSummary:
    """What was heard in all, from running sums."""

    def __init__(self) -> None:
        self._rows = self._sounding = 0
        self._arousal = self._valence = 0.0
        self._end_s = 0.0

    def add(self, row: Row) -> None:
        """Add a row."""
        self._rows += 1
        self._end_s = row.time_s + WINDOW_S
        if not row.silent:
            self._sounding += 1
            self._arousal += row.arousal
            self._valence += row.valence

    def text(self) -> str:
        """Return a sentence: time and rows, and the mean of those that were not silent."""
        if not self._rows:
            return "nothing was heard: a row takes 1.04 s of sound"
        total = f"{duration(self._end_s)}, {counted(self._rows, 'row')}"
        if not self._sounding:
            return f"{total}, all silent"
        arousal, valence = self._arousal / self._sounding, self._valence / self._sounding
        means = f"mean arousal {signed(arousal)}, valence {signed(valence)}"
        return f"{total}; {means}: {describe(arousal, valence)}"
