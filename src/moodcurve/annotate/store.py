"""Store what raters' pages send: one file per rater, to which pieces are appended exactly once.

A piece counts as received once it is on the disk (fsync); only then is it acknowledged. A page sends a piece again
until it is acknowledged, with the same number, so a repeated one is recognized, also after a restart: the numbers are
in the file. What a crash left of a line that was never acknowledged is cut off at the next start.
"""

import hashlib
import json
import os
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from moodcurve.annotate import StudyError
from moodcurve.annotate.access import Access
from moodcurve.annotate.events import Mark, Pass, Piece, Rating, Samples
from moodcurve.annotate.order import rater_order, with_repeats
from moodcurve.annotate.study import StudySettings
from moodcurve.datasets.raters.study_reader import rater_file, rater_files
from moodcurve.datasets.raters.study_record import PASSES, RaterRecord, read_record
from moodcurve.web.errors import ProblemError

_RESERVED_S = 24 * 3600.0
"""For how long after a rater's last piece songs that they have not rated yet count as given to them."""


class RaterStore:
    """The raters' files of a study, and what they hold.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    study : StudySettings
    songs : list of str
        Ids of the songs.
    access : Access

    Raises
    ------
    DatasetError
        If a rater's file is damaged.
    """

    def __init__(self, folder: Path, study: StudySettings, songs: list[str], access: Access) -> None:
        self.study = study
        self.songs = songs
        self._folder = folder
        self._access = access
        self.lock = threading.RLock()
        """Held while records change: hold it to read several of their fields."""
        self._locks: dict[str, threading.Lock] = {}
        self._records: dict[str, RaterRecord] = {}
        for path in rater_files(folder):
            if path.stem in access.deleted:
                path.unlink()  # the deletion was interrupted
            elif path.stem in access.raters:
                _cut_torn_line(path)
                self._records[path.stem] = read_record(path)

    def records(self) -> list[RaterRecord]:
        """Return the records of all invited raters; those who have not started are empty."""
        return [self.record(rater) for rater in self._access.raters]

    def record(self, rater: str) -> RaterRecord:
        """Return the record of a rater."""
        with self.lock:
            return self._records.setdefault(rater, RaterRecord(rater=rater))

    def start(self, rater: str) -> RaterRecord:
        """Give a rater songs in an order, unless they have some; return the record."""
        with self.lock:
            record = self.record(rater)
            if record.is_started:
                return record
            study = self.study
            started = [other for other in self.records() if other.is_started]
            order = rater_order(
                self.songs, _given(started), rater=len(started), count=study.songs_per_rater, seed=study.seed
            )
            line = {
                "start": {
                    "songs": with_repeats(order, study.repeats),
                    "mode": study.mode,
                    "practice_s": study.practice_s,
                    "whole_song": study.whole_song,
                    "consent": hashlib.sha256(study.consent.encode()).hexdigest() if study.consent else None,
                    "unix_s": round(time.time(), 3),
                }
            }
            self._write(rater, [line], create=True)
            record.add(line)
        return record

    def append(self, rater: str, client: str, pieces: list[Piece], *, gap: bool = False) -> int:
        """Store pieces that are not stored yet; return the number of the last stored piece of the page.

        Raises
        ------
        ProblemError
            409 if pieces between the last stored and the first of these are missing and `gap` is false, or the rater
            has not started;
            410 if the rater was deleted; 422 if an event is of no item of the rater; 507 if the disk is full.
        """
        record = self.record(rater)
        with self._locks.setdefault(rater, threading.Lock()):
            if not record.is_started:
                raise ProblemError(409, "the rater has not started; agree to the study first")
            last = record.clients.get(client, -1)
            new = [piece for piece in pieces if piece.number > last]
            if new and new[0].number != last + 1 and not gap:
                raise ProblemError(409, f"piece {last + 1} of this page is missing before piece {new[0].number}")
            for piece in new:
                _check_items(piece, record)
            now_s = round(time.time(), 3)
            lines = [{"client": client, "received_s": now_s, **piece.model_dump()} for piece in new]
            if lines:
                self._write(rater, lines)
            with self.lock:
                for line in lines:
                    record.add(line)
            return record.clients.get(client, -1)

    def delete(self, rater: str) -> bool:
        """Delete a rater: link, ratings and answers; return False if there was none."""
        if not delete_rater(self._folder, self._access, rater):
            return False
        with self.lock:
            self._records.pop(rater, None)
        return True

    def _write(self, rater: str, lines: list[dict[str, Any]], *, create: bool = False) -> None:
        """Append lines, and return once they are on the disk."""
        path = rater_file(self._folder, rater)
        data = "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines).encode()
        try:
            _append_durably(path, data, create=create)
        except FileNotFoundError as error:
            raise ProblemError(410, "your data were deleted, and this link is no longer valid") from error
        except OSError as error:
            raise ProblemError(507, f"the ratings cannot be written ({error.strerror})") from error
        if rater not in self._access.raters:  # deleted by another process in between
            path.unlink(missing_ok=True)
            raise ProblemError(410, "your data were deleted, and this link is no longer valid")


def _given(records: list[RaterRecord]) -> Counter[str]:
    """Count the raters who have each song: rated, or still ahead of raters who may go on."""
    given: Counter[str] = Counter()
    now_s = time.time()
    for record in records:
        active = now_s - record.last_s < _RESERVED_S
        given.update({record.songs[item] for item in range(len(record.songs)) if active or record.is_done(item)})
    return given


def delete_rater(folder: Path, access: Access, rater: str) -> bool:
    """Delete a rater's link and file; return False, and touch nothing, if there is no such rater.

    A server of the study notices it at the rater's next piece.
    """
    known = rater in access.raters
    if known or rater in access.deleted:  # an earlier deletion may have been interrupted
        access.remove(rater)
        rater_file(folder, rater).unlink(missing_ok=True)
    return known


def _append_durably(path: Path, data: bytes, *, create: bool = False) -> None:
    """Append to a file, and return once the data is on the disk; after an error, the file is as it was.

    Raises
    ------
    OSError
        If the file cannot be written, or does not exist and `create` is false.
    """
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | (os.O_CREAT if create else 0), 0o600)
    try:
        size = os.fstat(handle).st_size
        try:
            written = 0
            while written < len(data):
                written += os.write(handle, data[written:])
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    if create and os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _cut_torn_line(path: Path) -> None:
    """Remove the last line of a file if it is incomplete: a crash ended it, and it was not acknowledged."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(path, end)


def _check_items(piece: Piece, record: RaterRecord) -> None:
    for event in piece.events:
        if isinstance(event, Samples | Mark | Pass | Rating):
            axis = getattr(event, "axis", PASSES[record.mode][0])
            if event.item >= len(record.songs) or axis not in record.axes:
                raise ProblemError(422, f"item {event.item}, axis {axis}: not one of this rater's")


def check_rater_name(access: Access, rater: str) -> None:
    """Check that a rater was invited.

    Raises
    ------
    StudyError
        If not.
    """
    if rater not in access.raters:
        known = ", ".join(list(access.raters)[:8]) or "nobody"
        raise StudyError(f"{rater}: no rater of this study; invited are {known}")
