"""Settings, migrations and the check at boot."""

from __future__ import annotations

from pathlib import Path

import pytest

from services import database, query, query_sets
from services.database import Error, open_reader, open_writer, prepare
from services.errors import DatabaseDamaged, DatabaseTooNew, DataDirError, ServiceError
from services.store import write_batch
from tests.services.helpers import closed, line, opened, rep, set_done


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "log.db")
    return tmp_path / "log.db"


def test_the_sqlite_in_use_has_no_wal_reset_bug() -> None:
    assert database.sqlite_version() >= (3, 51, 3)


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("trusted_schema", 0),
        ("cell_size_check", 1), ("temp_store", 2), ("busy_timeout", 2000),
        ("wal_autocheckpoint", 1000),
    ],
)  # fmt: skip
def test_the_writers_settings(path: Path, pragma: str, expected: object) -> None:
    writer = open_writer(path)
    assert writer.execute(f"PRAGMA {pragma}").fetchone() == (expected,)
    writer.close()


def test_a_reader_can_neither_write_nor_checkpoint(path: Path) -> None:
    writer, reader = open_writer(path), open_reader(path)
    write_batch(writer, [line(rep())], 0)
    size = path.stat().st_size
    with pytest.raises(Error):
        reader.execute("DELETE FROM rep")
    with pytest.raises(Error):
        reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert reader.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    assert path.stat().st_size == size
    reader.close()
    writer.close()


def test_migrations_are_numbered_without_a_gap_and_done_once(path: Path) -> None:
    steps = database.migrations()
    assert [number for number, _ in steps] == list(range(1, len(steps) + 1))
    writer = open_writer(path)
    assert writer.execute("PRAGMA user_version").fetchone() == (len(steps),)
    assert database.migrate(writer, path) == len(steps)
    writer.close()


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [(1, "CREATE TABLE a (x); CREATE TABLE a (x);")]
    monkeypatch.setattr(database, "migrations", lambda: bad)
    writer = open_writer(tmp_path / "log.db")
    with pytest.raises(Error):
        database.migrate(writer, tmp_path / "log.db")
    assert writer.execute("SELECT name FROM sqlite_schema").fetchall() == []
    assert writer.execute("PRAGMA user_version").fetchone() == (0,)
    writer.close()


def test_what_is_stored_is_there_after_a_new_start(path: Path) -> None:
    writer = open_writer(path)
    write_batch(writer, [line(rep())], 0)
    writer.close()
    prepare(path)
    reader = open_reader(path)
    assert reader.execute("SELECT count(*) FROM rep").fetchone() == (1,)
    reader.close()


def test_a_log_of_the_first_version_is_carried_over_with_its_data(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    writer = open_writer(path)
    (_, first), *_ = database.migrations()
    writer.executescript(f"BEGIN;{first}PRAGMA user_version = 1;COMMIT;")
    kept = rep("s", "SACRUM")
    # As the first version stored it.
    writer.execute(
        "INSERT INTO session (session_id, station, first_received_ms) VALUES ('s', 'wall-1', 1)"
    )
    writer.execute(
        "INSERT INTO rep (id, session_id, station, set_index, rep_index, drill, stage, wall_time,"
        " clock_synced, received_ms, verdict, valid, contacts, t_down_s, t_hold_s, t_up_s,"
        " beam_off_hip, body) VALUES (?, 's', 'wall-1', 1, 1, 'dowel', 'learn', ?, 1, 1,"
        " 'SACRUM', 1, 'judged', 1.9, 0.3, 1.9, 0, ?)",
        (kept.id, kept.wall_time, line(kept).decode()),
    )
    writer.close()
    prepare(path)
    writer = open_writer(path)
    assert writer.execute("PRAGMA user_version").fetchone() == (len(database.migrations()),)
    item = query.get_rep(writer, kept.id)
    assert item is not None
    assert item.rep == kept.rep
    done = set_done("s")
    messages = (opened("s"), done, closed("s"))
    acks, counts = write_batch(writer, [line(message) for message in messages], 2)
    assert [ack.ack for ack in acks] == [message.id for message in messages]
    assert counts == {"stored": 3}
    assert [each.id for each in query_sets.list_sets(writer, limit=5).items] == [done.id]
    writer.close()


def refused(path: Path, kind: type[ServiceError]) -> str:
    with pytest.raises(kind) as error:
        prepare(path)
    assert error.value.exit_code == 74
    assert str(path.parent) in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"not a database, but somebody's notes" * 500)
    before = path.read_bytes()
    refused(path, DatabaseDamaged)
    assert path.read_bytes() == before


def test_a_damaged_page_is_found_at_boot(path: Path) -> None:
    writer = open_writer(path)
    for _ in range(40):
        write_batch(writer, [line(rep()) for _ in range(10)], 0)
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.close()
    with path.open("r+b") as file:
        for page in range(pages // 2, pages // 2 + 10):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    assert "damaged" in refused(path, DatabaseDamaged)


def test_a_newer_schema_is_refused(path: Path) -> None:
    writer = open_writer(path)
    writer.execute("PRAGMA user_version = 999")
    writer.close()
    assert "999" in refused(path, DatabaseTooNew)


def test_a_data_dir_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file" / "log.db", DataDirError)
