"""What a device program that could not go on has left beside the sockets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from services import schema
from services.bus_live import LiveHub

_MOST_BYTES = 65536


def read_ended(path: Path) -> schema.DeviceEnded | None:
    """None: it has left nothing. A file that cannot be read says so in its words."""
    try:
        with path.open("rb") as file:
            return schema.decode_ended(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return schema.DeviceEnded(
            code=1,
            text=f"{path}: why the device program ended cannot be read: {error}",
            wall_time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )


def ended_of(hub: LiveHub, path: Path) -> schema.DeviceEnded | None:
    """None as well while the device is heard: then somebody else tried to be a second one."""
    return read_ended(path) if hub.stale else None
