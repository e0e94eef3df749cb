"""``hinge run``: the device program on real chips and pins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device.bus_ladder import REAL_TOOLS
from device.config_model import Config
from device.ending import Ending
from device.loop import Health
from device.run import run
from device.station import open_buses
from drivers.clock import MonotonicClock
from drivers.errors import PinFault


def open_pins() -> Any:
    """gpiozero's factory on lgpio, the one that works on every Pi. Raises ``PinFault``."""
    try:
        # Here, not above: the library exists on a Pi only, and its import opens files.
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        raise PinFault(
            f"GPIO: importing lgpio gave {error}, expected the library that drives the pins. "
            "Install python3-lgpio (apt) or lgpio (pip)."
        ) from error
    except OSError as error:
        raise PinFault(
            f"GPIO: importing lgpio gave {error}, expected it to make its notify file. "
            "Check that the working folder can be written."
        ) from error
    try:
        return LGPIOFactory()
    # gpiozero's errors and lgpio's own share no base but this one.
    except Exception as error:
        raise PinFault(
            f"GPIO: opening /dev/gpiochip gave {error}, expected the pins of a Raspberry Pi. "
            "Check that this is one, and the group gpio."
        ) from error


def run_station(
    config: Config,
    say: Callable[[str], None],
    *,
    pins: Callable[[], Any] = open_pins,
) -> Health:
    """Run on the configured buses and pins until SIGTERM or SIGINT.

    Args:
        say: Gets one line for whatever the technician should know.
        pins: Opens the pin factory.

    Raises:
        NoBus, PinFault, MissingChips, ConfigError, DiskError: see ``device.run.run``.
    """
    with Ending() as ending:
        buses = open_buses(config)
        factory = pins()
        try:
            return run(config, buses, factory, MonotonicClock(), ending, say, tools=REAL_TOOLS)
        finally:
            factory.close()
