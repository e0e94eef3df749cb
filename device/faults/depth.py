"""Too little or too much tilt for the drill's target: advice, the rep may be GOOD."""

from __future__ import annotations

from device.faults.rule import Fault, RepView
from device.limits import Stage


def _low(view: RepView) -> int | None:
    m = view.measured
    low = m.peak_tilt_deg < view.drill.target_low_deg - view.log.depth_low_deg
    return m.bottom_ns if low else None


def _deep(view: RepView) -> int | None:
    m = view.measured
    deep = m.peak_tilt_deg > view.drill.target_high_deg + view.log.depth_deep_deg
    return m.bottom_ns if deep else None


def _low_beyond(view: RepView, stage: Stage) -> bool:
    return view.measured.peak_tilt_deg < view.drill.target_low_deg - stage.tilt_band_deg


def _deep_beyond(view: RepView, stage: Stage) -> bool:
    return view.measured.peak_tilt_deg > view.drill.target_high_deg + stage.tilt_band_deg


DEPTH_LOW = Fault(
    code="DEPTH_LOW",
    priority=6,
    words="A little further",
    again="Bow a little deeper",
    names=False,
    rep=_low,
    beyond=_low_beyond,
)
DEPTH_DEEP = Fault(
    code="DEPTH_DEEP",
    priority=6,
    words="Enough: stop at the mark",
    again="Turn back sooner",
    names=False,
    rep=_deep,
    beyond=_deep_beyond,
)
