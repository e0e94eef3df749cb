"""The outbox against a log service that answers, dies, refuses, repeats itself."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from device.backoff import Backoff
from device.errors import DiskError
from device.outbox import WINDOW, Outbox
from device.spool import Spool, SpoolError
from services.schema import Ack, Message, SessionClose, SetMessage, decode_message, encode
from tests.services.helpers import set_done

PATIENCE_S = 10.0


def _message(n: int, reason: str = "left") -> Message:
    return SessionClose(
        id=f"id-{n:05d}",
        session_id="s",
        station="hinge",
        wall_time="2026-01-01T00:00:00.000Z",
        clock_synced=False,
        reason=reason,
    )


def _until(true: Callable[[], object]) -> None:
    """Wait for a condition, at most PATIENCE_S."""
    pause = threading.Event()
    limit = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < limit, "nothing happened"
        pause.wait(0.005)


Answer = Callable[[Message], list[bytes]]


def _acks(message: Message) -> list[bytes]:
    return [encode(Ack(ack=message.id))]


class Service:
    """A log service for one connection after another. ``stored`` is its table by id."""

    def __init__(self, path: Path, answer: Answer = _acks) -> None:
        self.path = path
        self.answer = answer
        self.stored: dict[str, Message] = {}
        self.heard: list[str] = []
        self._line: socket.socket | None = None
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._line = line
                self._greet(line)
                with contextlib.suppress(OSError), line, line.makefile("rb") as lines:
                    for data in lines:
                        self._hear(line, decode_message(data))

    def _greet(self, line: socket.socket) -> None:
        """A service of the first version says nothing before it is asked."""

    def _hear(self, line: socket.socket, message: Message) -> None:
        self.heard.append(message.id)
        answers = self.answer(message)
        self.stored.setdefault(message.id, message)
        for data in answers:
            line.sendall(data)

    def hang_up(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def die(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(PATIENCE_S)
        self.path.unlink(missing_ok=True)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "data" / "spool.db", tmp_path / "ingest.sock"


@contextlib.contextmanager
def _running(
    paths: tuple[Path, Path],
    max_bytes: int = 64 << 20,
    close_s: float = 2.0,
    said: list[str] | None = None,
) -> Iterator[Outbox]:
    say = (lambda line: None) if said is None else said.append
    outbox = Outbox(*paths, max_bytes=max_bytes, rng=random.Random(1), say=say)
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.close(close_s)


def test_messages_arrive_in_order_and_are_forgotten_after_the_acknowledgement(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1])
    sent = [_message(n, "a “quote” and\na newline") for n in range(3 * WINDOW)]
    with _running(paths) as outbox:
        for message in sent:
            outbox.put(message)
        _until(lambda: len(service.stored) == len(sent) and outbox.health().depth == 0)
        health = outbox.health()
    service.die()
    assert list(service.stored.values()) == sent
    assert service.heard == [m.id for m in sent]
    assert health == (0, 0, 0.0, 0, True, None, None)


def test_with_nobody_there_messages_wait_on_disk_and_health_says_so(
    paths: tuple[Path, Path],
) -> None:
    with _running(paths) as outbox:
        outbox.put(_message(1))
        outbox.put(_message(2))
        _until(lambda: outbox.health().depth == 2 and outbox.health().last_error)
        health = outbox.health()
    assert not health.connected
    assert health.in_memory == 0
    assert health.oldest_s >= 0.0
    assert str(paths[1]) in str(health.last_error)
    spool = Spool(paths[0], 1 << 20)
    assert [row.id for row in spool.after(0, 10)] == ["id-00001", "id-00002"]
    spool.close()


def test_a_service_that_comes_back_gets_what_waited_also_from_an_earlier_run(
    paths: tuple[Path, Path],
) -> None:
    with _running(paths) as outbox:
        outbox.put(_message(1))
        _until(lambda: outbox.health().depth == 1)
    with _running(paths) as outbox:
        outbox.put(_message(2))
        _until(lambda: outbox.health().depth == 2)
        service = Service(paths[1])
        _until(lambda: outbox.health().depth == 0)
        service.hang_up()
        outbox.put(_message(3))
        _until(lambda: len(service.stored) == 3 and outbox.health().depth == 0)
    service.die()
    assert list(service.stored) == ["id-00001", "id-00002", "id-00003"]


def test_a_service_that_dies_before_it_answers_gets_the_message_again(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1], answer=lambda message: [])
    with _running(paths) as outbox:
        outbox.put(_message(1))
        _until(lambda: service.heard)
        assert outbox.health().depth == 1
        service.answer = _acks
        service.hang_up()
        _until(lambda: outbox.health().depth == 0)
    service.die()
    assert service.heard == ["id-00001", "id-00001"]
    assert list(service.stored) == ["id-00001"]


def test_a_service_that_dies_with_a_full_window_unanswered_gets_all_of_it_again(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1], answer=lambda message: [])
    sent = [_message(n) for n in range(2 * WINDOW)]
    with _running(paths) as outbox:
        for message in sent:
            outbox.put(message)
        _until(lambda: len(service.heard) == WINDOW)
        service.answer = _acks
        service.hang_up()
        _until(lambda: outbox.health().depth == 0)
    service.die()
    assert service.heard == [m.id for m in sent[:WINDOW] + sent]
    assert list(service.stored.values()) == sent


def test_a_refused_message_is_put_aside_and_does_not_hold_up_the_others(
    paths: tuple[Path, Path],
) -> None:
    def refuse_2(message: Message) -> list[bytes]:
        if message.id == "id-00002":
            return [encode(Ack(nack=message.id, error="no such drill"))]
        return _acks(message)

    service = Service(paths[1], refuse_2)
    with _running(paths) as outbox:
        for n in (1, 2, 3):
            outbox.put(_message(n))
        _until(lambda: outbox.health().rejected == 1 and outbox.health().depth == 0)
        health = outbox.health()
    service.die()
    assert service.heard == ["id-00001", "id-00002", "id-00003"]
    assert "id-00002" in str(health.last_error)
    assert "no such drill" in str(health.last_error)


@pytest.mark.parametrize(
    "answers",
    [
        lambda m: _acks(m) * 3,
        lambda m: [encode(Ack(ack="never sent")), *_acks(m)],
        lambda m: [b"{}\n", *_acks(m)],
        lambda m: [encode(Ack(ack=m.id))[:7], encode(Ack(ack=m.id))[7:]],
    ],
    ids=["twice", "unknown", "empty", "in pieces"],
)
def test_odd_answers_do_no_harm(paths: tuple[Path, Path], answers: Answer) -> None:
    service = Service(paths[1], answers)
    with _running(paths) as outbox:
        for n in range(10):
            outbox.put(_message(n))
        _until(lambda: len(service.stored) == 10 and outbox.health().depth == 0)
    service.die()
    assert len(service.heard) == 10


def test_an_answer_that_cannot_be_read_ends_the_talk_and_is_said(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1], lambda m: [b"what?\n"])
    with _running(paths) as outbox:
        outbox.put(_message(1))
        _until(lambda: outbox.health().last_error)
        service.answer = _acks
        _until(lambda: outbox.health().depth == 0)
    service.die()
    assert len(service.heard) >= 2


def test_a_service_that_hears_but_never_answers_is_called_anew(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1], answer=lambda message: [])
    outbox = Outbox(*paths, ack_timeout_s=0.1)
    outbox.start()
    outbox.put(_message(1))
    _until(lambda: "no acknowledgement for 0.1 s" in str(outbox.health().last_error))
    service.answer = _acks
    _until(lambda: outbox.health().depth == 0)
    assert outbox.health().last_error is None
    outbox.close()
    service.die()
    assert list(service.stored) == ["id-00001"]


OLD, NEW = b"", encode(Ack(schema=2))


class GreetingService(Service):
    """Says ``hello`` first; an old service says nothing and refuses sets."""

    def __init__(self, path: Path, hello: bytes) -> None:
        self.hello = hello
        super().__init__(path, self._by_version)

    def _by_version(self, message: Message) -> list[bytes]:
        if self.hello == OLD and isinstance(message, SetMessage):
            return [encode(Ack(nack=message.id, error="Invalid value 'set' - at `$.type`"))]
        return _acks(message)

    def _greet(self, line: socket.socket) -> None:
        line.sendall(self.hello)


def _visit_with_sets() -> list[Message]:
    sets = [set_done("s", id=f"set-{n:05d}") for n in range(WINDOW + 3)]
    return [_message(1), *sets, _message(2)]


def test_an_old_service_gets_what_it_can_read_and_its_successor_the_rest(
    paths: tuple[Path, Path],
) -> None:
    sent, said = _visit_with_sets(), list[str]()
    with _running(paths, said=said) as outbox:
        for message in sent:
            outbox.put(message)
        old = GreetingService(paths[1], OLD)
        _until(lambda: len(old.stored) == 2 and outbox.health().depth == len(sent) - 2)
        assert outbox.health().rejected == 0
        _until(lambda: "schema 1" in str(outbox.health().last_error))
        old.die()
        assert old.heard == ["id-00001", "id-00002"]
        new = GreetingService(paths[1], NEW)
        _until(lambda: outbox.health().depth == 0)
        assert outbox.health().last_error is None
    new.die()
    assert list(new.stored.values()) == [m for m in sent if isinstance(m, SetMessage)]
    assert len(new.heard) == len(new.stored)
    assert len([line for line in said if "wait here until it is updated" in line]) == 1


def test_closing_does_not_wait_for_what_an_old_service_cannot_read(
    paths: tuple[Path, Path],
) -> None:
    service = GreetingService(paths[1], OLD)
    with _running(paths, close_s=PATIENCE_S) as outbox:
        outbox.put(set_done("s"))
        outbox.put(_message(1))
        _until(lambda: outbox.health().depth == 1)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < PATIENCE_S / 2
    service.die()


def test_a_new_service_gets_everything_in_order(paths: tuple[Path, Path]) -> None:
    service = GreetingService(paths[1], NEW)
    with _running(paths) as outbox:
        outbox.put(_message(0))
        _until(lambda: service.stored and outbox.health().depth == 0)
        sent = _visit_with_sets()
        for message in sent:
            outbox.put(message)
        _until(lambda: outbox.health().depth == 0)
        health = outbox.health()
    service.die()
    assert service.heard == ["id-00000", *(m.id for m in sent)]
    assert (health.rejected, health.last_error) == (0, None)


def test_an_old_device_takes_the_greeting_for_no_answer() -> None:
    """What a version 1 device made of its answers: two names, others ignored."""

    class OldAck(msgspec.Struct):
        ack: str | None = None
        nack: str | None = None

    old = msgspec.json.decode(NEW, type=OldAck)
    assert (old.ack, old.nack) == (None, None)


def test_a_full_disk_keeps_messages_in_memory_and_loses_none(paths: tuple[Path, Path]) -> None:
    sent = [_message(n, "x" * 3000) for n in range(60)]
    said: list[str] = []
    with _running(paths, max_bytes=100_000, said=said) as outbox:
        for message in sent[:12]:
            outbox.put(message)
        _until(lambda: outbox.health().depth == 12 and outbox.health().in_memory == 0)
        for message in sent[12:]:
            outbox.put(message)
        _until(
            lambda: (
                "disk is full" in str(outbox.health().last_error) and outbox.health().depth == 60
            )
        )
        assert 40 <= outbox.health().in_memory <= 48
        assert "disk is full" in str(outbox.health().disk_error)
        service = Service(paths[1])
        _until(lambda: outbox.health().depth == 0)
        assert outbox.health().last_error is None
        assert outbox.health().disk_error is None
    service.die()
    assert [service.stored[m.id] for m in sent] == sent
    assert len(service.heard) == len(set(service.heard))
    assert "disk is full" in said[0]
    assert "written again" in said[-1]


def test_a_spool_that_cannot_be_made_is_tried_again(paths: tuple[Path, Path]) -> None:
    paths[0].parent.write_text("in the way")
    service = Service(paths[1])
    said: list[str] = []
    with _running(paths, said=said) as outbox:
        outbox.put(_message(1))
        _until(lambda: outbox.health().last_error and outbox.health().in_memory == 1)
        paths[0].parent.unlink()
        _until(lambda: service.stored and outbox.health().depth == 0)
        assert outbox.health().last_error is None
    service.die()
    # Told once, however often it was tried, and once more when it was over.
    trouble, over = said
    assert trouble.startswith(f"{paths[0]}: spool: ")
    assert trouble.endswith(" wait in memory. Free some space or check the card.")
    assert over == f"{paths[0]}: written again, nothing was lost"


def test_closing_with_messages_that_no_disk_took_is_an_error(paths: tuple[Path, Path]) -> None:
    paths[0].parent.write_text("in the way")
    outbox = Outbox(*paths)
    outbox.start()
    outbox.put(_message(1))
    with pytest.raises(DiskError, match="1 messages are lost"):
        outbox.close(0.3)


def test_a_damaged_spool_is_kept_beside_a_new_one_and_said(paths: tuple[Path, Path]) -> None:
    paths[0].parent.mkdir()
    paths[0].write_bytes(b"not a database " * 1000)
    with _running(paths) as outbox:
        outbox.put(_message(1))
        _until(lambda: outbox.health().depth == 1 and outbox.health().in_memory == 0)
        assert "not a database" in str(outbox.health().last_error)
    kept = [p for p in paths[0].parent.iterdir() if ".damaged-" in p.name]
    assert [p.read_bytes() for p in kept] == [b"not a database " * 1000]


def test_close_sends_what_is_queued(paths: tuple[Path, Path]) -> None:
    service = Service(paths[1])
    with _running(paths, close_s=PATIENCE_S) as outbox:
        for n in range(200):
            outbox.put(_message(n))
    service.die()
    assert len(service.stored) == 200


_CHILD = """
import sys
from pathlib import Path
from device.outbox import Outbox
from tests.device.test_outbox import _message
outbox = Outbox(Path(sys.argv[1]), Path(sys.argv[2]))
outbox.start()
put = 0
while True:
    outbox.put(_message(put)); put += 1
    health = outbox.health()
    print(put, health.depth, health.in_memory, flush=True)
"""


def _kill_in_the_middle(paths: tuple[Path, Path], enough: Callable[[str], bool]) -> str:
    """Run a station that only makes reps, and kill it -9; its last line."""
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *map(str, paths)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    last = ""
    for line in child.stdout:
        last = line
        if enough(line):
            break
    child.send_signal(signal.SIGKILL)
    child.wait(PATIENCE_S)
    child.stdout.close()
    return last


def test_kill_9_loses_no_committed_message(paths: tuple[Path, Path]) -> None:
    line = _kill_in_the_middle(
        paths, lambda text: int(text.split()[1]) - int(text.split()[2]) >= 100
    )
    _, depth, in_memory = map(int, line.split())
    spool = Spool(paths[0], 64 << 20)
    ids = [row.id for row in spool.after(0, 1_000_000)]
    spool.close()
    assert len(ids) >= depth - in_memory >= 100
    # What was put first was committed first: no holes.
    assert ids == [_message(n).id for n in range(len(ids))]


def test_kill_9_while_sending_neither_loses_nor_doubles_at_the_store(
    paths: tuple[Path, Path],
) -> None:
    service = Service(paths[1])
    _kill_in_the_middle(paths, lambda text: len(service.stored) >= 150)
    with _running(paths, close_s=PATIENCE_S) as outbox:
        _until(paths[0].exists)
        outbox.put(_message(999_999))
        _until(lambda: "id-999999" in service.stored and outbox.health().depth == 0)
    service.die()
    ids = sorted(key for key in service.stored if key != "id-999999")
    assert ids == [_message(n).id for n in range(len(ids))]
    assert len(ids) >= 150


def test_the_spool_takes_all_of_a_batch_or_none_of_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db", 60_000)
    with pytest.raises(SpoolError, match="full"):
        spool.add([(f"id-{n}", b"x" * 3000) for n in range(100)])
    assert spool.counts() == (0, 0, None)
    spool.add([("a", b"1"), ("b", b"2"), ("a", b"other")])
    assert [(row.id, row.body) for row in spool.after(0, 10)] == [("a", b"1"), ("b", b"2")]
    spool.close()


def test_the_spools_numbers_are_not_used_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db", 1 << 20)
    spool.add([("a", b"1")])
    first = spool.after(0, 1)[0].seq
    spool.forget(["a"])
    spool.add([("b", b"2")])
    assert spool.after(0, 1)[0].seq > first
    spool.reject([("b", "why")])
    assert spool.counts()[:2] == (0, 1)
    spool.close()


def test_the_spool_is_written_through_to_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db", 1 << 20)
    read = [spool._db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")]
    spool.close()
    assert read == ["wal", 2]  # 2 is FULL (sqlite.org/pragma.html)


def test_backoff_doubles_up_to_its_limit_and_starts_over() -> None:
    backoff = Backoff(200, 1000)
    waits = []
    now = 0
    assert backoff.ready(now)
    for _ in range(5):
        backoff.failed(now)
        waits.append(backoff.remaining_ns(now))
        assert not backoff.ready(now + waits[-1] - 1)
        now += waits[-1]
        assert backoff.ready(now)
    assert waits == [200, 400, 800, 1000, 1000]
    backoff.reset()
    backoff.failed(now)
    assert backoff.remaining_ns(now) == 200


def test_backoff_is_spread_by_up_to_half() -> None:
    for share, wait in ((0.0, 200), (0.5, 150), (1.0, 100)):
        backoff = Backoff(200, 1000, lambda share=share: share)  # type: ignore[misc]  # bound now
        backoff.failed(0)
        assert backoff.remaining_ns(0) == wait
