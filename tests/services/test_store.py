"""The store: once an id, whatever the order; nothing overwritten, nothing thrown away."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import query, query_sets, schema, store
from services.database import Connection, open_reader, open_writer, prepare
from tests.services.helpers import closed, line, new_id, opened, rep, rep_body, set_body, set_done


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Connection]:
    prepare(tmp_path / "log.db")
    connection = open_writer(tmp_path / "log.db")
    yield connection
    connection.close()


def count(connection: Connection, table: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(rows)


def write(connection: Connection, *lines: bytes) -> list[schema.Ack]:
    return store.write_batch(connection, list(lines), 1000)[0]


def test_the_same_message_twice_is_one_row_and_two_acks(database: Connection) -> None:
    message = rep()
    first, second = write(database, line(message), line(message))
    assert first == second == schema.Ack(ack=message.id)
    assert write(database, line(message)) == [schema.Ack(ack=message.id)]
    assert count(database, "rep") == 1


def test_field_order_and_blanks_do_not_make_another_message(database: Connection) -> None:
    message = rep()
    fields: dict[str, Any] = msgspec.json.decode(line(message))
    turned = msgspec.json.format(msgspec.json.encode(dict(reversed(fields.items()))), indent=1)
    write(database, line(message))
    assert write(database, turned.replace(b"\n", b" ")) == [schema.Ack(ack=message.id)]
    assert count(database, "quarantine") == 0


def test_the_same_id_with_other_content_is_put_aside_and_said(
    database: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    message = rep(verdict="GOOD")
    other = msgspec.structs.replace(message, rep=rep_body("SACRUM"))
    write(database, line(message))
    for _ in range(2):
        (answer,) = write(database, line(other))
        assert answer.ack is None
        assert answer.nack == message.id
        assert "other content" in (answer.error or "")
    assert database.execute("SELECT verdict FROM rep").fetchall() == [("GOOD",)]
    assert database.execute("SELECT id, times FROM quarantine").fetchall() == [(message.id, 2)]
    assert message.id in caplog.text


def test_an_id_is_one_across_kinds_of_messages(database: Connection) -> None:
    start = opened()
    write(database, line(start))
    for message in (rep(id=start.id), set_done(id=start.id)):
        (answer,) = write(database, line(message))
        assert answer.nack == start.id
    assert (count(database, "rep"), count(database, "set_done")) == (0, 0)


def test_every_order_of_a_visit_gives_the_same_session(tmp_path: Path) -> None:
    messages: list[schema.Message] = [
        opened("s"), rep("s"), rep("s", "SACRUM"), set_done("s"), closed("s"),
    ]  # fmt: skip

    found = set()
    for turn in range(8):
        order = random.Random(turn).sample(messages, len(messages))
        path = tmp_path / f"{turn}.db"
        prepare(path)
        connection = open_writer(path)
        answers = write(connection, *(line(message) for message in order))
        assert [answer.ack for answer in answers] == [message.id for message in order]
        found.add(msgspec.json.encode(query.get_session(connection, "s")))
        connection.close()
    assert len(found) == 1
    session = msgspec.json.decode(found.pop(), type=query.SessionItem)
    assert session.opened_at == "2026-02-03T09:59:00.000Z"
    assert session.close_reason == "left"
    assert session.totals == query.Totals(2, 1, 0, {"GOOD": 1, "SACRUM": 1})


def test_a_rep_before_its_session_is_listed_with_what_is_known(database: Connection) -> None:
    write(database, line(rep("early")))
    session = query.get_session(database, "early")
    assert session is not None
    assert (session.opened_at, session.closed_at, session.drill) == (None, None, "dowel")


def test_a_second_opening_does_not_replace_the_first(database: Connection) -> None:
    write(database, line(opened("s", drill="first")), line(opened("s", drill="second")))
    session = query.get_session(database, "s")
    assert session is not None
    assert session.drill == "first"
    assert count(database, "session_event") == 2


def test_a_set_is_stored_once_and_comes_out_as_it_went_in(database: Connection) -> None:
    message = set_done(summary=set_body(ended="stop", stop_advised=True, drift_ratio=-0.02))
    for _ in range(2):
        assert write(database, line(message)) == [schema.Ack(ack=message.id)]
    found = query_sets.get_set(database, message.id)
    assert found is not None
    assert found.summary == message.summary
    assert (found.set_index, found.received_at) == (1, "1970-01-01T00:00:01.000Z")
    row = database.execute("SELECT ended, reps, good, stop_advised, wall_ms FROM set_done")
    assert row.fetchall() == [("stop", 10, 8, 1, 1770112860000)]
    other = msgspec.structs.replace(message, set_index=2)
    assert write(database, line(other))[0].nack == message.id
    assert count(database, "quarantine") == 1


def test_sets_are_paged_and_filtered_by_session(database: Connection) -> None:
    mine = [set_done("a", set_index=n) for n in range(1, 6)]
    write(database, *(line(message) for message in mine), line(set_done("b")))
    expected = [message.id for message in reversed(mine)]
    first = query_sets.list_sets(database, limit=3, session_id="a")
    assert first.next == expected[2]
    second = query_sets.list_sets(database, limit=3, session_id="a", cursor=first.next)
    assert [item.id for item in first.items + second.items] == expected
    assert second.next is None
    assert len(query_sets.list_sets(database, limit=9).items) == 6
    late = query_sets.list_sets(database, limit=9, since="2026-02-03T10:01:00.001Z")
    assert late.items == []


def test_a_type_of_a_newer_device_is_refused_with_both_versions_named(database: Connection) -> None:
    data = line(set_done()).replace(b'"type":"set"', b'"type":"dance"')
    (answer,) = write(database, data)
    assert answer.nack is not None
    assert "dance" in (answer.error or "")
    assert f"reads schema {schema.SCHEMA_VERSION}" in (answer.error or "")


def test_columns_carry_what_the_body_says(database: Connection) -> None:
    message = rep(set_index=3, rep_index=7, rep=rep_body("SACRUM", hinge_ratio=None))
    write(database, line(message))
    row = dict(
        zip(
            [column[1] for column in database.execute("PRAGMA table_info(rep)")],
            database.execute("SELECT * FROM rep").fetchone(),
            strict=True,
        )
    )
    for name in store.REP_METRICS:
        assert row[name] == getattr(message.rep, name), name
    assert row["hinge_ratio"] is None
    assert (row["set_index"], row["rep_index"], row["loss_sacrum_ms"]) == (3, 7, 120)
    assert row["wall_ms"] == 1770112800000
    assert schema.decode_message(row["body"]) == message


def test_unknown_fields_of_a_newer_device_are_kept(database: Connection) -> None:
    fields: dict[str, Any] = msgspec.json.decode(line(rep()))
    fields["heart_rate_bpm"] = 91
    (answer,) = write(database, msgspec.json.encode(fields))
    assert answer.ack == fields["id"]
    (body,) = database.execute("SELECT body FROM rep").fetchone()
    assert msgspec.json.decode(body) == fields


POISON = {
    "no JSON": b"{nope",
    "not UTF-8": b'{"type":"rep","id":"\xff"}',
    "no object": b"[1,2]",
    "deep": b"[" * 50_000,
    "unknown type": b'{"type":"party","id":"x"}',
    "NaN": b'{"type":"session_close","id":NaN}',
    "no UUID": line(rep(id="rep-1")),
    "UUID of another version": line(rep(id="11111111-1111-4111-8111-111111111111")),
    "upper case": line(rep(id=new_id().upper())),
    "no session": line(rep("")),
    "long session": line(rep("s" * 65)),
    "too large an integer": line(rep(set_index=2**70)),
}


@pytest.mark.parametrize("name", POISON)
def test_a_poison_line_is_kept_raw_and_blocks_nobody(database: Connection, name: str) -> None:
    good = rep()
    answers = write(database, POISON[name], line(good), POISON[name])
    assert answers[1] == schema.Ack(ack=good.id)
    for answer in (answers[0], answers[2]):
        assert answer.ack is None
        assert answer.nack is not None
        assert answer.error
    assert database.execute("SELECT raw, times FROM poison").fetchall() == [(POISON[name], 2)]
    assert count(database, "rep") == 1


def test_a_poison_line_names_the_id_it_claims(database: Connection) -> None:
    (answer,) = write(database, b'{"type":"rep","id":"abc"}')
    assert answer.nack == "abc"


def test_a_bad_wall_time_does_not_refuse_a_rep(database: Connection) -> None:
    message = rep(wall_time="yesterday")
    assert write(database, line(message)) == [schema.Ack(ack=message.id)]
    assert database.execute("SELECT wall_ms FROM rep").fetchone() == (None,)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_parsed_or_refused_with_a_value_error(data: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        store.parse(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:00.250+01:00", 250),
        ("1970-01-01T00:00:02", 2000),
        ("", None),
        ("9999-99-99", None),
    ],
)
def test_wall_time_to_ms(text: str, expected: int | None) -> None:
    assert store.wall_ms(text) == expected


def fill(connection: Connection, size: int) -> list[schema.RepMessage]:
    pick = random.Random(size)
    reps = [
        rep(
            pick.choice("ab"),
            pick.choice(["GOOD", "SACRUM", "UNSCORED"]),
            wall_time=f"2026-02-03T10:{pick.randrange(60):02d}:00Z",
        )
        for _ in range(size)
    ]
    write(connection, *(line(message) for message in pick.sample(reps, size)))
    return sorted(reps, key=lambda message: message.id, reverse=True)


@given(
    size=st.integers(0, 25),
    limit=st.integers(1, 9),
    session_id=st.sampled_from([None, "a", "b", "none"]),
    verdict=st.sampled_from([None, "GOOD", "SACRUM"]),
    minute=st.sampled_from([None, 0, 20, 59]),
)
@settings(max_examples=30)
def test_pages_hold_each_rep_once_newest_first(
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    limit: int,
    session_id: str | None,
    verdict: str | None,
    minute: int | None,
) -> None:
    path = tmp_path_factory.mktemp("pages") / "log.db"
    prepare(path)
    writer = open_writer(path)
    since = None if minute is None else f"2026-02-03T10:{minute:02d}:00Z"
    expected = [
        message.id
        for message in fill(writer, size)
        if session_id in (None, message.session_id)
        and verdict in (None, message.rep.verdict)
        and (since is None or message.wall_time >= since)
    ]
    reader = open_reader(path)
    got: list[str] = []
    cursor: str | None = None
    while True:
        page = query.list_reps(
            reader, limit=limit, cursor=cursor, session_id=session_id, verdict=verdict, since=since
        )
        assert len(page.items) <= limit
        assert page.next is None or len(page.items) == limit
        got += [item.id for item in page.items]
        assert len(got) <= len(expected), "a page was given twice"
        if page.next is None:
            break
        cursor = page.next
        # What arrives meanwhile is newer, and moves nothing.
        write(writer, line(rep("a", "GOOD", wall_time="2026-02-03T10:59:00Z")))
    assert got == expected
    reader.close()
    writer.close()


def test_sessions_are_paged_with_their_totals(database: Connection) -> None:
    names = [new_id() for _ in range(5)]
    for name in names:
        write(database, line(opened(name)), line(rep(name)), line(rep(name, "UNSCORED")))
    first = query.list_sessions(database, limit=3)
    second = query.list_sessions(database, limit=3, cursor=first.next)
    assert [item.session_id for item in first.items + second.items] == names[::-1]
    assert second.next is None
    assert {item.totals.reps for item in first.items} == {2}
    assert {(item.totals.good, item.totals.unscored) for item in first.items} == {(1, 1)}
