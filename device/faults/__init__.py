"""The faults: one rule a file, one line each in ``FAULTS``, in the order that names a rep.

The first that holds names it (UNSCORED, which is no fault of the person, goes before all);
advice (``names=False``) leaves the name GOOD. SENSOR and STOP are not judged from movement: the
pipeline raises them.
"""

from __future__ import annotations

from device.faults.contact import ALL_LOST, HEAD, SACRUM, THORACIC
from device.faults.depth import DEPTH_DEEP, DEPTH_LOW
from device.faults.fast import FAST
from device.faults.hips_not_back import HIPS_NOT_BACK
from device.faults.knee_driven import KNEE_DRIVEN
from device.faults.knees_first import KNEES_FIRST
from device.faults.no_tap import NO_TAP
from device.faults.overarch import OVERARCH
from device.faults.rule import Fault, LiveView, RepView
from device.faults.side import SIDE
from device.faults.wall_other import WALL_OTHER

FAULTS: tuple[Fault, ...] = (
    KNEE_DRIVEN,
    KNEES_FIRST,
    SACRUM,
    THORACIC,
    HEAD,
    ALL_LOST,
    HIPS_NOT_BACK,
    OVERARCH,
    DEPTH_LOW,
    DEPTH_DEEP,
    FAST,
    SIDE,
    NO_TAP,
    WALL_OTHER,
)

FIRST_LOST_NAMES = frozenset({"SACRUM", "THORACIC", "HEAD"})
"""Among these the one that happened first names the rep, whatever their order above."""

__all__ = ["FAULTS", "FIRST_LOST_NAMES", "Fault", "LiveView", "RepView"]
