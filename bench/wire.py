"""The wire table: our drivers beside public ones on the same simulated bus, at 400 kHz."""

from __future__ import annotations

import msgspec

from tests.peers.wire import LEAST_BYTES, WAYS, cost


class WireRow(msgspec.Struct, frozen=True):
    """Of one full sample; bytes include the address bytes."""

    chip: str
    driver: str
    transactions: float
    bytes: float
    wire_us: float
    least_bytes: float


def wire_rows() -> list[WireRow]:
    """Counted, not timed: the same on every machine."""
    return [
        WireRow(way.chip, way.driver, *cost(way), least_bytes=LEAST_BYTES[way.chip]) for way in WAYS
    ]
