"""Write ratings as CSV: every sample, the ratings of whole songs, and the raters with their answers."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from moodcurve.annotate.consistency import consistency
from moodcurve.curve import AXES
from moodcurve.datasets.raters.reader import RATINGS, TRACKS, RaterData
from moodcurve.datasets.raters.study_record import RaterRecord
from moodcurve.util.csv_text import write_csv

_TRACK_HEADER = ("song_id", "rater", "time_s", "arousal", "valence", "clock_ms")
_RATER_COLUMNS = ("rater", "songs", "repeats", "headphones_correct", "inputs", "samples")


def write_csv_tables(output: Path, data: RaterData, records: list[RaterRecord]) -> list[Path]:
    """Write ``tracks.csv``, ``ratings.csv``, the same of repeats as ``repeat_*.csv``, and ``raters.csv``.

    `moodcurve labels` reads the first two. Tracks have all samples of finished passes, with the clock of the browser.
    """
    written = [write_csv(output / "raters.csv", *_raters(records))]
    for repeats, prefix in ((False, ""), (True, "repeat_")):
        tracks, ratings = _tracks(records, repeats=repeats), _ratings(records, repeats=repeats)
        for name, header, rows in (
            (TRACKS, _TRACK_HEADER, tracks),
            (RATINGS, ("song_id", "rater", *AXES), ratings),
        ):
            if (first := next(rows, None)) is not None:
                written.append(write_csv(output / f"{prefix}{name}", header, itertools.chain([first], rows)))
    return written


def _tracks(records: Iterable[RaterRecord], *, repeats: bool) -> Iterator[list[object]]:
    for record in records:
        for item in record.items(repeats=repeats):
            for axis in record.axes:
                if (item, axis) in record.finished:
                    for clock_ms, time_s, *values in record.samples(item, axis).tolist():
                        cells = values if axis == "both" else [values[0] if axis == one else "" for one in AXES]
                        yield [record.songs[item], record.rater, time_s, *cells, clock_ms]


def _ratings(records: Iterable[RaterRecord], *, repeats: bool) -> Iterator[list[object]]:
    for record in records:
        for item in record.items(repeats=repeats):
            if item in record.ratings:
                yield [record.songs[item], record.rater, *record.ratings[item]]


def _raters(records: list[RaterRecord]) -> tuple[list[str], Iterator[list[object]]]:
    """Return header and rows of the raters, with a column for each question."""
    parts = ("before", "after")
    questions = {(part, name): None for part in parts for record in records for name in record.answers.get(part, {})}
    measures = [f"{axis}_repeat_{measure}" for axis in AXES for measure in ("r", "ccc", "rating")]
    header = [*_RATER_COLUMNS, *measures, *(f"{part}_{name}" for part, name in questions)]

    def rows() -> Iterator[list[object]]:
        for record in records:
            repeated = consistency(record)
            yield [
                record.rater,
                sum(record.is_done(item) for item in record.items(repeats=False)),
                repeated["songs"],
                record.headphones[0] if record.headphones else "",
                " ".join(sorted(record.inputs)),
                record.rows,
                *(_cell(repeated[axis][measure]) for axis in AXES for measure in ("r", "ccc", "rating")),
                *(_cell(record.answers.get(part, {}).get(name)) for part, name in questions),
            ]

    return header, rows()


def _cell(value: object) -> object:
    """Return a cell; a text that a spreadsheet would compute, of a rater's own, begins with an apostrophe."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return "" if value is None else value
