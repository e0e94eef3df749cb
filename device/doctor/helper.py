"""The person beside the doctor: sees lamps, hears the buzzer, presses pads."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from typing import Final, Protocol, TextIO

ANSWER_S: Final = 30.0
"""Nobody has to answer: after this it counts as not asked."""


class Helper(Protocol):
    """``here`` is False when nobody can be asked."""

    here: bool

    def sees(self, question: str) -> bool | None:
        """Yes, no, or None for no answer in time."""
        ...

    def hears(self, text: str) -> None:
        """Say what goes on."""
        ...

    def does(self, request: str) -> None:
        """Say what to press now; returns at once."""
        ...


class Nobody:
    """Unattended."""

    here = False

    def sees(self, question: str) -> bool | None:
        return None

    def hears(self, text: str) -> None:
        """Nobody is there."""

    def does(self, request: str) -> None:
        """Nobody is there."""


class AtTerminal:
    """Somebody at the keyboard. Questions go to stderr: stdout is for the result."""

    here = True

    def __init__(
        self,
        answers: TextIO = sys.stdin,
        questions: TextIO = sys.stderr,
        ready: Callable[[TextIO, float], bool] | None = None,
    ) -> None:
        """``ready``: waits for a line for so many seconds at most; True when there is one."""
        self._answers = answers
        self._questions = questions
        self._ready = _line_waits if ready is None else ready

    def sees(self, question: str) -> bool | None:
        for _ in range(3):
            self._say(f"{question} [y/n] ", end="")
            if not self._ready(self._answers, ANSWER_S):
                self._say("no answer")
                return None
            line = self._answers.readline()
            word = line.strip().lower()
            if word in ("y", "yes"):
                return True
            if word in ("n", "no"):
                return False
            if not line:  # the end of the input
                return None
        return None

    def hears(self, text: str) -> None:
        self._say(text)

    def does(self, request: str) -> None:
        self._say(request)

    def _say(self, text: str, end: str = "\n") -> None:
        self._questions.write(text + end)
        self._questions.flush()


def _line_waits(stream: TextIO, wait_s: float) -> bool:
    return bool(select.select([stream], [], [], wait_s)[0])
