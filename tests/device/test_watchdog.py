"""The loop's words to systemd: ready after a whole tick, alive in time, nothing when it hangs."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.notify import Notify
from device.tick import OutputChange, TickInput, TickOutput
from tests.device.test_loop import START, World

UNIT = Path(__file__).parents[2] / "systemd" / "hinge-device.service"
WATCHDOG_NS = int(re.findall(r"^WatchdogSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[0]) * 10**9


class Supervisor:
    """What systemd is to the program: a datagram socket that somebody reads."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.notify = Notify({"NOTIFY_SOCKET": str(path)})

    def wait(self) -> str:
        assert select.select([self._socket], [], [], 10)[0]
        return self._socket.recv(4096).decode().split("\n")[0]

    def heard(self) -> list[str]:
        """All that has come by now."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode().split("\n")[0])
            except BlockingIOError:
                return found

    def close(self) -> None:
        self.notify.close()
        self._socket.close()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    found = Supervisor(tmp_path / "notify")
    yield found
    found.close()


def test_ready_is_said_after_all_of_the_first_tick(supervisor: Supervisor) -> None:
    world = World(ticks=3)
    world.outputs_of[0] = TickOutput(outputs=(OutputChange("status_blue", 1.0),))
    heard: list[tuple[int, list[str], dict[str, float]]] = []

    def stop() -> bool:
        heard.append((len(world.seen), supervisor.heard(), dict(world.levels)))
        return len(world.seen) >= world.ticks

    world.run(notify=supervisor.notify, stop=stop)
    assert heard[:3] == [
        (0, [], {}),
        (1, ["READY=1"], {"status_blue": 1.0}),
        (2, [], {"status_blue": 1.0}),
    ]


@given(st.lists(st.integers(0, 400), max_size=40))
def test_a_loop_that_goes_on_is_never_taken_for_dead(costs_ms: list[int]) -> None:
    """However late its ticks are: from READY on there is a word in every half of WatchdogSec."""
    path = f"\0hinge-watchdog-{threading.get_native_id()}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    notify = Notify({"NOTIFY_SOCKET": "@" + path[1:]})
    world = World(ticks=1500)
    world.cost_of = {30 * n: ms * 1_000_000 for n, ms in enumerate(costs_ms)}
    words_ns: list[int] = []

    def stop() -> bool:
        with contextlib.suppress(BlockingIOError):
            while listener.recv(4096, socket.MSG_DONTWAIT):
                words_ns.append(world.clock.now_ns())
        return len(world.seen) >= world.ticks

    world.run(notify=notify, stop=stop)
    notify.close()
    listener.close()
    gaps_ns = [b - a for a, b in zip(words_ns, [*words_ns[1:], world.clock.now_ns()], strict=True)]
    assert max(gaps_ns) <= WATCHDOG_NS / 2
    assert min(gaps_ns[1:-1], default=WATCHDOG_NS) >= 600_000_000, "and it does not chatter"


def test_a_loop_that_hangs_says_nothing_more(supervisor: Supervisor) -> None:
    """No thread beside it speaks for the loop: systemd hears nothing and ends the program."""
    hangs, go_on = threading.Event(), threading.Event()

    class Hanging(World):
        def step(self, tick: TickInput, /) -> TickOutput:
            if len(self.seen) == 650:
                hangs.set()
                assert go_on.wait(10)
            return super().step(tick)

    world = Hanging(ticks=1001)
    failed: list[Any] = []

    def run() -> None:
        try:
            world.run(notify=supervisor.notify)
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    assert hangs.wait(10)
    assert supervisor.heard() == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
    # Time goes by on the wall, not in the loop.
    world.clock.advance(2 * WATCHDOG_NS)
    assert supervisor.heard() == []
    assert world.clock.now_ns() - START > WATCHDOG_NS
    go_on.set()
    thread.join(10)
    assert failed == []
    assert supervisor.wait() == "WATCHDOG=1", "it goes on as soon as the loop does"
    assert supervisor.heard()[-1] == "STOPPING=1"
