"""Keeps what is known of a patient after each visit, without the loop waiting for the disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from device.errors import DeviceError
from device.keepsake import Keepsakes
from device.loop import Middle
from device.memory import Memory
from device.tick import SetDone, TickInput, TickOutput

_END: Final = None
CLOSE_S: Final = 5.0


class Remembering(Middle, Protocol):
    """A pure middle that knows a person."""

    @property
    def memory(self) -> Memory: ...


class Keeper:
    """A middle around the middle: hands on every tick, and keeps the memory when a visit ends."""

    def __init__(
        self, middle: Remembering, keepsakes: Keepsakes, patient: str, say: Callable[[str], None]
    ) -> None:
        """``say`` gets one line for what cannot be kept, from the keeper's own thread."""
        self._middle = middle
        self._keepsakes = keepsakes
        self._patient = patient
        self._tell = say
        self._asked: queue.SimpleQueue[Memory | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._thread.start()

    def step(self, tick: TickInput, /) -> TickOutput:
        output = self._middle.step(tick)
        if any(event.kind == "close" for event in output.sessions):
            self._asked.put(self._middle.memory)
        return output

    def finish(self) -> Sequence[SetDone]:
        return self._middle.finish()

    def close(self) -> None:
        """Keep what is known now; returns when it is on the disk, or cannot be."""
        self._asked.put(self._middle.memory)
        self._asked.put(_END)
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while (memory := self._asked.get()) is not _END:
            try:
                self._keepsakes.write(self._patient, memory)
            except DeviceError as error:
                self._tell(f"{error} What was learnt of {self._patient} is not kept.")
