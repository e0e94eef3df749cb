"""Keeps child programs running: starts the dead again, ends all, leaves none behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from device.errors import EX_FINDINGS, DeviceError

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal a process gets when its parent dies."""
DEATHS_ALLOWED: Final = 5
WITHIN_S: Final = 60.0
_FIRST_WAIT_S: Final = 0.1


class ChildFailed(DeviceError):
    """A child ended and shall not be started again; ``code`` is what to exit with."""

    def __init__(self, text: str, returncode: int) -> None:
        super().__init__(text)
        self.code = returncode if returncode > 0 else EX_FINDINGS


class _Child:
    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = tuple(command)
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths: deque[float] = deque()
        self.start_at_s = 0.0


class Supervisor:
    """Children by name, in the order of their start. For one thread, and not a busy one:
    call ``watch`` some ten times a second."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        deaths_allowed: int = DEATHS_ALLOWED,
        within_s: float = WITHIN_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._deaths_allowed = deaths_allowed
        self._within_s = within_s
        self._now_s = now_s
        self._children: dict[str, _Child] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Raises ``OSError`` when the program cannot be started."""
        child = self._children[name] = _Child(name, command)
        self._spawn(child)

    def pid(self, name: str) -> int | None:
        """Of the child that runs now."""
        process = self._children[name].process
        return None if process is None else process.pid

    def expect_alive(self) -> None:
        """For the first seconds, in which a death means that something is wrong.

        Raises ``ChildFailed``.
        """
        for child in self._children.values():
            if child.process is not None and (code := child.process.poll()) is not None:
                raise ChildFailed(f"{child.name} {_ended(code)} before it was ready", code)

    def watch(self) -> None:
        """Start again whoever has died. Raises ``ChildFailed`` when one dies too often."""
        for child in self._children.values():
            if child.process is None:
                if self._now_s() >= child.start_at_s:
                    self._spawn(child)
                continue
            code = child.process.poll()
            if code is not None:
                child.process = None
                self._died(child, code)

    def stop(self, each_s: float = 2.5) -> None:
        """SIGTERM to one after the other, the last started first; SIGKILL after ``each_s``."""
        for child in reversed(self._children.values()):
            process, child.process = child.process, None
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(each_s)
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} did not end within {each_s:g} s: killed")
                process.kill()
                process.wait()
        self._children.clear()

    def _died(self, child: _Child, code: int) -> None:
        now_s = self._now_s()
        child.deaths.append(now_s)
        while child.deaths[0] < now_s - self._within_s:
            child.deaths.popleft()
        count = len(child.deaths)
        if count > self._deaths_allowed:
            raise ChildFailed(
                f"{child.name} {_ended(code)}; that is {count} times within "
                f"{self._within_s:g} s: not started again",
                code,
            )
        child.start_at_s = now_s + _FIRST_WAIT_S * 2 ** (count - 1)
        self._say(f"{child.name} {_ended(code)}: started again")

    def _spawn(self, child: _Child) -> None:
        # Own session: Ctrl-C reaches us alone, and we end them in the right order. This program
        # has one thread when it forks, so code between fork and exec is safe.
        child.process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509  see above
        )


def _ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _dies_with(parent: int) -> Callable[[], None]:
    """In the child: have the kernel end it when ``parent`` is gone, even by kill -9."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # gone before the kernel was told
            os._exit(EX_FINDINGS)

    return arrange
