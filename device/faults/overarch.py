"""Going past tall at the lockout: the trunk leans back, or upper back or head leave the dowel."""

from __future__ import annotations

from device.faults.rule import Fault, RepView
from device.limits import Stage
from drivers.samples import PADS

UPPER = frozenset({PADS.index("thoracic"), PADS.index("head")})


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    if log.lockout_deg < m.lockout_over_deg <= log.backbend_deg:
        return m.end_ns
    last_third_ns = m.end_ns - (m.end_ns - m.bottom_ns) // 3
    for loss in m.losses:
        if loss.pad in UPPER and loss.t_ns >= last_third_ns:
            return loss.t_ns if loss.length_ns >= log.lockout_loss_ms * 1e6 else None
    return None


def _beyond(view: RepView, stage: Stage) -> bool:
    return view.measured.lockout_over_deg > stage.tilt_band_deg or bool(view.measured.losses)


OVERARCH = Fault(
    code="OVERARCH",
    priority=5,
    words="Stop at tall, squeeze, ribs down",
    again="Ribs down, stand tall",
    names=True,
    rep=_rep,
    beyond=_beyond,
)
