"""What the drivers of IMUs with a FIFO share."""

from __future__ import annotations

from drivers.errors import ChipTimeout
from drivers.link import Link

MS = 1_000_000

STANDARD_GRAVITY = 9.80665
"""m/s2 a g."""
STALL_NS = 50 * MS
"""A FIFO that has stayed empty for longer is explained."""


def no_sample(link: Link, silent_ns: int, odr_hz: float) -> ChipTimeout:
    """What to raise of a chip that is there and set up, but silent."""
    return link.timeout(
        f"no sample for {silent_ns // MS} ms,",
        got="an empty FIFO",
        expected=f"{odr_hz:.0f} samples a second",
        check="Power it off and on.",
    )
