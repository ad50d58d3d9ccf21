"""Rows of analyzed songs for Parquet: one row holds all that a library stores of a file, or why it could not be used.

The columns have the names of a library's export and of its tables; docs/formats.md lists them. Requires the extra
``parquet``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from moodcurve import __version__
from moodcurve.audio.content_hash import CONTENT_VERSION
from moodcurve.audio.tags import NO_TAGS, Tags
from moodcurve.curve import AXES, INTERVALS, PROBABILITIES, TIME_DECIMALS, VALUE_DECIMALS
from moodcurve.features.tags.names import TAGS
from moodcurve.formats.columns import FormatError, refuse
from moodcurve.formats.json_file import curve_from_dict
from moodcurve.formats.parquet_file import COMPRESSION, TYPES
from moodcurve.library.export_tables import song_columns as exported_columns
from moodcurve.library.measured import SOUND_COLUMNS, SOUND_VERSION, course_bytes
from moodcurve.library.models import Analysis
from moodcurve.library.schema import WORD_SEPARATOR, song_columns
from moodcurve.library.text import TEXT_TAGS, clean, fold, folded_path
from moodcurve.mood.circumplex import MOOD_ANGLES_DEG, NEUTRAL, QUADRANTS
from moodcurve.mood.classes import MOODS
from moodcurve.util.files import AnyPath
from moodcurve.util.optional import install_hint
from moodcurve.util.text import path_text, text_path, utc_time

try:
    import pyarrow
    import pyarrow.parquet
except ImportError as error:
    raise FormatError(f"tables of analyzed songs need pyarrow: {install_hint('parquet')}") from error

ROWS_FORMAT = "moodcurve-songs/1"
"""Name and version of the rows, under ``format`` in the schema's metadata: columns are only added to it."""
STEP_S = 0.5
"""Between the points of a row's curve, the first of which is at 0."""
ROWS_PER_GROUP = 1000
"""Rows in a row group, which takes about 20 MB of memory: readers hold one at a time."""

_NOT_IN_ROWS = ("id", "copies")
"""Columns of an export that mean something in its library only."""
FOLDED = (*(f"folded_{name}" for name in TEXT_TAGS), "folded_path")
_POINTS = (*AXES, *INTERVALS, *PROBABILITIES)
_POINT_PREFIX = "curve_"
_MEAN_TOLERANCE = 0.0006
"""Largest deviation of a mean of points with four decimals, on the scale from 1 to 9 as well."""
_FLOAT = pyarrow.float32()  # rounded again, they are the same four decimals


def _strengths(names: Sequence[str]) -> Any:
    return pyarrow.struct([(name, _FLOAT) for name in names])


ROW_SCHEMA = pyarrow.schema(
    [
        *((name, TYPES[kind]) for name, kind in exported_columns(distance=False).items() if name not in _NOT_IN_ROWS),
        ("moodcurve_version", TYPES["text"]),
        ("problem", TYPES["text"]),
        *((name, TYPES["whole"]) for name in ("size", "mtime_ns", "content_version", "sound_version")),
        *((name, TYPES["number"]) for name in ("tagged_duration_s", "length_s")),
        ("part_title", TYPES["text"]),
        *((name, TYPES["text"]) for name in FOLDED),
        ("moods", _strengths(MOODS)),
        ("tag_strengths", _strengths(TAGS)),
        ("course", pyarrow.binary()),
        ("descriptors", pyarrow.list_(_FLOAT)),
        *((f"{_POINT_PREFIX}{name}", pyarrow.list_(_FLOAT)) for name in _POINTS),
        (f"{_POINT_PREFIX}silent", pyarrow.list_(pyarrow.bool_())),
        ("names", pyarrow.list_(TYPES["text"])),
        ("selection", TYPES["text"]),
    ],
    metadata={"format": ROWS_FORMAT},
)
"""The columns of a table of analyzed songs, all of which may be null."""
LATER_COLUMNS = ("names", "selection")
"""Columns that the tables of moodcurve 0.2.0 do not have."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ScannedFile:
    """A file, or a part of one: its analysis, or why it could not be used.

    Attributes
    ----------
    path : str
        Its path or URL.
    external_id : str or None
        Its id in the user's catalogue.
    content_hash : str or None
        Hash of its audio content.
    content_version : int
        Version of the hash, see `moodcurve.audio.content_hash.CONTENT_VERSION`.
    size, mtime_ns : int or None
        Bytes, and modification time in nanoseconds, where known.
    tags : Tags
    start_s, length_s : float or None
        Where it begins in its file and its length, if that holds several songs.
    analysis : Analysis or None
    analysed_at : str
        Time of the analysis in UTC, for example ``2026-05-04T03:02:01Z``; by default now.
    moodcurve_version : str or None
        Version of the package that analyzed it.
    problem : str or None
        Why it could not be used, on one line. Exactly one of this and `analysis` is given.
    names, selection
        The paths that lead to it, and what the scan asked for; see `moodcurve.library.models.FileFound`.
    """

    path: str
    external_id: str | None = None
    content_hash: str | None = None
    content_version: int = CONTENT_VERSION
    size: int | None = None
    mtime_ns: int | None = None
    tags: Tags = NO_TAGS
    start_s: float | None = None
    length_s: float | None = None
    analysis: Analysis | None = None
    analysed_at: str = ""
    moodcurve_version: str | None = __version__
    problem: str | None = None
    names: tuple[str, ...] = ()
    selection: str = ""

    def __post_init__(self) -> None:
        if (self.analysis is None) == (self.problem is None):
            raise ValueError("exactly one of analysis and problem must be given")
        if self.analysis is not None and self.content_hash is None:
            raise ValueError("content_hash must be given with an analysis, got None")


def row_of(file: ScannedFile) -> dict[str, Any]:
    """Return a file as a row of `ROW_SCHEMA`: its columns by name, None where unknown.

    Raises
    ------
    ValueError
        If the points of its curve are not `STEP_S` apart, the first at 0.
    """
    texts = {name: getattr(file.tags, name) for name in TEXT_TAGS}
    row: dict[str, Any] = dict.fromkeys(ROW_SCHEMA.names)
    row |= {
        "external_id": None if file.external_id is None else clean(file.external_id),
        "path": path_text(file.path),
        **{name: None if text is None else clean(text) for name, text in texts.items()},
        **{f"folded_{name}": None if text is None else fold(text) for name, text in texts.items()},
        "folded_path": folded_path((*file.names, file.path)),
        "year": file.tags.year,
        "track": file.tags.track,
        "tagged_duration_s": file.tags.duration_s,
        "start_s": file.start_s,
        "length_s": file.length_s,
        "content": file.content_hash,
        "content_version": file.content_version,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "analysed_at": file.analysed_at or utc_time(),
        "moodcurve_version": file.moodcurve_version,
        "problem": None if file.problem is None else clean(file.problem),
        "names": [path_text(name) for name in file.names] or None,
        "selection": file.selection or None,
    }
    return row if file.analysis is None else row | _analysis_columns(file.analysis)


def _analysis_columns(analysis: Analysis) -> dict[str, Any]:
    """Return the columns of an analysis; raises as `row_of`."""
    data = analysis.data()
    if data["times_s"] != _times_s(len(data["times_s"])):
        raise ValueError(f"the points of a curve must be {STEP_S} s apart, the first at 0")
    columns = song_columns(data)
    lists = {name: data.get(name) for name in (*AXES, *INTERVALS, "silent")}
    lists |= {column: data.get("quadrants", {}).get(name) for column, name in PROBABILITIES.items()}
    return {
        **columns,
        "model": data["model"],
        "model_version": analysis.model_version,
        "feature_set": data["feature_set"],
        "sound_version": SOUND_VERSION if "sound" in data else None,
        "part_title": data.get("title"),
        "moods": data["song"].get("moods"),
        "tag_strengths": data.get("tags"),
        "course": course_bytes(data),
        "descriptors": np.asarray(analysis.descriptors, np.float32),
        **{
            f"{_POINT_PREFIX}{name}": None if values is None else np.asarray(values, bool if name == "silent" else "f4")
            for name, values in lists.items()
        },
    }


def file_of(row: Mapping[str, Any], where: AnyPath) -> ScannedFile:
    """Return the file of a row, with the same rounded numbers.

    Parameters
    ----------
    row : mapping
        Python values of the columns of `ROW_SCHEMA`, as `pyarrow.RecordBatch.to_pylist` returns them.
    where : str or path
        The table, for messages.

    Raises
    ------
    FormatError
        If the row does not hold a curve, or its path is missing; the message names the table and the column.
    """
    if not row["path"]:
        refuse(where, "column path", "missing", "a path or URL")
    if None in (row["names"] or ()):
        refuse(where, f"column names of {row['path']}", "null", "paths")
    if row["problem"] is None and not row["content"]:
        refuse(where, f"column content of {row['path']}", "missing", "the hash of the audio")
    return ScannedFile(
        path=text_path(row["path"]),
        external_id=row["external_id"],
        content_hash=row["content"],
        content_version=row["content_version"] or 0,
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        tags=Tags(**{name: row[name] for name in (*TEXT_TAGS, "year", "track")}, duration_s=row["tagged_duration_s"]),
        start_s=row["start_s"],
        length_s=row["length_s"],
        analysis=_analysis(row, where) if row["problem"] is None else None,
        analysed_at=row["analysed_at"] or "",
        moodcurve_version=row["moodcurve_version"],
        problem=row["problem"],
        names=tuple(text_path(name) for name in row["names"] or ()),
        selection=row["selection"] or "",
    )


def _analysis(row: Mapping[str, Any], where: AnyPath) -> Analysis:
    """Return the analysis of a row; raises as `file_of`."""
    values = {name: _rounded(row[f"{_POINT_PREFIX}{name}"]) for name in _POINTS}
    shares = {name: row[column] for column, name in PROBABILITIES.items() if row[column] is not None}
    rating = {name: row[f"rated_{name}"] for name in (*AXES, *INTERVALS)}
    moods, tags = (
        None if row[name] is None else dict(zip(row[name], _rounded([*row[name].values()]) or (), strict=True))
        for name in ("moods", "tag_strengths")
    )
    song: dict[str, Any] = {name: row[name] for name in INTERVALS if row[name] is not None}
    song |= {"probabilities": shares or None, "moods": moods, "rating": rating if any(rating.values()) else None}
    points = {column: values.pop(column) for column in PROBABILITIES}
    data = {
        **{key: row[key] for key in ("model", "feature_set", "duration_s", "start_s", "novelty")},
        "source": row["path"],
        "times_s": _times_s(len(values["arousal"] or ())),
        **{name: found for name, found in values.items() if found is not None},
        "quadrants": None if None in points.values() else {PROBABILITIES[name]: points[name] for name in points},
        "song": song,
        "silent": row[f"{_POINT_PREFIX}silent"],
        "tags": tags,
        "sound": {name: row[name] for name in SOUND_COLUMNS} if row["sound_version"] else None,
        "warnings": (row["warnings"] or "").splitlines(),
        **({} if row["part_title"] is None else {"title": row["part_title"]}),
    }
    where = f"{where}, {row['path']}"
    curve = curve_from_dict(where, data)
    stored = curve.to_dict()
    stored["song"] |= _means(row, where, stored["song"])
    descriptors = np.asarray(row["descriptors"] or (), np.float32)
    return Analysis(curve=curve, descriptors=descriptors, model_version=row["model_version"], stored=stored)


def _means(row: Mapping[str, Any], where: str, computed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the song's means as a row has them, which may differ from those of rounded points in the last decimal."""
    found = {name: row[name] for name in (*AXES, "arousal_9", "valence_9")}
    for name, value in found.items():
        if value is None or not abs(value - computed[name]) <= _MEAN_TOLERANCE:
            refuse(where, f"column {name}", str(value), f"{computed[name]}, the mean of its curve")
    words = (row["words"] or "").split(WORD_SEPARATOR)
    if row["quadrant"] not in (*QUADRANTS, NEUTRAL) or not set(words) <= {*MOOD_ANGLES_DEG, NEUTRAL}:
        refuse(where, "column words", f"{row['quadrant']}: {row['words']}"[:60], "a quadrant and mood words")
    return {**found, "quadrant": row["quadrant"], "words": words}


def _times_s(n: int) -> list[float]:
    return [round(i * STEP_S, TIME_DECIMALS) for i in range(n)]


def _rounded(values: Sequence[float] | None) -> list[float] | None:
    """Return single-precision numbers as the four decimals that they were."""
    return None if values is None else (np.round(np.asarray(values, np.float64), VALUE_DECIMALS) + 0.0).tolist()


@contextmanager
def rows_writer(stream: BinaryIO) -> Iterator[Callable[[Sequence[Mapping[str, Any]]], None]]:
    """Open a Parquet file of `ROW_SCHEMA` on a stream; yield the function that writes some rows of `row_of`.

    They are written a row group at a time.
    """
    waiting: list[Mapping[str, Any]] = []
    with pyarrow.parquet.ParquetWriter(stream, ROW_SCHEMA, compression=COMPRESSION) as writer:

        def write(rows: Sequence[Mapping[str, Any]]) -> None:
            waiting.extend(rows)
            while len(waiting) >= ROWS_PER_GROUP:
                flush(ROWS_PER_GROUP)

        def flush(number: int) -> None:
            writer.write_table(pyarrow.Table.from_pylist(waiting[:number], schema=ROW_SCHEMA))
            del waiting[:number]

        yield write
        if waiting:
            flush(len(waiting))
