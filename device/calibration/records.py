"""What a calibration step leaves behind, and the configuration values that it stands on."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from device.config_model import Config

Place = Literal["wall", "dowel"]
"""Where a step's result belongs: to the wall's rangers, or to one dowel."""

FORMAT: Final = "hinge-calibration"
VERSION: Final = 1


class Record(msgspec.Struct, frozen=True):
    """One step's result. ``values`` and ``residuals`` hold lists: one number a ranger, pad or
    axis; their names carry the units."""

    step: str
    made_at: str
    """Wall time, ISO 8601 UTC."""
    clock_synced: bool
    values: dict[str, list[float]]
    residuals: dict[str, list[float]]
    chips: dict[str, str]
    """Sensor (``tof[0]``, ``imu``, ``pads``): what the chip said of itself."""
    rig: dict[str, str]
    """Keys of the configuration that the result depends on, as they were."""
    stands_on: dict[str, str] = {}
    """Steps whose results were in force meanwhile: when they were made; "" for none."""
    temperature_c: float | None = None


class Kept(msgspec.Struct, frozen=True):
    """A file of records: of the wall, or of the dowel whose id is in ``place``."""

    format: str
    version: int
    place: str
    records: dict[str, Record]


def place_name(place: Place, config: Config) -> str:
    """``wall``, or ``dowel-<id>``: also the file's name."""
    return "wall" if place == "wall" else f"dowel-{config.dowel.id}"


def rig_values(config: Config, keys: tuple[str, ...]) -> dict[str, str]:
    """The configuration's values at dotted ``keys``, as JSON text to compare."""
    found = {}
    for key in keys:
        value: Any = config
        for name in key.split("."):
            value = getattr(value, name)
        found[key] = msgspec.json.encode(value).decode()
    return found
