"""The present moment as the live rules see it, and when it is not to be believed."""

from __future__ import annotations

from device.anthropometry import balanced_travel_mm
from device.faults import LiveView
from device.lifecycle import ON_BACK_PADS
from device.limits import MS
from device.machine import Machine
from device.presence import pads_closed
from device.reps import BEAM_OFF_DROP_MM
from device.setup import Setting
from device.signals import Signals
from device.strapdown import UNKNOWN

LEANING_BIAS_MPS2 = 0.04
DRIFT_LIMIT_MM = 60.0
"""The live drop is trusted for a live cue while it cannot have drifted further."""
ALONE_TILT_DEG = 5.0
ALONE_SHARE = 0.25
"""Squats send the hips back as far as hinges of the same tilt do."""
ALONE_NS = 500 * MS


def live_view(
    signals: Signals,
    machine: Machine,
    setting: Setting,
    judged: tuple[bool, bool, bool],
    stature_m: float,
    shaken: bool,
) -> LiveView:
    """What the live rules may look at now."""
    pads, moving = signals.pads, machine.moving
    # What begins so is no bend yet, and with two pads open the dowel has left the back.
    begun = moving and (signals.imu_ns or 0) - machine.start_ns < ALONE_NS
    off = setting.uses_pads and pads_closed(signals) < ON_BACK_PADS
    alone = dowel_alone(signals, stature_m, off=off)
    aside = alone and (begun or off)
    return LiveView(
        open_pads=(
            judged[0] and not pads[0].closed,
            judged[1] and not pads[1].closed,
            judged[2] and not pads[2].closed,
        ),
        judged=judged,
        moving=moving,
        tilt_deg=signals.tilt_deg,
        drop_mm=signals.drop_mm,
        # Of a dowel that is off the back the drop says nothing of the hips.
        drop_known=moving
        and setting.uses_imu
        # What shakes the dowel may look like the hips for a moment.
        and not shaken
        and not alone
        and not off
        and signals.anchor is not UNKNOWN
        and signals.drop_uncertainty_mm(LEANING_BIAS_MPS2) < DRIFT_LIMIT_MM,
        dowel_off=aside,
    )


def dowel_alone(signals: Signals, stature_m: float, *, off: bool) -> bool:
    """The dowel tilts and the hips stay: nobody bends so, a hand moves it, or it falls.

    Hips that have dropped may have left the beam; a dowel that is ``off`` the back says nothing
    of their drop.
    """
    if signals.travel_mm is None or (signals.drop_mm > BEAM_OFF_DROP_MM and not off):
        return False
    way_mm = balanced_travel_mm(signals.tilt_abs_deg, signals.rest_abs_deg, stature_m)
    return signals.tilt_deg > ALONE_TILT_DEG and signals.travel_mm < ALONE_SHARE * way_mm
