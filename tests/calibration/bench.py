"""A simulated station to calibrate, with a store of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from device.calibration.records import Record
from device.calibration.runner import Done, Runner
from device.calibration.steps import STEPS
from device.calibration.store import Store
from device.config_model import Config, Paths
from device.workbench.calibrate_sim import Planted, SimBench

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def config_with(folder: Path, rangers: int = 1, **sections: object) -> Config:
    config = msgspec.structs.replace(Config(), paths=Paths(str(folder / "data"), str(folder)))
    if rangers == 3:
        tof = msgspec.structs.replace(
            config.tof, addresses=(0x30, 0x31, 0x32), heights_m=(0.75, 0.88, 1.01)
        )
        config = msgspec.structs.replace(config, tof=tof)
    return msgspec.structs.replace(config, **sections)


class Bench:
    """``run`` takes steps; ``stored`` is what the store holds then."""

    def __init__(self, config: Config, planted: Planted | None = None, seed: int = 0) -> None:
        self.config = config
        self.sim = SimBench(config, planted, seed)
        self.said: list[str] = []
        self.store = Store(config.paths.calibration, self.said.append)
        self.now = NOW

    def run(self, *names: str) -> list[Done]:
        sim = self.sim
        runner = Runner(self.config, sim.build, sim.clock, self.store, sim, now=lambda: self.now)
        return [runner.run(STEPS[name]) for name in names]

    def one(self, name: str) -> Done:
        (done,) = self.run(name)
        return done

    def stored(self, place: str = "wall") -> dict[str, Record]:
        return self.store.read(place)


def made(step: str = "offset", **changes: object) -> Record:
    """A record as the default station's ``offset`` step makes it."""
    record = Record(
        step=step,
        made_at="2026-11-01T10:00:00.000+00:00",
        clock_synced=True,
        values={"offset_mm": [-13.0]},
        residuals={"residual_mm": [0.2]},
        chips={"tof[0]": "model 0xEACC, revision 0x10, oscillator 0xAF00, calibration 36"},
        rig={"tof.chip": '"vl53l1x"', "tof.addresses": "[41]"},
    )
    return msgspec.structs.replace(record, **changes)
