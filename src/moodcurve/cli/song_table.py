"""Write a table of analyzed songs, one row per song, as CSV, JSON, JSON lines or Parquet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moodcurve.cli.result_files import json_list
from moodcurve.curve import Curve
from moodcurve.library.export_tables import song_columns, write_batches
from moodcurve.library.schema import song_columns as curve_song_columns
from moodcurve.util.files import atomic_write
from moodcurve.util.text import json_line

_LIBRARY_ONLY = (
    "id", "external_id", "path", "artist", "album", "genre", "year", "track", "model_version", "analysed_at", "content",
    "copies",
)  # fmt: skip
COLUMNS = {
    "source": "text",
    **{name: kind for name, kind in song_columns(distance=False).items() if name not in _LIBRARY_ONLY},
}
"""Columns and the type of their values: those of a library's export that do not depend on the library. `title` and
`start_s` are those of a part of a file."""


def song_row(curve: Curve) -> dict[str, Any]:
    """Return a curve's row; what the model does not provide is None."""
    data = curve.to_dict()
    row = {name: data[name] for name in ("source", "model", "feature_set")} | curve_song_columns(data)
    row |= {name: data.get(name) for name in ("title", "start_s")}
    return {name: row[name] for name in COLUMNS}


def write_song_table(curves: Sequence[Curve], path: Path, *, safe_csv: bool = False) -> None:
    """Write the table in the format of the file's extension, complete or not at all.

    `safe_csv` as for `moodcurve.library.export.stream_table`.

    Raises
    ------
    FormatError
        If Parquet's package is not installed.
    OSError
        If the file cannot be written.
    """
    rows = [song_row(curve) for curve in curves]
    ending = path.suffix.lower()
    with atomic_write(path) as scratch, scratch.open("wb") as stream:
        if ending == ".jsonl":
            stream.writelines(json_line(row).encode() for row in rows)
        elif ending == ".json":
            stream.writelines(part.encode() for part in json_list(rows))
        else:
            columns = {name: [row[name] for row in rows] for name in COLUMNS}
            write_batches([columns], COLUMNS, stream, ending[1:], safe=safe_csv)
