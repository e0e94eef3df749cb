"""Somebody at a terminal: instructions, a live value, a progress bar, Enter to go on."""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from device.calibration.step import Ask, Phase, Step
from device.errors import UsageError
from device.tick import TickInput
from drivers.samples import PADS

SHOW_EVERY_NS: Final = 250_000_000
ENTER: Final = "Then press Enter."


class Terminal:
    """``fd``: what is typed comes from there; ``yes``: nobody types, defaults and no waiting."""

    def __init__(self, console: Console, fd: int, *, yes: bool = False) -> None:
        self._console = console
        self._fd = fd
        self._yes = yes
        self._typed = b""
        self._step: Step | None = None
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._show_ns = 0
        self._seen: dict[str, str] = {}
        self._waits = False

    def tell(self, step: Step, phase: Phase) -> None:
        if step is not self._step:
            self._step = step
            self._console.rule(f"{step.name}: {step.title}")
        self._console.print(phase.tell)

    def prompt(self, ask: Ask | None, wrong: str) -> None:
        self._waits = ask is None
        if os.isatty(self._fd):  # an Enter too many must not answer what was not asked yet
            termios.tcflush(self._fd, termios.TCIFLUSH)
            self._typed = b""
        if wrong:
            self._console.print(wrong, markup=False)
        if ask is None:
            self._console.print(ENTER, end=" ")
        else:
            self._console.print(f"{_words(ask)} \\[{ask.default:g} {ask.unit}]:", end=" ")

    def line(self, tick: TickInput) -> str | None:
        if self._yes:
            self._console.print("")
            return ""
        self._show(tick)
        while b"\n" not in self._typed:
            if not select.select([self._fd], [], [], 0.0)[0]:
                return None
            more = os.read(self._fd, 4096)
            if not more:
                raise UsageError(
                    "calibrate: nobody can answer (the input has ended). "
                    "Run it at a terminal, or with --yes"
                )
            self._typed += more
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    def _show(self, tick: TickInput) -> None:
        """What the sensors say now, before the prompt: is the board there, is it the right pad?"""
        self._seen.update(_now(tick))
        if not (self._waits and self._console.is_terminal and tick.t_ns >= self._show_ns):
            return
        self._show_ns = tick.t_ns + SHOW_EVERY_NS
        words = "  ".join(self._seen[name] for name in sorted(self._seen))
        self._console.file.write(f"\r\x1b[2K{words}  {ENTER} ")
        self._console.file.flush()

    def progress(self, share: float) -> None:
        if not self._console.is_terminal:
            return
        if self._bar is None:
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), console=self._console, transient=True
            )
            self._task = self._bar.add_task("measuring", total=1.0)
            self._bar.start()
        assert self._task is not None  # made with the bar
        self._bar.update(self._task, completed=share)
        if share >= 1.0:
            self._bar.stop()
            self._bar = self._task = None


def _words(ask: Ask) -> str:
    return ask.name.rsplit("_", 1)[0].replace("_", " ").capitalize()


def _now(tick: TickInput) -> dict[str, str]:
    """Sensor by sensor, what is new."""
    seen = {}
    for ranger, sample in tick.tof:
        text = f"{sample.range_mm:.0f} mm" if sample.valid else "no target"
        seen[f"ranger {ranger}"] = f"ranger {ranger}: {text}"
    for pad in tick.pads:
        seen[f"pad {pad.pad}"] = f"{PADS[pad.pad]}: {pad.level:.2f}"
    return seen


def values_text(values: Mapping[str, Sequence[float]]) -> str:
    """Names and numbers of a result in a line."""
    return "; ".join(
        f"{name} {' '.join(f'{value:.4g}' for value in numbers)}"
        for name, numbers in values.items()
    )
