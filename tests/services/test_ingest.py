"""The ingest socket: framing, answers after COMMIT, and kill -9 at random instants."""

from __future__ import annotations

import itertools
import random
import select
import signal
import socket
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import query, schema
from services.database import open_reader
from services.ingest import MAX_LINE_BYTES, LineSplitter
from tests.services.helpers import line, rep, running, start, start_ready


def cut_up(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(
    st.lists(st.binary(max_size=30).map(lambda part: part.replace(b"\n", b"_"))),
    st.lists(st.integers(0, 10_000)),
)
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], cuts: list[int]) -> None:
    splitter = LineSplitter(limit=20)
    got = [
        found
        for part in cut_up(b"".join(each + b"\n" for each in lines) + b"unfinished", cuts)
        for found in splitter.feed(part)
    ]
    assert got == [(each[:20], len(each) > 20) for each in lines if each[:20].strip()]


def answers(sender: socket.socket, many: int) -> list[schema.Ack]:
    buffer = b""
    while buffer.count(b"\n") < many:
        data = sender.recv(65536)
        assert data, f"cut off after {buffer!r}"
        buffer += data
    return [schema.decode_ack(each) for each in buffer.splitlines()]


@pytest.mark.slow
def test_the_socket_from_end_to_end(tmp_path: Path) -> None:
    """One running service, several things: starting one takes a second."""
    with running(tmp_path) as service:
        sender = service.connect()
        messages = [rep() for _ in range(300)]
        sender.sendall(b"".join(line(message) + b"\n" for message in messages))
        assert [each.ack for each in answers(sender, 300)] == [m.id for m in messages]

        # Poison in the middle of a stream: answered in order, the stream goes on.
        good, long = rep(), rep("s" * MAX_LINE_BYTES)
        sender.sendall(b"{broken\n\n" + line(long) + b"\n" + line(good) + b"\n")
        broken, cut, stored = answers(sender, 3)
        assert (broken.nack, cut.nack, stored.ack) == ("", "", good.id)

        # A sender that closes its own half still gets its answers.
        half = service.connect()
        last = rep()
        half.sendall(line(last) + b"\n" + line(rep())[:50])
        half.shutdown(socket.SHUT_WR)
        assert [each.ack for each in answers(half, 1)] == [last.id]
        assert half.recv(100) == b""

        # A sender that reads nothing holds up nobody.
        deaf = service.connect()
        deaf.sendall(b"".join(line(message) + b"\n" for message in messages * 3))
        sender.sendall(line(messages[0]) + b"\n")
        assert [each.ack for each in answers(sender, 1)] == [messages[0].id]

        # A second service on the same folders refuses and leaves the first alone.
        second = start(tmp_path)
        second.communicate(timeout=20)
        assert second.returncode != 0
        assert "AlreadyRunning" in (tmp_path / "stderr.txt").read_text()
        sender.sendall(line(messages[1]) + b"\n")
        assert answers(sender, 1)[0].ack == messages[1].id

        # One that never reads its answers is cut off at a bound, not kept in memory.
        greedy = service.connect()
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            greedy.sendall(b"?\n" * 1_000_000)
        sender.sendall(line(messages[2]) + b"\n")
        assert answers(sender, 1)[0].ack == messages[2].id
    for each in (sender, half, deaf, greedy):
        each.close()
    assert service.process.returncode == 0
    assert not (tmp_path / "ingest.sock").exists()
    reader = open_reader(tmp_path / "log.db")
    assert reader.execute("SELECT count(*) FROM rep").fetchone() == (302,)
    assert reader.execute("SELECT length(raw) FROM poison ORDER BY 1").fetchall() == [
        (1,),
        (7,),
        (MAX_LINE_BYTES,),
    ]
    reader.close()


def send_until_killed(
    folder: Path, waiting: dict[str, bytes], after_s: float
) -> tuple[set[str], int]:
    """Stream what waits, kill -9 ``after_s`` later; the ids that were acknowledged."""
    service = start_ready(folder)
    killer = threading.Timer(after_s, service.process.send_signal, (signal.SIGKILL,))
    acked: set[str] = set()
    buffer = b""
    to_send = b"".join(body + b"\n" for body in waiting.values())
    with service.connect() as sender:
        sender.setblocking(False)
        killer.start()
        while True:
            readable, writable, _ = select.select([sender], [sender] if to_send else [], [], 10)
            try:
                if readable:
                    data = sender.recv(65536)
                    if not data:
                        break
                    buffer += data
                if writable:
                    # Small pieces, so that a kill can fall between any two commits.
                    to_send = to_send[sender.send(to_send[:20_000]) :]
            except ConnectionError:
                break
            *lines, buffer = buffer.split(b"\n")
            for each in lines:
                key = schema.decode_ack(each).ack
                assert key is not None
                acked.add(key)
            if len(acked) == len(waiting):
                break
    killer.join()
    code = service.process.wait(10)
    assert service.process.stdout is not None
    service.process.stdout.close()
    return acked, code


@pytest.mark.slow
def test_kill_9_at_random_instants_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    pick = random.Random(7)
    messages = {message.id: line(message) for message in (rep() for _ in range(6000))}
    waiting = dict(messages)
    kills_in_the_middle = 0
    for _ in range(10):
        acked, code = send_until_killed(tmp_path, waiting, pick.uniform(0.005, 0.06))
        assert code == -signal.SIGKILL
        for key in acked:
            del waiting[key]
        reader = open_reader(tmp_path / "log.db")
        stored = {row[0] for row in reader.execute("SELECT id FROM rep")}
        reader.close()
        # Every acknowledged one is there; some that were not acknowledged may be too.
        assert stored >= messages.keys() - waiting.keys()
        kills_in_the_middle += bool(acked and waiting)
        if not waiting:
            waiting = dict(pick.sample(sorted(messages.items()), 3000))  # sent again: no matter
    with running(tmp_path) as service, service.connect() as sender:
        sender.sendall(b"".join(body + b"\n" for body in messages.values()))
        got = answers(sender, len(messages))
    assert {each.ack for each in got} == messages.keys()
    assert kills_in_the_middle >= 3, "the kills must fall into the stream to prove anything"
    reader = open_reader(tmp_path / "log.db")
    rows = reader.execute("SELECT id, body FROM rep").fetchall()
    assert {key: msgspec.json.decode(body) for key, body in rows} == {
        key: msgspec.json.decode(body) for key, body in messages.items()
    }
    assert len(rows) == len(messages)
    sizes = query.sizes(reader)
    assert (sizes.quarantine, sizes.poison) == (0, 0)
    assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()
