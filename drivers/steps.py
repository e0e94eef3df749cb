"""Run bring-ups: one to its end, or several side by side."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.clock import Clock
from drivers.errors import ChipError, MissingChips
from drivers.samples import Steps


def run_steps(steps: Steps, clock: Clock) -> None:
    """Run one bring-up to its end, waiting between its steps.

    Raises:
        ChipError: Whatever the bring-up raised.
    """
    for wait_ns in steps:
        clock.sleep_until_ns(clock.now_ns() + wait_ns)


def bring_up_all(steps: Sequence[Steps | Sequence[Steps]], clock: Clock) -> None:
    """Run several bring-ups side by side, each step as soon as its wait is over.

    An item that is itself a sequence is run one after another: rangers that wake up at the
    same address must not be awake together before they have their own.

    Raises:
        MissingChips: One or more failed; names every one, after all the others are up.
    """
    lanes = [[item] if not isinstance(item, Sequence) else list(item) for item in steps]
    waiting = [(0, order, lane) for order, lane in enumerate(lanes) if lane]
    faults: list[tuple[int, ChipError]] = []
    while waiting:
        due_ns, order, lane = min(waiting)  # no two have the same order
        waiting.remove((due_ns, order, lane))
        clock.sleep_until_ns(due_ns)
        wait_ns = 0
        try:
            wait_ns = next(lane[0])
        except StopIteration:
            lane.pop(0)
        except ChipError as fault:
            faults.append((order, fault))
            lane.pop(0)
        if lane:
            waiting.append((clock.now_ns() + wait_ns, order, lane))
    if faults:
        raise MissingChips([fault for _, fault in sorted(faults, key=lambda entry: entry[0])])
