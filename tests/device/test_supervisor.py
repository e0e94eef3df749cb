"""Children that die, die too often, will not end; real processes, bounded waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.errors import EX_FINDINGS, EX_IO
from device.workbench.supervisor import ChildFailed, Supervisor

SLEEPER = ("/bin/sh", "-c", "exec sleep 60")


class World:
    """A supervisor on its own time."""

    def __init__(self, deaths_allowed: int = 2) -> None:
        self.said: list[str] = []
        self.t_s = 100.0
        self.supervisor = Supervisor(
            self.said.append, deaths_allowed=deaths_allowed, within_s=60.0, now_s=lambda: self.t_s
        )

    def pid(self) -> int:
        pid = self.supervisor.pid("it")
        assert pid is not None
        return pid

    def watch_until(self, what: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 10
        while not what():
            assert time.monotonic() < end_s
            self.supervisor.watch()

    def kill(self) -> None:
        """Kill -9, and watch until that has been seen."""
        count = len(self.said)
        os.kill(self.pid(), signal.SIGKILL)
        self.watch_until(lambda: len(self.said) > count)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.supervisor.stop(0.5)


def test_the_dead_is_started_again_after_a_wait_that_doubles(world: World) -> None:
    world.supervisor.start("it", SLEEPER)
    first = world.pid()
    world.kill()
    assert world.said == ["it was ended by SIGKILL: started again"]
    world.t_s += 0.09
    world.supervisor.watch()
    assert world.supervisor.pid("it") is None
    world.t_s += 0.02
    world.supervisor.watch()
    second = world.pid()
    assert second != first
    world.kill()
    world.t_s += 0.19
    world.supervisor.watch()
    assert world.supervisor.pid("it") is None
    world.t_s += 0.02
    world.supervisor.watch()
    assert world.pid() != second


def test_one_that_dies_too_often_is_given_up(world: World) -> None:
    world.supervisor.start("it", SLEEPER)
    for _ in range(2):
        world.kill()
        world.t_s += 1.0
        world.supervisor.watch()
    with pytest.raises(
        ChildFailed, match="it was ended by SIGKILL; that is 3 times within 60 s"
    ) as gone:
        world.kill()
    assert gone.value.code == EX_FINDINGS


def test_old_deaths_are_forgiven(world: World) -> None:
    world.supervisor.start("it", SLEEPER)
    for _ in range(4):
        world.kill()
        world.t_s += 31.0
        world.supervisor.watch()
    assert world.pid()
    assert len(world.said) == 4


def expect_alive_until_it_fails(world: World) -> None:
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s:
        world.supervisor.expect_alive()


def test_one_that_ends_before_it_is_ready_gives_its_exit_code(world: World) -> None:
    world.supervisor.start("it", ("/bin/sh", "-c", f"exit {EX_IO}"))
    with pytest.raises(ChildFailed, match="it ended with exit code 74 before") as gone:
        expect_alive_until_it_fails(world)
    assert gone.value.code == EX_IO


def test_all_are_ended_the_last_first_and_the_deaf_one_by_force(tmp_path: Path) -> None:
    world = World()
    log = tmp_path / "log"
    for name in ("a", "b"):
        script = (
            f"trap 'echo {name} >> {log}; exit 0' TERM; echo up >> {log}; "
            "while :; do sleep 0.02; done"
        )
        world.supervisor.start(name, ("/bin/sh", "-c", script))
    world.supervisor.start("deaf", ("/bin/sh", "-c", f"trap '' TERM; echo up >> {log}; sleep 60"))
    world.watch_until(lambda: log.exists() and log.read_text().count("up") == 3)
    pids = [world.supervisor.pid(name) for name in ("a", "b", "deaf")]
    world.supervisor.stop(0.3)
    assert log.read_text().split() == ["up", "up", "up", "b", "a"]
    assert world.said == ["deaf did not end within 0.3 s: killed"]
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_children_do_not_outlive_a_killed_parent() -> None:
    program = (
        "from device.workbench.supervisor import Supervisor\n"
        "import time\n"
        "s = Supervisor(print)\n"
        f"s.start('it', {SLEEPER!r})\n"
        "print(s.pid('it'), flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end_s = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < end_s


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
