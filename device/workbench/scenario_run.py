"""A scenario through the simulated chips and the very code of ``hinge run``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from device.config_model import Config
from device.errors import InputFileError, UnreadableMotion
from device.tick import Key
from device.workbench.motion_run import SEVERAL, Kept, Late, Progress, by_key, play_scene, worn_for
from device.workbench.result import Result
from drivers.sim.rig import SimRig
from drivers.sim.rig_faults import RigFaults
from drivers.sim.scenario import IN_SCENE, ScenarioScene
from drivers.sim.scenario_file import Scenario, ScenarioError, read_scenario
from drivers.sim.scenario_truth import ScenarioTruth

PADS: Final = {"fsr": "ads1115", "mpr121": "mpr121", "none": "none"}


class PlayedScenario(NamedTuple):
    """What came of it, and what really happened (for evaluation only)."""

    result: Result
    truth: ScenarioTruth


def load_scenario(path: Path) -> Scenario:
    """Raises ``UnreadableMotion`` / ``InputFileError``, one line."""
    try:
        return read_scenario(path)
    except ScenarioError as error:
        raise UnreadableMotion(str(error)) from None
    except OSError as error:
        raise InputFileError(
            path, "cannot be read", got=error.strerror or str(error), expected="a scenario (.toml)"
        ) from None


def station_of(config: Config, scenario: Scenario) -> Config:
    """``config`` with the rangers, the distance and the pads of the scenario's station."""
    station = scenario.station
    heights = station.tof_heights_m
    one = len(heights) == 1
    replace = msgspec.structs.replace
    return replace(
        config,
        tof=replace(
            config.tof,
            addresses=config.tof.addresses[:1] if one else SEVERAL[: len(heights)],
            heights_m=heights,
            gap_m=station.gap_m,
        ),
        pads=replace(config.pads, chip=PADS[station.pads], address=None),
    )


def play_scenario(
    config: Config,
    scenario: Scenario,
    *,
    source: str,
    seed: int = 0,
    stature_m: float | None = None,
    kept: Kept | None = None,
    progress: Progress | None = None,
    keys: Sequence[tuple[float, Key]] = (),
) -> PlayedScenario:
    """Play a whole scenario; 0 s of the result is 0 s of the scenario.

    The station knows nobody's stature unless ``stature_m`` or the configuration says it. Where
    the drill waits for the NEXT key, it is pressed for everybody who comes, unless ``keys`` says
    what is pressed.
    """
    known = station_of(config, scenario)
    if stature_m is not None:
        replace = msgspec.structs.replace
        known = replace(known, station=replace(known.station, stature_m=stature_m))
    scene = ScenarioScene(scenario, seed, worn=worn_for(known))
    faults = tuple(fault for fault in scenario.fault if fault.kind not in IN_SCENE)
    if not keys and by_key(known):
        keys = tuple((at_s, "next") for at_s in scene.arrivals_s)

    def watch(rig: SimRig, t0_ns: int) -> Callable[[int], None]:
        return RigFaults(rig, faults, t0_ns).step

    result = play_scene(
        known,
        Late(scene),
        seed=seed,
        duration_s=scene.duration_s,
        tofs=len(scenario.station.tof_heights_m),
        offset_s=0.0,
        source=source,
        kept=kept,
        progress=progress,
        watch=watch,
        keys=keys,
    )
    return PlayedScenario(result, scene.truth)
