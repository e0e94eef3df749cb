"""A smudged window: named in the quiet after a visit; a dark coat, a person, the sun are not."""

from __future__ import annotations

from collections.abc import Callable
from math import sin

import msgspec
import pytest

from device.config import parse
from device.config_model import Config
from device.window_watch import BLOCKS, DIRTY_KCPS, WindowWatch
from device.workbench.motion_run import Late, play_scene
from device.workbench.result import Result
from drivers.samples import TofSample
from drivers.sim.person import Script
from drivers.sim.rig import SimRig
from drivers.sim.scene import Motion6, Reflection
from drivers.sim.vl53 import SimVl53

S = 1_000_000_000
CLEAN_KCPS = 2.0
SPADS = 256.0


def fed(watch: WindowWatch, kcps: Callable[[float], float], for_s: float, from_s: float = 0.0,
        **changes: object) -> bool:  # fmt: skip
    """Samples every 24 ms without a target; whether the window is dirty at the end."""
    n = int(for_s / 0.024)
    for i in range(n):
        t_s = from_s + 0.024 * i
        sample = TofSample(
            int(t_s * S), 0.0, False, 2, kcps(t_s) * SPADS, 50.0, 100.0, SPADS, i & 0xFF
        )
        watch.add(0, sample._replace(**changes))  # type: ignore[arg-type]  # its own fields
    return watch.dirty


def ready(clean: tuple[float, ...] | None = (CLEAN_KCPS,)) -> WindowWatch:
    watch = WindowWatch(clean, 55.0)
    watch.nobody(True)
    return watch


def test_steady_light_above_the_clean_windows_is_dirt() -> None:
    assert fed(ready(), lambda t: CLEAN_KCPS + 1.1 * DIRTY_KCPS, BLOCKS + 2)
    assert not fed(ready(), lambda t: CLEAN_KCPS + 0.9 * DIRTY_KCPS, BLOCKS + 2)
    assert not fed(ready(), lambda t: CLEAN_KCPS, BLOCKS + 2)
    # A cleaner window than ever, or one that was never calibrated, says nothing.
    assert not fed(ready(), lambda t: 0.0, BLOCKS + 2)
    assert not fed(ready(None), lambda t: 50.0, BLOCKS + 2)


def test_it_takes_its_time_without_a_break() -> None:
    dirt = CLEAN_KCPS + 3.0
    assert not fed(ready(), lambda t: dirt, BLOCKS - 1)
    watch = ready()
    fed(watch, lambda t: dirt, BLOCKS - 1)
    watch.nobody(False)
    watch.nobody(True)
    assert not fed(watch, lambda t: dirt, BLOCKS - 1, 60.0)
    assert fed(watch, lambda t: dirt, 5.0, 60.0 + BLOCKS)


def test_a_target_means_somebody_unless_it_is_on_the_glass_itself() -> None:
    dirt = CLEAN_KCPS + 9.0
    valid = {"valid": True, "status": 0}
    assert not fed(ready(), lambda t: dirt, BLOCKS + 2, range_mm=600.0, **valid)
    assert fed(ready(), lambda t: dirt, BLOCKS + 2, range_mm=12.0, **valid)
    # A hand or a towel over the window: far more light than any smudge.
    assert not fed(ready(), lambda t: 5000.0, BLOCKS + 2, range_mm=12.0, **valid)


def test_a_body_sways_and_a_window_does_not() -> None:
    def coat(t_s: float) -> float:
        return CLEAN_KCPS + 3.5 / (1.0 + 0.005 / 0.9 * sin(2.0 * t_s / 3.0)) ** 2

    assert not fed(ready(), coat, 3 * BLOCKS)


def test_wiped_it_is_over_within_seconds() -> None:
    watch = ready()
    assert fed(watch, lambda t: CLEAN_KCPS + 4.0, BLOCKS + 2)
    assert fed(watch, lambda t: CLEAN_KCPS + 4.0, 10.0, 40.0)
    assert not fed(watch, lambda t: CLEAN_KCPS + 0.1, 5.0, 50.0)


# -- on chips, through the whole station -----------------------------------------------------


class Scene:
    """A script whose rangers see something else from ``from_s`` on."""

    def __init__(self, script: Script, seen: Callable[[Reflection, float], Reflection]) -> None:
        self._script = script
        self._seen = seen
        self.t0_ns = 0

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        t_ns -= self.t0_ns
        return self._seen(self._script.reflection(sensor, t_ns), t_ns * 1e-9)

    def imu(self, t_ns: int) -> Motion6:
        return self._script.imu(t_ns - self.t0_ns)

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self._script.pad_force_n(t_ns - self.t0_ns)


VISIT = [("approach", {}), ("pick_up", {}), ("stand", {"for_s": 3.0}), ("hinge", {}),
         ("hinge", {}), ("hang_up", {}), ("leave", {}), ("away", {"for_s": 34.0})]  # fmt: skip
IN_VISIT_S = 10.0


def calibrated(crosstalk_kcps: float | None = None) -> Config:
    config = parse("[calibrated]\ntof_empty_kcps = [2.0]\n")
    if crosstalk_kcps is not None:
        found = msgspec.structs.replace(config.calibrated, tof_crosstalk_kcps=(crosstalk_kcps,))
        config = msgspec.structs.replace(config, calibrated=found)
    return config


def play(
    smudge_kcps: float,
    seen: Callable[[Reflection, float], Reflection] = lambda seen, t_s: seen,
    config: Config | None = None,
    wiped_s: float = 1e9,
) -> Result:
    """A visit; from its middle on the window throws ``smudge_kcps`` more light back."""
    script = Script(VISIT, seed=3)

    def watch(rig: SimRig, t0_ns: int) -> Callable[[int], None]:
        chip = rig.rangers[0]
        assert isinstance(chip, SimVl53)

        def step(t_ns: int) -> None:
            t_s = (t_ns - t0_ns) * 1e-9
            dirty = IN_VISIT_S <= t_s < wiped_s
            chip.crosstalk_kcps = CLEAN_KCPS + (smudge_kcps if dirty else 0.0)

        return step

    known = config or calibrated(CLEAN_KCPS)
    tof = msgspec.structs.replace(known.tof, heights_m=script.tof_heights_m)
    return play_scene(
        msgspec.structs.replace(known, tof=tof),
        Late(Scene(script, seen)),
        seed=3,
        duration_s=script.duration_s,
        tofs=1,
        offset_s=0.0,
        source="window",
        watch=watch,
    )


def dirty(result: Result) -> bool:
    return any("WINDOW_DIRTY" in row.codes for row in result.conditions)


@pytest.mark.parametrize(
    ("smudge_kcps", "compensated"), [(2.0, CLEAN_KCPS), (2.0, None), (12.0, CLEAN_KCPS)]
)
def test_a_smudge_is_named_by_the_end_of_the_visit(
    smudge_kcps: float, compensated: float | None
) -> None:
    result = play(smudge_kcps, config=calibrated(compensated))
    assert dirty(result)
    assert result.duration_s < 75.0


def test_a_clean_window_is_not() -> None:
    assert not dirty(play(0.0))


def test_without_the_empty_scene_nothing_is_said() -> None:
    assert not dirty(play(4.0, config=Config()))


def _sun(seen: Reflection, t_s: float) -> Reflection:
    return seen._replace(ambient_kcps=6000.0)


def test_the_sun_is_not_a_smudge() -> None:
    assert not dirty(play(0.0, _sun))


@pytest.mark.parametrize("distance_mm", [880.0, 1100.0])
def test_a_dark_coat_that_stands_out_of_reach_is_not(distance_mm: float) -> None:
    def coat(seen: Reflection, t_s: float) -> Reflection:
        if seen.range_mm is not None:
            return seen
        sway_mm = 5.0 * sin(1.3 * t_s) + 3.0 * sin(0.31 * t_s)
        return seen._replace(range_mm=distance_mm + sway_mm, reflectance=0.05)

    assert not dirty(play(0.0, coat))


def test_a_person_who_stays_near_is_not() -> None:
    def near(seen: Reflection, t_s: float) -> Reflection:
        return seen._replace(range_mm=seen.range_mm or 600.0, reflectance=0.4)

    assert not dirty(play(0.0, near))
