"""The drills: one file each, one line each in ``DRILLS``, in the order of the catalogue."""

from __future__ import annotations

from device.drills.back_loaded import BACK_LOADED
from device.drills.butt_taps import BUTT_TAPS
from device.drills.daily import DAILY
from device.drills.deadlift import DEADLIFT
from device.drills.distance_ladder import DISTANCE_LADDER
from device.drills.dowel import DOWEL
from device.drills.drill import Drill
from device.drills.goatbag import GOATBAG
from device.drills.good_morning import GOOD_MORNING
from device.drills.hands import HANDS
from device.drills.hinge_squat import HINGE_SQUAT
from device.drills.hip_pull import HIP_PULL
from device.drills.lockout import LOCKOUT
from device.drills.log_only import LOG_ONLY
from device.drills.pull_through import PULL_THROUGH
from device.drills.reach import REACH
from device.drills.screen import SCREEN
from device.drills.split_dowel import SPLIT_DOWEL
from device.drills.split_rdl import SPLIT_RDL
from device.drills.swing import SWING
from device.drills.unassisted import UNASSISTED
from device.drills.weighted import WEIGHTED

DRILLS: dict[str, Drill] = {
    SCREEN.name: SCREEN,
    BUTT_TAPS.name: BUTT_TAPS,
    DISTANCE_LADDER.name: DISTANCE_LADDER,
    REACH.name: REACH,
    DOWEL.name: DOWEL,
    SPLIT_DOWEL.name: SPLIT_DOWEL,
    HANDS.name: HANDS,
    UNASSISTED.name: UNASSISTED,
    LOCKOUT.name: LOCKOUT,
    HINGE_SQUAT.name: HINGE_SQUAT,
    GOOD_MORNING.name: GOOD_MORNING,
    GOATBAG.name: GOATBAG,
    BACK_LOADED.name: BACK_LOADED,
    WEIGHTED.name: WEIGHTED,
    SPLIT_RDL.name: SPLIT_RDL,
    PULL_THROUGH.name: PULL_THROUGH,
    HIP_PULL.name: HIP_PULL,
    SWING.name: SWING,
    DEADLIFT.name: DEADLIFT,
    LOG_ONLY.name: LOG_ONLY,
    DAILY.name: DAILY,
}

__all__ = ["DRILLS", "Drill"]
