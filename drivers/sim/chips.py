"""Which chips there are, and how to put a bus of them together."""

from __future__ import annotations

from collections import Counter

from drivers.clock import Clock, MonotonicClock
from drivers.sim.ads1115 import SimAds1115
from drivers.sim.bus import SimBus
from drivers.sim.cap1203 import SimCap1203
from drivers.sim.chip import SimChip
from drivers.sim.drv2605l import SimDrv2605l
from drivers.sim.lsm6dsox import SimLsm6dsox
from drivers.sim.lsm6dsv16x import SimLsm6dsv16x
from drivers.sim.mpr121 import SimMpr121
from drivers.sim.mpu6050 import SimMpu6050
from drivers.sim.scene import Scene, StillScene
from drivers.sim.ssd1306 import SimSsd1306
from drivers.sim.vl53l1x import SimVl53l1x
from drivers.sim.vl53l4cd import SimVl53l4cd

SIM_CHIPS: dict[str, tuple[type[SimChip], int]] = {
    "vl53l1x": (SimVl53l1x, 0x29),
    "vl53l4cd": (SimVl53l4cd, 0x29),
    "lsm6dsox": (SimLsm6dsox, 0x6A),
    "mpu6050": (SimMpu6050, 0x68),
    "lsm6dsv16x": (SimLsm6dsv16x, 0x6A),
    "ads1115": (SimAds1115, 0x48),
    "mpr121": (SimMpr121, 0x5A),
    "cap1203": (SimCap1203, 0x28),
    "drv2605l": (SimDrv2605l, 0x5A),
    "ssd1306": (SimSsd1306, 0x3C),
}
"""Name: class and default address."""


def bus_with(
    *names: str,
    clock: Clock | None = None,
    scene: Scene | None = None,
    speed_hz: int = 400_000,
    name: str = "i2c-1",
    seed: int = 0,
) -> SimBus:
    """A bus with the chips of ``names``, each powered and booted.

    A name may carry an address: ``"lsm6dsox@0x6B"``. Two of one kind are numbered in order
    (two rangers look at the scene's sensors 0 and 1). Without a ``clock`` it runs on real time,
    without a ``scene`` somebody stands still. Raises ``ValueError`` for a name not in
    ``SIM_CHIPS``.
    """
    clock = clock if clock is not None else MonotonicClock()
    scene = scene if scene is not None else StillScene()
    seen: Counter[str] = Counter()
    chips = []
    for text in names:
        kind, _, where = text.partition("@")
        if kind not in SIM_CHIPS:
            raise ValueError(
                f"{name}: chip {kind!r}, expected one of {', '.join(SIM_CHIPS)}; check the name"
            )
        make, address = SIM_CHIPS[kind]
        at = int(where, 0) if where else address
        chips.append(make(clock, scene, at, index=seen[kind], seed=seed))
        seen[kind] += 1
    return SimBus(chips, clock, speed_hz=speed_hz, name=name)
