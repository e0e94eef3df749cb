"""Who is there and which sensors speak, read off the signals at a tick."""

from __future__ import annotations

from device.lifecycle import ON_BACK_PADS, Presence
from device.limits import MS
from device.machine import Machine
from device.opening import Opening
from device.setup import Setting
from device.signals import S, Signals
from device.tick import Key, TickInput

IMU_STALE_NS = 100 * MS
PAD_STALE_NS = 100 * MS
TOF_STALE_NS = 150 * MS
PADS_STEADY_NS = 500 * MS
MOVED_MM = 60.0
REZERO_TILT_DEG = 10.0


def lost_sensors(t_ns: int, signals: Signals, setting: Setting) -> tuple[str, ...]:
    """Sensors the drill needs that are gone or stale."""
    lost = []
    if setting.uses_imu and (signals.imu_ns is None or t_ns - signals.imu_ns > IMU_STALE_NS):
        lost.append("imu")
    if setting.uses_tof and (signals.tof_ns is None or t_ns - signals.tof_ns > TOF_STALE_NS):
        lost.append("tof")
    if setting.uses_pads:
        for pad in signals.pads:
            if pad.last_ns is None or t_ns - pad.last_ns > PAD_STALE_NS:
                lost.append("pads")
                break
    return tuple(lost)


def pads_closed(signals: Signals) -> int:
    """How many pads are pressed now."""
    head, thoracic, sacrum = signals.pads
    return head.closed + thoracic.closed + sacrum.closed


def dowel_on_back(signals: Signals, setting: Setting) -> bool:
    """Pads say so, whether the drill judges them or not."""
    return setting.pads_fitted and pads_closed(signals) >= ON_BACK_PADS


def last_sample_ns(sensor: str, signals: Signals, start_ns: int) -> int:
    """The last sample of a sensor; ``start_ns`` if there was none."""
    if sensor == "imu":
        return start_ns if signals.imu_ns is None else signals.imu_ns
    if sensor == "tof":
        return start_ns if signals.tof_ns is None else signals.tof_ns
    return min(start_ns if pad.last_ns is None else pad.last_ns for pad in signals.pads)


def silent_since_ns(lost: tuple[str, ...], signals: Signals, start_ns: int) -> int | None:
    """The last sample of the first of these sensors to fall silent; None: none of them has."""
    if not lost:
        return None
    return min(last_sample_ns(sensor, signals, start_ns) for sensor in lost)


def presence(
    tick: TickInput,
    signals: Signals,
    machine: Machine,
    opening: Opening,
    *,
    measuring: bool,
    set_done: bool,
    sensors_changed: bool = False,
    paused: bool = False,
) -> Presence:
    """What the life cycle looks at."""
    setting = opening.setting
    uses_pads = setting.uses_pads
    head, thoracic, sacrum = signals.pads
    closed = (head.closed, thoracic.closed, sacrum.closed)
    changed_ns = max(head.since_ns, thoracic.since_ns, sacrum.since_ns)
    if setting.uses_tof:
        in_range = signals.target_seen
    elif uses_pads:
        in_range = any(closed)
    else:
        in_range = opening.called
    called = opening.called or not opening.by_key
    if not setting.drill.needs_imu and setting.uses_imu and setting.pads_fitted:
        # A dowel that nobody has taken up tells nothing of whoever stands there.
        called = called and dowel_on_back(signals, setting)
    return Presence(
        # A squat can leave the beam; whoever moves with the dowel on is still there.
        body=in_range or machine.moving,
        tilt_abs_deg=signals.tilt_abs_deg if setting.uses_imu else 0.0,
        measuring=measuring,
        rest_ns=machine.rest_ns(),
        called=called,
        pads_fitted=uses_pads,
        closed=closed,
        pads_known=not uses_pads or None not in (head.last_ns, thoracic.last_ns, sacrum.last_ns),
        moving=machine.moving,
        moved=sensors_changed or (measuring and not paused and _moved(signals, machine)),
        pads_steady=tick.t_ns - changed_ns >= PADS_STEADY_NS,
        loose=uses_pads and signals.loose(tick.t_ns),
        set_done=set_done,
        stop="stop" in tick.keys,
        next="next" in tick.keys,
        paused=paused,
    )


def _moved(signals: Signals, machine: Machine) -> bool:
    """Standing still and upright, but at another distance than the zeroes were taken at."""
    if machine.moving or signals.rest_range_mm is None or machine.rest_ns() < S:
        return False
    now_mm = signals.rest_range_now_mm()
    return (
        now_mm is not None
        and signals.range_steady
        and abs(signals.tilt_deg) < REZERO_TILT_DEG
        and abs(now_mm - signals.rest_range_mm) > MOVED_MM
    )


def without_next(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """NEXT was an answer to a question: it is no command as well."""
    return tuple(key for key in keys if key != "next")


def rezero(signals: Signals) -> None:
    """Baselines carry over from the last rest: standing people sway and settle."""
    if not signals.at_rest() or abs(signals.tilt_deg) > REZERO_TILT_DEG:
        return
    now_mm, base_mm = signals.rest_range_now_mm(), signals.rest_range_mm
    if now_mm is not None and base_mm is not None and abs(now_mm - base_mm) > MOVED_MM:
        return
    signals.take_zeroes()
