"""Opening the log's database: settings, migrations, and the check at boot.

WAL + ``synchronous=FULL``: one sync a commit, and what was committed survives a power cut.
SQLite 3.7.0 to 3.51.2 can corrupt a WAL when two connections write or checkpoint at once, so
a fixed one is used (``sqlcipher3`` bundles it), and only the writer writes and checkpoints.
"""

from __future__ import annotations

import re
import sqlite3
import urllib.parse
from importlib import resources
from pathlib import Path
from typing import Any, cast

from sqlcipher3 import dbapi2

from services.errors import DatabaseDamaged, DatabaseTooNew, DataDirError

# sqlcipher3 ships no types; it is the standard library's module, built on another SQLite.
Connection = sqlite3.Connection
OperationalError: type[sqlite3.OperationalError] = dbapi2.OperationalError
DatabaseError: type[sqlite3.DatabaseError] = dbapi2.DatabaseError
Error: type[sqlite3.Error] = dbapi2.Error

OLDEST_SAFE_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 2000
SETTINGS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
)


def sqlite_version() -> tuple[int, ...]:
    return tuple(int(part) for part in dbapi2.sqlite_version.split("."))


def _connect(path: Path, mode: str, busy_timeout_ms: int) -> Connection:
    uri = f"file:{urllib.parse.quote(str(path.absolute()))}?mode={mode}"
    connection = cast(
        Connection,
        dbapi2.connect(uri, uri=True, isolation_level=None, check_same_thread=False),
    )
    connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    for statement in SETTINGS:
        connection.execute(statement)
    return connection


def open_writer(path: Path, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Connection:
    """The one connection that writes and checkpoints. Raises ``Error`` of this module."""
    connection = _connect(path, "rwc", busy_timeout_ms)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise OperationalError(f"journal_mode is {mode}, expected wal: is the folder writable?")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 1000")
        connection.execute("PRAGMA journal_size_limit = 16777216")
    except Exception:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> Connection:
    """A connection that can neither write nor checkpoint."""
    connection = _connect(path, "ro", BUSY_TIMEOUT_MS)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def migrations() -> list[tuple[int, str]]:
    """The numbered SQL files, in order, from 1 without a gap."""
    found: list[tuple[int, str]] = []
    for entry in resources.files("services").joinpath("migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_\w+\.sql", entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    found.sort()
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return found


def migrate(connection: Connection, path: Path) -> int:
    """Bring the schema forward, each step whole or not at all. Returns the version.

    Raises `DatabaseTooNew` when the file is ahead of this program.
    """
    steps = migrations()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(steps):
        raise DatabaseTooNew(path, version, len(steps))
    for number, sql in steps[version:]:
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return len(steps)


def quick_check(connection: Connection, path: Path) -> None:
    """Raises `DatabaseDamaged` with the first complaint."""
    rows: list[Any] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if rows != [("ok",)]:
        raise DatabaseDamaged(path, str(rows[0][0]) if rows else "no answer")


def prepare(path: Path) -> None:
    """Make the folder, check the file, bring its schema forward. Done once, at boot.

    Raises `DataDirError`, `DatabaseDamaged` or `DatabaseTooNew`.
    """
    if sqlite_version() < OLDEST_SAFE_SQLITE:
        raise DataDirError(path.parent, f"SQLite {dbapi2.sqlite_version} can corrupt a WAL")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.parent / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise DataDirError(path.parent, error.strerror or str(error)) from error
    connection: Connection | None = None
    try:
        connection = open_writer(path)
        quick_check(connection, path)
        migrate(connection, path)
    except OperationalError as error:
        raise DataDirError(path.parent, str(error)) from error
    except DatabaseError as error:
        raise DatabaseDamaged(path, str(error)) from error
    finally:
        if connection is not None:
            connection.close()
