"""The writer's thread: answers after COMMIT only, and what happens when the disk says no."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services import schema
from services.database import Connection, open_reader, open_writer, prepare
from services.writer import Answers, Writer
from tests.services.helpers import line, rep, rep_body, wait_for


class Box:
    """Answers, and what the database held at the moment each came."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.acks: list[schema.Ack] = []
        self.rows_at_answer: list[int] = []

    def __call__(self, ack: schema.Ack) -> None:
        self.rows_at_answer.append(rows(self.path))
        self.acks.append(ack)


def rows(path: Path) -> int:
    reader = open_reader(path)
    try:
        return int(reader.execute("SELECT count(*) FROM rep").fetchone()[0])
    finally:
        reader.close()


@contextmanager
def writing(connect: Callable[[], Connection], retry_s: float = 0.01) -> Iterator[Writer]:
    writer = Writer(connect, retry_s=retry_s)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "log.db")
    return tmp_path / "log.db"


def test_an_answer_comes_only_when_another_connection_can_read_the_row(path: Path) -> None:
    box = Box(path)
    messages = [rep() for _ in range(5)]
    with writing(lambda: open_writer(path)) as writer:
        for sent, message in enumerate(messages, start=1):
            writer.submit(line(message), box)
            wait_for(lambda sent=sent: len(box.acks) == sent)  # type: ignore[misc]  # default binds
    assert [ack.ack for ack in box.acks] == [message.id for message in messages]
    assert box.rows_at_answer == [1, 2, 3, 4, 5]


def test_what_has_arrived_is_committed_once(path: Path) -> None:
    gate = threading.Event()

    def connect() -> Connection:
        gate.wait(10)
        return open_writer(path)

    box = Box(path)
    with writing(connect) as writer:
        for _ in range(101):
            writer.submit(line(rep()), box)
        gate.set()
        wait_for(lambda: len(box.acks) == 101)
        # The first line may have been taken alone, before the others came.
        assert writer.state.commits <= 2
        assert writer.state.counts["stored"] == 101


def test_disk_full_nothing_is_acknowledged_then_all_of_it_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [0]  # 0: no limit

    def connect() -> Connection:
        connection = open_writer(path)
        if pages[0]:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return connection

    used = open_reader(path).execute("PRAGMA page_count").fetchone()[0]
    pages[0] = used + 2
    box = Box(path)
    big = rep_body(faults=(schema.FaultEntry(code="X" * 20_000, level="rep", time_s=1.0),))
    messages = [rep(rep=big) for _ in range(8)]
    with caplog.at_level(logging.WARNING), writing(connect) as writer:
        for message in messages:
            writer.submit(line(message), box)
        wait_for(lambda: writer.state.failures >= 3)
        assert "full" in (writer.state.error or "")
        assert writer.state.error_since_ms is not None
        assert box.acks == []
        assert rows(path) == 0
        pages[0] = 100_000
        wait_for(lambda: len(box.acks) == 8)
        writer.submit(line(messages[0]), box)
        wait_for(lambda: len(box.acks) == 9)
        assert writer.state.error is None
    assert [ack.ack for ack in box.acks] == [m.id for m in messages] + [messages[0].id]
    assert rows(path) == 8
    assert sum("cannot store" in each.message for each in caplog.records) == 1
    assert sum("storing again" in each.message for each in caplog.records) == 1


def test_a_locked_database_is_waited_for(path: Path) -> None:
    other = open_writer(path)
    other.execute("BEGIN IMMEDIATE")
    box = Box(path)
    with writing(lambda: open_writer(path, busy_timeout_ms=1)) as writer:
        writer.submit(line(rep()), box)
        wait_for(lambda: writer.state.failures >= 2)
        assert "locked" in (writer.state.error or "")
        assert box.acks == []
        other.execute("ROLLBACK")
        wait_for(lambda: len(box.acks) == 1)
    other.close()
    assert rows(path) == 1


def test_a_read_only_disk_is_waited_for(path: Path) -> None:
    read_only = [True]

    def connect() -> Connection:
        connection = open_writer(path)
        if read_only[0]:
            connection.execute("PRAGMA query_only = ON")
        return connection

    box = Box(path)
    with writing(connect) as writer:
        writer.submit(line(rep()), box)
        wait_for(lambda: writer.state.failures >= 2)
        assert "read" in (writer.state.error or "")
        read_only[0] = False
        wait_for(lambda: len(box.acks) == 1)
    assert rows(path) == 1


def test_a_folder_that_is_gone_is_waited_for(path: Path) -> None:
    away = path.parent.with_name("away")
    path.parent.rename(away)
    box = Box(path)
    with writing(lambda: open_writer(path)) as writer:
        writer.submit(line(rep()), box)
        wait_for(lambda: writer.state.failures >= 2)
        away.rename(path.parent)
        wait_for(lambda: len(box.acks) == 1)


def test_stopping_commits_what_has_arrived(path: Path) -> None:
    box = Box(path)
    writer = Writer(lambda: open_writer(path))
    for _ in range(1000):
        writer.submit(line(rep()), box)
    writer.start()
    assert writer.stop()
    assert len(box.acks) == 1000
    assert rows(path) == 1000


def test_stopping_while_the_disk_is_away_ends_without_an_answer(tmp_path: Path) -> None:
    writer = Writer(lambda: open_writer(tmp_path / "no" / "log.db"), retry_s=60)
    box: list[schema.Ack] = []
    writer.submit(line(rep()), box.append)
    writer.start()
    wait_for(lambda: writer.state.failures == 1)
    assert writer.stop()
    assert box == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_dies_says_so(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # The deliberate exception in the thread is what is looked at; pytest reports it as well.
    def refuse(answers: Answers) -> None:
        raise RuntimeError("no way out")

    writer = Writer(lambda: open_writer(path), refuse)
    writer.submit(line(rep()), lambda ack: None)
    writer.start()
    wait_for(lambda: writer.state.error is not None)
    assert "no way out" in (writer.state.error or "")
    assert "the writer has ended" in caplog.text
    assert writer.stop()
