"""When a program shall end: SIGINT (Ctrl-C) and SIGTERM as a question the loop asks."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Ending:
    """Within ``with``: True once a signal to end has come. For the main thread.

    A hang-up of the terminal ends the program too, unless it was started to outlive it (nohup).
    """

    def __init__(self) -> None:
        self._came = False
        self._before: dict[signal.Signals, Any] = {}

    def __call__(self) -> bool:
        return self._came

    def _take(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._came = True

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before = signal.getsignal(number)
            if number is signal.SIGHUP and before is signal.SIG_IGN:
                continue
            self._before[number] = before
            signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()
