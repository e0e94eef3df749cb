"""The station starts: its sensors with what is stored of them, and a line for what is not good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from device.calibration.apply import applied, lines, load_records, utc_now
from device.calibration.store import Store
from device.config_model import Config
from device.sensors import Sensors


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
