"""What the pure middle is told once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from device.attitude import AS_BUILT, Mounting
from device.coaching import AS_PROMISED, Coaching
from device.drills import Drill
from device.drills.dowel import DOWEL
from device.drills.drill import Side
from device.limits import StageName
from device.memory import Memory


@dataclass(frozen=True)
class Setting:
    """Rig, person, drill, stage."""

    odr_hz: float = 208.0
    s_mm: float = 100.0
    b_mm: float = 140.0
    mounting: Mounting = AS_BUILT
    gyro_bias_rad_s: tuple[float, float, float] | None = None
    """In the dowel's axes, as it was calibrated; None: found in use."""
    stature_m: float | None = None
    imu_fitted: bool = True
    pads_fitted: bool = True
    pads_graded: bool = False
    """The pads say how hard they are pressed (force pads)."""
    tof_fitted: bool = True
    tof_heights_m: tuple[float, ...] | None = None
    """Heights of the rangers, lowest first; None when they are not known (one ranger, at the
    hips)."""
    recess_mm: float = 55.0
    """How far the rangers stand behind the wall's face."""
    window_kcps: tuple[float, ...] | None = None
    """Light per SPAD that each clean window gives, as the rangers read it; None: not known."""
    drill: Drill = DOWEL
    target_low_deg: float | None = None
    target_high_deg: float | None = None
    """The person's own target, where it differs from the drill's."""
    stage: StageName = "learn"
    coaching: Coaching = AS_PROMISED
    sets: int = 3
    reps: int = 10
    rest_s: int = 60
    """Rest between sets that the page counts down."""
    distance: str | None = None
    """Name of a place to stand (``wall.distances``); None: the drill's own."""
    memory: Memory | None = None
    """Of a patient, from the visits before. None: a walk-up, nothing outlasts the visit."""
    origin_ns: int | None = None
    """Zero of all logged times; default the first tick."""
    side: Side | None = None
    """Where drills with sides begin; None: left."""
    load_kg: float | None = None

    @cached_property
    def uses_imu(self) -> bool:
        return self.imu_fitted and self.drill.imu != "none"

    @cached_property
    def uses_tof(self) -> bool:
        return self.tof_fitted and self.drill.needs_tof

    @cached_property
    def uses_pads(self) -> bool:
        """Drills without the dowel on the back have no contacts to keep."""
        return self.pads_fitted and self.drill.needs_pads
