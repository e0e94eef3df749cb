"""The station starts: its sensors with what is stored of them, and a line for what is not good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from device.calibration.apply import applied, lines, load_records, same_chip, utc_now
from device.calibration.store import Store
from device.config_model import Config
from device.sensors import Sensors
from device.tick import TickInput


class Swaps:
    """Sensors whose chips are looked at when they come back: was another dowel plugged in?

    What is in force was found for the chips that were there at the start; the line says so once
    for each other chip.
    """

    def __init__(self, sensors: Sensors, say: Callable[[str], None]) -> None:
        self._sensors = sensors
        self._say = say
        self._known = sensors.identities()
        self.health = sensors.health

    def read(self, t_ns: int) -> TickInput:
        tick = self._sensors.read(t_ns)
        if tick.faults and any(fault.kind == "back" for fault in tick.faults):
            self._look()
        return tick

    def _look(self) -> None:
        for name, now in self._sensors.identities().items():
            was = self._known[name]
            if not same_chip(was, now):
                self._known[name] = now
                self._say(
                    f"{name}: got {now!r}, expected {was!r} as at the start: the calibration in "
                    "force is not this chip's. Another dowel? Set dowel.id and start again."
                )


def build_calibrated(
    config: Config,
    build: Callable[[Config], Sensors],
    store: Store,
    say: Callable[[str], None],
    now: Callable[[], datetime] = utc_now,
) -> tuple[Config, Sensors]:
    """The sensors, and the configuration with the calibration that is in force.

    Which chips are fitted is known only once they are up: where one turns out to be another than
    the one that was calibrated, all are brought up again without its calibration.

    Raises what ``build`` does.
    """
    records = load_records(store, config)
    used, _ = applied(config, records, now())
    sensors = build(used)
    known, judged = applied(config, records, now(), sensors.identities())
    if known != used:
        sensors = build(known)
    for line in lines(judged):
        say(line)
    return known, sensors
