"""Store batches in an SQLite file: their songs and URLs, the state of each, and the curves.

In the server's temporary folder it ends with the server; in a folder of the operator's the queue survives a restart.
"""

import json
import secrets
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from moodcurve.web import WebError
from moodcurve.web.errors import ProblemError

MAX_RESULT_BYTES = 1 << 30
"""Size of all items with their curves, compressed; above it, the oldest finished batches are removed."""
ItemState = Literal["waiting", "running", "done", "failed"]
STATES: tuple[ItemState, ...] = ("waiting", "running", "done", "failed")
WebhookState = Literal["none", "waiting", "delivered", "failed"]
_VERSION = 1
_TABLES = """
CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    request TEXT NOT NULL,
    created_at REAL NOT NULL,
    finished_at REAL,
    key TEXT UNIQUE,
    digest BLOB NOT NULL,
    webhook TEXT,
    webhook_state TEXT NOT NULL,
    webhook_attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE item (
    batch TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    song INTEGER,
    url TEXT,
    state TEXT NOT NULL,
    problem TEXT,
    curve BLOB
);
CREATE UNIQUE INDEX item_number ON item (batch, number);
CREATE INDEX item_state ON item (batch, state);
PRAGMA user_version = 1;
"""
_SIZE = "TOTAL(100 + IFNULL(LENGTH(curve), 0) + IFNULL(LENGTH(url), 0) + IFNULL(LENGTH(problem), 0))"
"""Bytes of items, about."""
_COLUMNS = "id, client, request, created_at, finished_at, webhook, webhook_state, webhook_attempts"


@dataclass(frozen=True)
class Source:
    """What to analyze: a song of the library by its id, or the file of a URL."""

    song: int | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """A batch to add.

    Attributes
    ----------
    sources : sequence of Source
    client : str
        The sender, see `moodcurve.web.rate_limit.client_name`.
    request : str
        Id of the request that it came with, for the log.
    digest : bytes
        Hash of what was sent, by which a key that is used twice is told from a repeated request.
    key : str or None
        Idempotency key.
    webhook : str or None
        URL that gets a message when the batch is finished.
    """

    sources: Sequence[Source]
    client: str
    request: str = ""
    digest: bytes = b""
    key: str | None = None
    webhook: str | None = None


@dataclass(frozen=True)
class Batch:
    """A stored batch; times are in seconds since 1970, and `counts` are the numbers of items by state."""

    id: str
    client: str
    request: str
    created_at: float
    finished_at: float | None
    webhook: str | None
    webhook_state: WebhookState
    webhook_attempts: int
    counts: dict[ItemState, int]

    @property
    def unfinished(self) -> int:
        """Number of items that are waiting or running."""
        return self.counts["waiting"] + self.counts["running"]


@dataclass(frozen=True)
class Item:
    """An item of a batch; `problem` is the data of a `moodcurve.web.errors.ProblemObject`."""

    batch: str
    number: int
    source: Source
    state: ItemState
    problem: dict[str, Any] | None


class BatchStore:
    """Batches in a file. Thread-safe; its methods wait for the disk, so call them in threads.

    Parameters
    ----------
    path : Path
        The file, which is created if it does not exist; also an attribute.

    Raises
    ------
    WebError
        If the file is not one of this version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(_TABLES)
        except (sqlite3.Error, OSError) as error:
            raise WebError(f"{path}: cannot keep batches here: {error}") from error
        if version not in (0, _VERSION):
            raise WebError(f"{path}: of another version of moodcurve; choose another folder with --state")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def add(self, new: NewBatch) -> tuple[Batch, bool]:
        """Store a batch; return it, and whether it is new: a known key gives the batch that was stored with it.

        Raises
        ------
        ProblemError
            422 if the key was used for another batch.
        """
        id, now = secrets.token_urlsafe(9), time.time()
        with self._transaction() as db:
            if (known := self._known(db, new)) is not None:
                return known, False
            state = "none" if new.webhook is None else "waiting"
            db.execute(
                "INSERT INTO batch (id, client, request, created_at, key, digest, webhook, webhook_state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id, new.client, new.request, now, new.key, new.digest, new.webhook, state),
            )
            db.executemany(
                "INSERT INTO item (batch, number, song, url, state) VALUES (?, ?, ?, ?, 'waiting')",
                ((id, number, source.song, source.url) for number, source in enumerate(new.sources)),
            )
            found = self._batch(db, id)
        assert found is not None  # nosec B101 # it was just stored
        return found, True

    def known(self, new: NewBatch) -> Batch | None:
        """Return the batch that was stored with the key of a new one, or None; raises as `add`."""
        with self._lock:
            return self._known(self._db, new)

    def batch(self, id: str) -> Batch | None:
        """Return a batch, or None if there is none."""
        with self._lock:
            return self._batch(self._db, id)

    def unfinished(self) -> list[tuple[Batch, list[int]]]:
        """Return the batches that are not finished with the numbers of their waiting items; running ones wait again."""
        with self._transaction() as db:
            db.execute("UPDATE item SET state = 'waiting' WHERE state = 'running'")
            ids = [id for (id,) in db.execute("SELECT id FROM batch WHERE finished_at IS NULL ORDER BY created_at")]
            batches = [batch for id in ids if (batch := self._batch(db, id))]
            query = "SELECT number FROM item WHERE batch = ? AND state = 'waiting' ORDER BY number"
            return [(batch, [number for (number,) in db.execute(query, (batch.id,))]) for batch in batches]

    def undelivered(self) -> list[Batch]:
        """Return the finished batches whose message is still to be sent."""
        with self._lock:
            query = "SELECT id FROM batch WHERE finished_at IS NOT NULL AND webhook_state = 'waiting'"
            ids = [id for (id,) in self._db.execute(query)]
            return [batch for id in ids if (batch := self._batch(self._db, id))]

    def items(self, id: str, *, first: int, limit: int) -> list[Item]:
        """Return items of a batch by their numbers from `first` on."""
        with self._lock:
            rows = self._db.execute(
                "SELECT batch, number, song, url, state, problem FROM item "
                "WHERE batch = ? AND number >= ? ORDER BY number LIMIT ?",
                (id, first, limit),
            ).fetchall()
        return [
            Item(batch, number, Source(song, url), state, json.loads(problem) if problem else None)
            for batch, number, song, url, state, problem in rows
        ]

    def begin(self, id: str, number: int) -> Source | None:
        """Mark an item as running, and return its source; None if it was removed."""
        with self._transaction() as db:
            query = "UPDATE item SET state = 'running' WHERE batch = ? AND number = ? RETURNING song, url"
            rows = db.execute(query, (id, number)).fetchall()
        return Source(*rows[0]) if rows else None

    def requeue(self, id: str, number: int) -> None:
        """Mark a running item as waiting."""
        with self._transaction() as db:
            query = "UPDATE item SET state = 'waiting' WHERE batch = ? AND number = ? AND state = 'running'"
            db.execute(query, (id, number))

    def finish(self, id: str, number: int, result: str | ProblemError) -> Batch | None:
        """Store the curve of an item as JSON, or its problem; return the batch if this was its last item."""
        failed = isinstance(result, ProblemError)
        problem = json.dumps(result.content()) if isinstance(result, ProblemError) else None
        curve = zlib.compress(result.encode()) if isinstance(result, str) else None
        with self._transaction() as db:
            query = "UPDATE item SET state = ?, problem = ?, curve = ? WHERE batch = ? AND number = ?"
            db.execute(query, ("failed" if failed else "done", problem, curve, id, number))
            batch = self._batch(db, id)
            if batch is None or batch.unfinished:
                return None
            db.execute("UPDATE batch SET finished_at = ? WHERE id = ?", (time.time(), id))
            return self._batch(db, id)

    def curve(self, id: str, number: int) -> str | None:
        """Return the curve of an item as JSON, or None if it has none."""
        with self._lock:
            query = "SELECT curve FROM item WHERE batch = ? AND number = ?"
            row = self._db.execute(query, (id, number)).fetchone()
        return zlib.decompress(row[0]).decode() if row and row[0] else None

    def count_attempt(self, id: str, state: WebhookState) -> None:
        """Count an attempt to send the message of a batch, and store its outcome."""
        with self._transaction() as db:
            query = "UPDATE batch SET webhook_attempts = webhook_attempts + 1, webhook_state = ? WHERE id = ?"
            db.execute(query, (state, id))

    def remove(self, id: str) -> None:
        """Remove a batch with its curves."""
        with self._transaction() as db:
            db.execute("DELETE FROM batch WHERE id = ?", (id,))

    def remove_old(self, keep_s: float) -> None:
        """Remove batches that were finished more than `keep_s` ago, and the oldest if all are too large."""
        with self._transaction() as db:
            db.execute("DELETE FROM batch WHERE finished_at < ?", (time.time() - keep_s,))
            (size,) = db.execute(f"SELECT {_SIZE} FROM item").fetchone()  # nosec B608 # own names
            rows = db.execute(
                f"SELECT id, (SELECT {_SIZE} FROM item WHERE batch = id) FROM batch "  # nosec B608 # own names
                "WHERE finished_at IS NOT NULL ORDER BY finished_at"
            ).fetchall()
            for id, own in rows:
                if size <= MAX_RESULT_BYTES:
                    break
                db.execute("DELETE FROM batch WHERE id = ?", (id,))
                size -= own

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise ProblemError(507, f"cannot store the batch ({error})") from error
                raise

    def _known(self, db: sqlite3.Connection, new: NewBatch) -> Batch | None:
        if new.key is None:
            return None
        row = db.execute("SELECT id, digest FROM batch WHERE key = ?", (new.key,)).fetchone()
        if row is None:
            return None
        if row[1] != new.digest:
            raise ProblemError(422, "header.Idempotency-Key: was used for another batch; choose a new one")
        return self._batch(db, row[0])

    @staticmethod
    def _batch(db: sqlite3.Connection, id: str) -> Batch | None:
        row = db.execute(f"SELECT {_COLUMNS} FROM batch WHERE id = ?", (id,)).fetchone()  # nosec B608 # own names
        if row is None:
            return None
        with closing(db.execute("SELECT state, COUNT(*) FROM item WHERE batch = ? GROUP BY state", (id,))) as found:
            return Batch(*[*row, {**dict.fromkeys(STATES, 0), **dict(found)}])
