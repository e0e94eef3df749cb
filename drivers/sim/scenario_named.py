"""The conditions that really hold at the wall in a piece of a scenario, and when.

For evaluation only. Codes are those that the station should say; it is not asked here which it
knows.
"""

from __future__ import annotations

from typing import Final

from drivers.sim.scenario_file import Fault, Person, Scenario
from drivers.sim.scenario_truth import Named

NEAR_M: Final = 0.10
FAR_M: Final = 1.0
EASE_S: Final = 0.3
FOUND_REPS: Final = 3
"""What shows only in movements must be found after so many."""
GRACE_S: Final = 2.0
SENSOR_S: Final = 0.3
BRIEF_S: Final = 0.4
"""A fault shorter than this need not be named."""
NOBODY_HAS: Final = frozenset(
    {"nobody", "approach", "leave", "pass_by", "bag", "loiter", "clean", "cover_sensor",
     "hand_on_pad", "lean", "sunlight"}
)  # fmt: skip
"""Steps in which the dowel stays where it is."""
SENSORS_OF: Final = {
    "tof": ("SENSOR_TOF",),
    "imu": ("SENSOR_IMU",),
    "pads": ("SENSOR_PADS",),
    "bus-1": ("SENSOR_TOF",),
    "bus-3": ("SENSOR_IMU", "SENSOR_PADS"),
}
LOSES: Final = frozenset({"unplug", "nack", "power_cycle"})


def _never(person: Person) -> tuple[str, ...]:
    return tuple(f"{pad.upper()}_NOT_JUDGED" for pad in person.never_closes)


def _any(person: Person) -> tuple[str, ...]:
    pads = (*person.never_closes, *person.always_closes)
    return tuple(f"{pad.upper()}_NOT_JUDGED" for pad in pads)


def _worn(
    person: Person, scenario: Scenario, *, ready: bool, tested: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What must be said, each of it, and what may, of this person with the dowel on the back."""
    must: list[str] = []
    may: list[str] = []
    (must if ready else may).extend(_never(person))
    if person.always_closes:
        (must if tested else may).append("PAD_HELD")
    if person.hem_mm:
        (must if tested else may).append("COAT")
    if scenario.station.gap_m < NEAR_M:
        (must if ready else may).append("TOO_NEAR")
    if scenario.station.gap_m > FAR_M:
        (must if ready else may).append("TOO_FAR")
    return tuple(must), tuple(may)


def named(
    scenario: Scenario,
    person: Person,
    step: str,
    dowel: str,
    start_s: float,
    end_s: float,
    distance_m: float | None,
    *,
    ready: bool,
    tested: bool,
) -> tuple[Named, ...]:
    """What must and what may be said in a piece.

    ``ready``: the person has stood tall since the dowel was taken. ``tested``: has done
    repetitions since then.
    """
    for_s = end_s - start_s
    base: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    if step in NOBODY_HAS and dowel != "back":
        may = ("DOWEL_HANGS",)
        base = ("DOWEL_LIES",) if dowel == "floor" else ()
    elif dowel == "back" and step != "drop_dowel":
        base, may = _worn(person, scenario, ready=ready, tested=tested)
        if step == "hang_up":
            base, may = (), (*base, *may, "DOWEL_HANGS", "PAD_HELD", *_any(person))
    within = (start_s, end_s)
    more: tuple[str, ...] = ()
    if step in ("loiter", "hand_on_pad") and dowel == "hung":
        base, may = ((*base, "DOWEL_HANGS"), may) if step == "loiter" else (base, may)
    if step == "cover_sensor":
        more, within = ("BLOCKED",), (start_s + EASE_S, end_s - EASE_S)
        may = (*may, "LEANING")
    elif step == "hand_on_pad":
        more, within = ("PAD_HELD",), (start_s + EASE_S, end_s - EASE_S)
    elif step == "lean":
        ease_s = min(2.0, for_s / 4)
        more, within = ("LEANING",), (start_s + ease_s, end_s - ease_s)
        may = (*may, "TOO_NEAR")
    elif step == "hold_loosely":
        more, within = ("DOWEL_LOOSE",), (start_s + 0.5, end_s - 0.5)
        may = (*may, "PAD_HELD")
    elif step == "drop_dowel":
        more, within = ("DOWEL_LIES",), (start_s + 1.2, end_s)
    elif step == "upside_down":
        ease_s = min(3.0, for_s / 4)
        more, within = ("DOWEL_UPSIDE_DOWN",), (start_s + ease_s, end_s - ease_s)
        may = ("DOWEL_HANGS", "DOWEL_TURNED", "DOWEL_LIES")
    elif step == "turned":
        # Upright nothing tells; it shows in the bend.
        may = ("DOWEL_HANGS", "DOWEL_TURNED")
        if for_s >= 17.0:
            more, within = ("DOWEL_TURNED",), (start_s + 5.5, start_s + 8.0)
    elif step in ("pick_up", "sunlight"):
        may = (
            *may,
            "DOWEL_HANGS",
            "DOWEL_LIES",
            "PAD_HELD",
            "COAT",
            "TOO_FAR",
            "TOO_NEAR",
            "LEANING",
            *_never(person),
        )
    elif step == "clean":
        may = (*may, "BLOCKED", "PAD_HELD", "LEANING", "TOO_NEAR", "DOWEL_LOOSE")
    elif step in ("pass_by", "bag") and distance_m is not None and distance_m < 2 * NEAR_M:
        may = (*may, "BLOCKED", "LEANING")
    may = (*may, *more)
    rows = [Named(start_s, end_s, base, may, step)]
    if more:
        rows.append(Named(*within, (*base, *more), (*may, *more), step))
    return tuple(rows)


def named_set(
    scenario: Scenario,
    person: Person,
    start_s: float,
    ends_s: tuple[float, ...],
    *,
    tested: bool,
) -> tuple[Named, ...]:
    """The same of a set whose repetitions end at ``ends_s``."""
    why = f"{person.id} does reps"
    first, later = (_worn(person, scenario, ready=True, tested=known) for known in (tested, True))
    if tested or len(ends_s) <= FOUND_REPS:
        return (Named(start_s, ends_s[-1], *first, why),)
    from_s = ends_s[FOUND_REPS - 1]
    return (Named(start_s, from_s, *first, why), Named(from_s, ends_s[-1], *later, why))


def named_fault(fault: Fault, *, pads_fitted: bool) -> tuple[Named, ...]:
    """What a fault of a chip, or something in front of a ranger, is to be called."""
    if fault.kind in ("hand", "second_body"):
        code = "BLOCKED" if fault.kind == "hand" else "SECOND_BODY"
        return (Named(fault.at_s, fault.end_s, (code,), (code,), fault.kind, fault=True),)
    if fault.kind not in LOSES or fault.for_s < BRIEF_S:
        return ()
    codes = SENSORS_OF[fault.chip]
    if not pads_fitted:
        codes = tuple(code for code in codes if code != "SENSOR_PADS")
    # A sensor is named sooner than all else.
    start_s = fault.at_s - GRACE_S + SENSOR_S
    why = f"{fault.kind} of {fault.chip}"
    return (Named(start_s, fault.end_s, codes, codes, why, fault=True),) if codes else ()
