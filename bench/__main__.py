"""``make bench``: every figure of the report, measured in one run, with its limit beside it."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from bench.report import Figure, Report, write
from bench.wire import wire_rows
from device.config_model import Config
from device.pipeline import Pipeline
from device.recorder import read_recording
from device.setting import setting_of
from device.workbench.motion_run import MotionOptions
from device.workbench.replay import replay, simulate

ROOT = Path(__file__).parent.parent
MOTION = ROOT / "tests" / "data" / "motions" / "CMU_14__14_20_UpDown_14s.csv"
RUNS = 5
TICK_NS = 5_000_000


def _repeat(measure: Callable[[], float]) -> tuple[float, float, float]:
    values = sorted(measure() for _ in range(RUNS))
    return median(values), values[0], values[-1]


def replay_speed() -> list[Figure]:
    """Seconds of motion a second of computing, through the chips and from a recording."""
    options, config = MotionOptions(), Config()
    with TemporaryDirectory() as folder:
        recording = Path(folder) / "a.mcap"
        simulate(config, MOTION, recording, options)

        def speed(path: Path) -> float:
            begun = time.perf_counter()
            result = replay(config, path, options)
            return result.duration_s / (time.perf_counter() - begun)

        chips = _repeat(lambda: speed(MOTION))
        recorded = _repeat(lambda: speed(recording))
    return [
        Figure("replay through the chips", "x real time", *chips, "at least 60"),
        Figure("replay of a recording", "x real time", *recorded, "at least 200"),
    ]


def tick_cost() -> list[Figure]:
    """One tick of the pure middle, without bus and pins."""
    with TemporaryDirectory() as folder:
        recording = Path(folder) / "a.mcap"
        simulate(Config(), MOTION, recording, MotionOptions())
        meta, stream = read_recording(recording)
        ticks = list(stream)
    costs: list[float] = []
    for _ in range(RUNS):
        pipeline = Pipeline(setting_of(Config(), meta.odr_hz, meta.origin_t_ns))
        for tick in ticks:
            begun = time.perf_counter_ns()
            pipeline.step(tick)
            costs.append((time.perf_counter_ns() - begun) * 1e-3)
    middle, p999 = np.percentile(costs, [50, 99.9]).tolist()
    return [
        Figure("one tick without bus, median", "us", middle, min(costs), max(costs), "at most 100"),
        Figure("one tick without bus, p99.9", "us", p999, min(costs), max(costs), "at most 400"),
    ]


def main() -> int:
    """Measure, print, and write ``bench/REPORT.md`` and ``bench/report.json``."""
    console = Console(stderr=True)
    figures: list[Figure] = []
    for title, measure in (("replay", replay_speed), ("tick", tick_cost)):
        console.print(f"measuring {title} ...")
        figures += measure()
    console.print("counting the wire ...")
    machine = f"{platform.machine()}, Python {platform.python_version()}, {platform.system()}"
    report = Report(machine=machine, runs=RUNS, figures=figures, wire=wire_rows())
    write(report, ROOT / "bench")
    sys.stdout.write((ROOT / "bench" / "REPORT.md").read_text())

    return 0


if __name__ == "__main__":
    raise SystemExit(main())
