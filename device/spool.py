"""The outbox's memory: messages on disk until the log service has them.

WAL with ``synchronous=FULL``: the one mode that lost nothing and took one sync a commit when
the power was cut at random. One connection, one thread.
"""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlcipher3 import dbapi2 as sqlite

SpoolError = sqlite.Error
"""What any method of ``Spool`` raises when the disk or the file does not play along."""

_CORRUPT = 11
_NOT_A_DATABASE = 26
"""SQLite's result codes (sqlite.org/rescode.html)."""

_PAGE_BYTES = 4096
_SETUP = """
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    spooled_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS rejected (
    id TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    error TEXT NOT NULL,
    rejected_at REAL NOT NULL
);
"""

_COUNTS = (
    "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM rejected),"
    " (SELECT spooled_at FROM message ORDER BY seq LIMIT 1)"
)


def is_damaged(error: Exception) -> bool:
    """Whether the file itself is broken, so that trying again cannot help."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


class Row(NamedTuple):
    """A message that waits; ``body`` is one line of JSON without its newline."""

    seq: int
    id: str
    body: bytes


class Counts(NamedTuple):
    depth: int
    rejected: int
    oldest_at: float | None
    """Unix time at which the oldest waiting message was spooled."""


def look(path: Path) -> Counts:
    """What waits in the spool of a station that may be running; nothing is written.

    Raises ``SpoolError``: no database, damaged, or not ours to read.
    """
    uri = f"file:{urllib.parse.quote(str(path.absolute()))}?mode=ro"
    db = sqlite.connect(uri, uri=True, isolation_level=None)
    try:
        db.execute("PRAGMA busy_timeout=1000")
        (complaint,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if complaint != "ok":
            raise sqlite.DatabaseError(complaint)
        return Counts(*db.execute(_COUNTS).fetchone())
    finally:
        db.close()


class Spool:
    """Messages by order of arrival. Every change is on the disk when the call returns."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """Opens or makes the file; it never grows over ``max_bytes``."""
        self._db = sqlite.connect(str(path), isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA busy_timeout=1000")
            self._db.execute("PRAGMA trusted_schema=OFF")
            self._db.execute("PRAGMA cell_size_check=ON")
            self._db.execute(f"PRAGMA max_page_count={max_bytes // _PAGE_BYTES}")
            self._db.executescript(_SETUP)
        except SpoolError:
            self._db.close()
            raise

    def add(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """All of (id, body), or none on an error. An id that waits already is kept once."""
        now = time.time()
        self._all(
            "INSERT INTO message (id, body, spooled_at) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO NOTHING",
            [(key, body, now) for key, body in messages],
        )

    def after(self, seq: int, most: int) -> list[Row]:
        """The next ``most`` messages behind ``seq``."""
        rows = self._db.execute(
            "SELECT seq, id, body FROM message WHERE seq > ? ORDER BY seq LIMIT ?", (seq, most)
        )
        return [Row(*row) for row in rows]

    def forget(self, ids: Sequence[str]) -> None:
        """The service has them."""
        self._all("DELETE FROM message WHERE id = ?", [(key,) for key in ids])

    def reject(self, refusals: Sequence[tuple[str, str]]) -> None:
        """(id, error): put aside what the service can never store; a person may look at it."""
        now = time.time()
        self._all(
            "INSERT OR REPLACE INTO rejected SELECT id, body, ?, ? FROM message WHERE id = ?",
            [(error, now, key) for key, error in refusals],
            "DELETE FROM message WHERE id = ?",
            [(key,) for key, _ in refusals],
        )

    def counts(self) -> Counts:
        return Counts(*self._db.execute(_COUNTS).fetchone())

    def close(self) -> None:
        self._db.close()

    def _all(self, *steps: str | Sequence[tuple[object, ...]]) -> None:
        """Statement, its rows, statement, its rows, ...: in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in zip(steps[::2], steps[1::2], strict=True):
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors (disk full).
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
