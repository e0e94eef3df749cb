"""Every code of the table of faults, done by a body through the chips, each beside a good rep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from device.faults import FAULTS
from drivers.sim.segments import Place
from services.schema import RepBody
from tests.device.by_chips import EVEN, codes, play


class Deed(NamedTuple):
    """What the body does otherwise than in ``EVEN``, and where."""

    code: str
    changes: Mapping[str, float]
    names: bool
    drill: str = "dowel"
    place: Place = Place()


NEAR = Place(gap_m=0.18)
LOW = Place(gap_m=0.18, dowel_low_m=0.20)
NO_THORACIC = Place(never_closes=("thoracic",))
BRIEFLY = {"lumbar_deg": 13.5, "neck_deg": 16.5, "down_s": 1.6, "hold_s": 0.0, "up_s": 1.6}
"""Both other pads open at the bottom only: longer, and the dowel would be off the back."""
DEEDS = (
    Deed("KNEE_DRIVEN", {"peak_tilt_deg": 33.0, "shin_deg": 24.0, "lag": 0.18}, True),
    Deed("KNEES_FIRST", {"peak_tilt_deg": 43.0, "shin_deg": 15.0, "lag": 0.22}, True),
    Deed("SACRUM", {"lumbar_deg": 25.0}, True),
    Deed("THORACIC", {"lumbar_deg": -14.0}, True),
    Deed("HEAD", {"neck_deg": 27.0}, True),
    Deed("ALL_LOST", BRIEFLY, False, place=NO_THORACIC),
    Deed("HIPS_NOT_BACK", {"shift_m": 0.06, "shin_deg": -3.0}, True),
    Deed("OVERARCH", {"arch_deg": 8.0}, False),
    Deed("DEPTH_LOW", {"peak_tilt_deg": 35.0}, False),
    Deed("DEPTH_DEEP", {"peak_tilt_deg": 64.0, "down_s": 2.8, "up_s": 2.8}, False),
    Deed("FAST", {"down_s": 1.2}, False),
    Deed("SIDE", {"side_deg": 12.0}, False),
    Deed("NO_TAP", {"peak_tilt_deg": 35.0}, False, "butt_taps", NEAR),
    Deed("WALL_OTHER", {}, False, "butt_taps", LOW),
)


def done(one: Deed, changes: Mapping[str, float], place: Place) -> RepBody:
    steps = [("hinge", {**EVEN, "pause_s": 1.0, **changes})]
    # Somebody with a pad that cannot close is waited for.
    wait = [("stand", {"for_s": 6.0})] if place.never_closes else []
    (rep,) = play([*wait, *steps], drill=one.drill, place=place)
    return rep


def test_no_fault_is_left_out() -> None:
    assert sorted(deed.code for deed in DEEDS) == sorted(fault.code for fault in FAULTS)


@pytest.mark.parametrize("one", DEEDS, ids=lambda deed: deed.code)
def test_who_does_it_is_told_and_who_does_not_is_left_alone(one: Deed) -> None:
    bad = done(one, one.changes, one.place)
    assert one.code in codes(bad)
    assert (bad.verdict == one.code) is one.names
    good = done(one, {}, one.place if one.place is not LOW else NEAR)
    assert codes(good) == set()
    assert good.verdict == "GOOD"
