"""An open library: read its files, songs and problems, and write changes.

Each `Library.write` is one transaction, on disk when it returns: after a crash at any moment the file opens and holds
everything written before.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from moodcurve.audio.content_hash import CONTENT_VERSION
from moodcurve.audio.tags import Tags
from moodcurve.curve import JSON_FORMAT
from moodcurve.formats.json_file import curve_from_dict
from moodcurve.library import schema
from moodcurve.library.changes import apply_change
from moodcurve.library.connection import SCAN_AGAIN, file_id_of, transaction
from moodcurve.library.curve_codec import PackingError, unpack
from moodcurve.library.errors import LibraryError, translate_errors
from moodcurve.library.models import Change, KnownFile, Problem, StoredSong, joined_hash
from moodcurve.library.tag_codec import unpack_tags
from moodcurve.util.files import AnyPath
from moodcurve.util.text import one_line, path_text

_SONG = """SELECT song.id, song.content, song.analysed_at, song.words, song.tag_strengths, curve.packed, file.path,
    file.names, file.external_id, file.artist, file.title, file.album, file.genre, file.year, file.track,
    file.tagged_duration_s
    FROM song JOIN file ON file.id = song.file JOIN curve ON curve.song = song.id"""


class Library:
    """An open library; see `moodcurve.library.opening.open_library`.

    Attributes
    ----------
    path : str or path
        Its file, as it was opened.
    db : sqlite3.Connection
        For modules of this package only.
    """

    def __init__(self, path: AnyPath, db: sqlite3.Connection, file_id: tuple[int, int] | None = None) -> None:
        self.path = path
        self.db = db
        self._file_id = file_id
        """Device and inode of a file that is open to write."""

    def write(self, changes: Iterable[Change]) -> None:
        """Apply changes in order, all or none; they are on disk when this returns.

        Raises
        ------
        LibraryError
            If the disk is full or fails, the library is read-only, another process keeps writing to it, or its file
            was removed or replaced.
        ValueError
            If the song of a `FileFound` is unknown.
        """
        with translate_errors(self.path), transaction(self.db):
            for change in changes:
                apply_change(self.db, change)
        self.check_in_place()

    def check_in_place(self) -> None:
        """Check that the open file is still the one of its path: SQLite goes on writing to one that was removed.

        Raises
        ------
        LibraryError
            If it was removed, replaced, or given another name.
        """
        if self._file_id is not None and file_id_of(self.path) != self._file_id:
            raise LibraryError(f"{_name(self.path)}: its file was replaced while it was open; {SCAN_AGAIN}")

    def data_version(self) -> int | None:
        """Return a number that changes whenever another connection writes to the file.

        None if the file is no longer a library of this version, for example after a newer moodcurve migrated it.
        """
        try:
            ((version,),) = self.db.execute("PRAGMA data_version")
            current = schema.read_version(self.db) == schema.CURRENT_VERSION
        except sqlite3.Error:
            return None
        return int(version) if current else None

    def known_files(self) -> dict[str, KnownFile]:
        """Return all files that scans found, by path."""
        rows = self._rows(
            "SELECT path, size, mtime_ns, content, problem, content_version, selection, length_s, names, "
            "external_id FROM file "
            "ORDER BY path, start_s"
        )
        found: dict[str, KnownFile] = {}
        for path, size, mtime_ns, content_hash, problem, version, selection, length_s, names, external_id in rows:
            name = os.fsdecode(path)
            parts = () if length_s is None else (*(found[name].parts if name in found else ()), content_hash)
            found[name] = KnownFile(
                size,
                mtime_ns,
                joined_hash(parts) or content_hash,
                problem,
                version == CONTENT_VERSION,
                selection,
                parts,
                split_names(names),
                external_id,
            )
        return found

    def files_of(self, song: int) -> dict[str, tuple[int, int]]:
        """Return size and modification time of each file of a song, by path, the one added first in front."""
        if not _is_id(song):
            return {}
        rows = self._rows("SELECT path, size, mtime_ns FROM file WHERE song = ? ORDER BY id", (song,))
        return {os.fsdecode(path): (size, mtime_ns) for path, size, mtime_ns in rows}

    def song_models(self) -> dict[str, tuple[str, str]]:
        """Return model and feature set of each song's analysis, by content hash, orphans included."""
        rows = self._rows("SELECT content, model, feature_set FROM song")
        return {content_hash: (model, feature_set) for content_hash, model, feature_set in rows}

    def without_sound(self) -> set[str]:
        """Return the content hashes of songs that were analyzed before loudness, tempo and key were measured."""
        rows = self._rows(
            "SELECT content FROM song LEFT JOIN measured ON measured.song = song.id WHERE sound_version IS NULL"
        )
        return {content_hash for (content_hash,) in rows}

    def song(self, key: int | str) -> StoredSong | None:
        """Return the song with an id, or the first song of a file's path; None if there is none."""
        if isinstance(key, int):
            if not _is_id(key):
                return None
            found = self._songs(f"{_SONG} WHERE song.id = ?", (key,))
        else:
            by_path = f"{_SONG} WHERE song.id = (SELECT song FROM file WHERE path = ? ORDER BY start_s)"  # nosec B608 # constant
            found = self._songs(by_path, (os.fsencode(key),))
        return next(found, None)

    def songs(self, ids: Sequence[int] | None = None) -> Iterator[StoredSong]:
        """Yield the songs with these ids, in their order and without missing ones; by default all songs."""
        if ids is None:
            yield from self._songs(f"{_SONG} ORDER BY song.id")
            return
        for number in ids:
            found = self.song(int(number))
            if found is not None:
                yield found

    def problem(self, path: str) -> str | None:
        """Return why a file cannot be used; None if it can be, or is unknown."""
        for (reason,) in self._rows("SELECT problem FROM file WHERE path = ?", (os.fsencode(path),)):
            return str(reason) if reason is not None else None
        return None

    def problems(self, *, limit: int | None = None, offset: int = 0) -> list[Problem]:
        """Return the files that cannot be used, sorted by path; at most `limit`, after the first `offset`."""
        rows = self._rows(
            "SELECT path, names, problem FROM file WHERE problem IS NOT NULL ORDER BY path LIMIT ? OFFSET ?",
            (-1 if limit is None else limit, offset),
        )
        return [Problem((*split_names(names), os.fsdecode(path))[0], reason) for path, names, reason in rows]

    def problem_count(self) -> int:
        """Return the number of files that cannot be used."""
        ((number,),) = self._rows("SELECT count(*) FROM file WHERE problem IS NOT NULL")
        return int(number)

    def descriptors(self, feature_set: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return ids (n,) and descriptors (n, columns) of all songs analyzed with a feature set."""
        rows = list(
            self._rows(
                "SELECT song, vector FROM descriptors JOIN song ON song.id = descriptors.song "
                "WHERE feature_set = ? AND copies > 0 ORDER BY song",
                (feature_set,),
            )
        )
        joined = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").astype(np.float32)
        return np.array([number for number, _ in rows], np.int64), joined.reshape(len(rows), -1 if rows else 0)

    def _rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[sqlite3.Row]:
        with translate_errors(self.path):
            for row in self.db.execute(sql, values):  # noqa: UP028  see `moodcurve.library.queries.search`
                yield row

    def _songs(self, sql: str, values: Sequence[object] = ()) -> Iterator[StoredSong]:
        for number, content_hash, analysed_at, words, strengths, packed, path, names, external_id, *tags in self._rows(
            sql, values
        ):
            rows = self._rows("SELECT path FROM file WHERE song = ? ORDER BY id", (number,))
            paths = tuple(os.fsdecode(other) for (other,) in rows) or (os.fsdecode(path),)
            shown = (*split_names(names), os.fsdecode(path))[0]
            data = self._curve_data(number, packed, words, strengths)
            data["source"] = path_text(shown)
            yield StoredSong(
                id=number,
                content_hash=content_hash,
                paths=paths,
                shown=shown,
                tags=Tags(**dict(zip(Tags.__dataclass_fields__, tags, strict=True))),
                external_id=external_id,
                analysed_at=analysed_at,
                data=data,
                curve=curve_from_dict(self.path, data),
            )

    def _curve_data(self, song: int, packed: bytes, words: str, strengths: bytes | None) -> dict[str, Any]:
        """Return a curve's data in the current format; its words and tags are those of the columns."""
        data = {"format": JSON_FORMAT, **self._unpacked(song, packed)}
        try:
            tags = None if strengths is None else unpack_tags(strengths)
        except PackingError as error:
            raise self._damaged(song, error) from error
        data["song"]["words"] = words.split(schema.WORD_SEPARATOR)
        if tags is not None:
            after: dict[str, Any] = {key: data.pop(key) for key in ("sound", "warnings") if key in data}
            data |= {"tags": tags, **after}  # the order of keys is that of `Curve.to_dict`
        return data

    def _unpacked(self, song: int, packed: bytes) -> dict[str, Any]:
        try:
            return unpack(packed)
        except PackingError as error:
            raise self._damaged(song, error) from error

    def _damaged(self, song: int, error: PackingError) -> LibraryError:
        return LibraryError(f"{_name(self.path)}: the curve of song {song} is damaged ({error}); scan it again")


def split_names(names: bytes | None) -> tuple[str, ...]:
    """Return the paths that lead to a file, as the library stores them."""
    return () if names is None else tuple(map(os.fsdecode, names.split(schema.NAME_SEPARATOR)))


def _is_id(number: int) -> bool:
    """Return False for integers that SQLite cannot hold."""
    return abs(number) < 2**63


def _name(path: AnyPath) -> str:
    return one_line(os.fspath(path))
