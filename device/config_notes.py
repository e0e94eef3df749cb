"""What is worth knowing of a good configuration: told, and no error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from device.config_model import Config
from drivers import cap1203

PADS_HZ: Final = 60.0
"""What is wanted of each pad."""
_SLOW_PADS: Final[Mapping[str, float]] = {"cap1203": cap1203.RATE_HZ}


def notes(config: Config) -> Iterator[str]:
    """One line for each thing that works less well than it could with other parts."""
    rate_hz = _SLOW_PADS.get(config.pads.chip)
    if rate_hz is not None:
        yield (
            f"pads.chip: {config.pads.chip} measures each pad {rate_hz:.1f} times a second, "
            f"{PADS_HZ:.0f} are wanted: a lamp follows its pad up to 40 ms later. "
            "Fit an ads1115 or an mpr121 where that matters."
        )
