"""Which rungs the ladder of a bus has on this station, in their order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from device.recovery import Ladder, Rung
from drivers.bus import Bus
from drivers.bus_recovery import (
    I2C_PINS,
    Reopenable,
    Start,
    clock_out,
    power_off_and_on,
    rebind,
    reopen,
    start_process,
)

REBIND_AFTER_NS: Final = 600_000_000
POWER_AFTER_NS: Final = 800_000_000


class Tools(NamedTuple):
    """What a machine offers: how to start a command, and where its sysfs is."""

    start: Start
    sysfs: Path


REAL_TOOLS: Final = Tools(start_process, Path("/sys"))


def ladder_of(
    number: int,
    bus: Bus,
    tools: Tools | None,
    set_power: Callable[[bool], None] | None,
    say: Callable[[str], None],
) -> Ladder:
    """What can be done for bus ``number`` here.

    Args:
        tools: None: no command is run.
        set_power: The switch of its chips' supply; None: there is none.
    """
    rungs = []
    if isinstance(bus, Reopenable):
        node: Reopenable = bus
        rungs.append(Rung("opened anew", lambda: reopen(node)))
        if tools is not None:
            start, sysfs = tools
            if number in I2C_PINS:
                sda, scl = I2C_PINS[number]
                rungs.append(Rung("nine clock pulses", lambda: clock_out(start, sda, scl)))
            rungs.append(
                Rung(
                    "controller bound anew",
                    lambda: rebind(start, node, number, sysfs),
                    REBIND_AFTER_NS,
                )
            )
    if set_power is not None:
        switch = set_power
        rungs.append(
            Rung("power off and on", lambda: power_off_and_on(switch), POWER_AFTER_NS, silent=True)
        )
    return Ladder(bus.name, rungs, say)
