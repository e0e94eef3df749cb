"""``hinge replay`` and ``hinge simulate``: a motion or a recording in, reps out."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec

from device.config import effective, parse
from device.config_model import Config
from device.errors import DiskError, InputFileError, UsageError
from device.pipeline import Pipeline
from device.recorder import Meta, Recorder, read_recording
from device.recording import span_ns
from device.setting import setting_of
from device.tick import TickInput
from device.workbench.motion_run import (
    Kept,
    MotionOptions,
    Progress,
    load_motion,
    play_motion,
)
from device.workbench.result import Collected, Result
from device.workbench.scenario_run import load_scenario, play_scenario
from drivers.sim.motion import Motion
from drivers.sim.scenario_file import Scenario

PROGRESS_TICKS = 2_000


def replay(
    config: Config,
    path: Path,
    options: MotionOptions,
    progress: Progress | None = None,
) -> Result:
    """Replay one file.

    A motion (``.csv``) or a scenario (``.toml``) goes through the simulated chips; a recording
    (``.mcap``) brings its own configuration, of which only drill and stage are replaced by
    ``config``'s where the user chose them.

    Raises ``InputFileError`` / ``UnreadableMotion`` for a file that cannot be read, and
    ``ConfigError`` for a drill that does not exist.
    """
    if path.suffix == ".csv":
        motion = load_motion(path)
        return play_motion(config, motion, options, source=path.name, progress=progress).result
    if path.suffix == ".toml":
        return replay_scenario(config, path, options, progress)
    if path.suffix == ".mcap":
        return replay_recording(path, options, progress)
    raise InputFileError(
        path,
        "what kind of file this is cannot be told from its name",
        got=repr(path.suffix or "no ending"),
        expected="a motion (.csv), a scenario (.toml) or a recording (.mcap)",
    )


def replay_scenario(
    config: Config, path: Path, options: MotionOptions, progress: Progress | None = None
) -> Result:
    """A scenario, its station's rangers where the user does not place others."""
    scenario = load_scenario(path)
    if options.tof_heights_m is not None:
        scenario = msgspec.structs.replace(
            scenario,
            station=msgspec.structs.replace(scenario.station, tof_heights_m=options.tof_heights_m),
        )
    return play_scenario(
        config,
        scenario,
        source=path.name,
        seed=options.seed,
        stature_m=options.stature_m,
        progress=progress,
    ).result


def replay_recording(
    path: Path, options: MotionOptions, progress: Progress | None = None
) -> Result:
    """The recorded ticks through the same pipeline, without chips."""
    meta, ticks = read_recording(path)
    config = parse(meta.config, f"{path} (its configuration)") if meta.config else Config()
    stature_m = options.stature_m or meta.stature_m
    config = msgspec.structs.replace(
        config,
        station=msgspec.structs.replace(config.station, stature_m=stature_m),
        practice=msgspec.structs.replace(
            config.practice,
            drill=options.drill or config.practice.drill,
            stage=options.stage or config.practice.stage,
        ),
    )
    pipeline = Pipeline(setting_of(config, meta.odr_hz, meta.origin_t_ns), frames=False)
    collected = Collected(meta.origin_t_ns)
    first_ns = last_ns = meta.origin_t_ns
    begin_ns, end_ns = span_ns(path)
    lost = 0
    for number, tick in enumerate(ticks):
        if number == 0:
            first_ns = tick.t_ns
        last_ns = tick.t_ns
        if tick.faults:
            lost += sum(fault.kind == "lost" for fault in tick.faults)
        collected.add(tick, pipeline.step(tick))
        if progress is not None and number % PROGRESS_TICKS == 0:
            progress((tick.t_ns - begin_ns) / max(end_ns - begin_ns, 1))
    collected.add_sets(pipeline.finish())
    return collected.result(
        source=meta.source,
        drill=config.practice.drill,
        duration_s=(last_ns - first_ns) * 1e-9,
        samples=collected.samples,
        bus_errors=lost,
        dropped=meta.dropped,
    )


def simulate(
    config: Config,
    path: Path,
    out: Path,
    options: MotionOptions,
    progress: Progress | None = None,
) -> Result:
    """Play a motion or a scenario and keep what the sensors gave as a recording at ``out``.

    Raises what ``replay`` does, ``DiskError``, and ``UsageError`` for a name that ``replay``
    would not take.
    """
    if out.exists() and not out.is_file():
        # Finishing renames onto this name: a device or a folder must not be replaced.
        kind = errno.EISDIR if out.is_dir() else errno.EEXIST
        raise DiskError(out, OSError(kind, ""), check="It is no file: choose another name.")
    if out.suffix != ".mcap":
        raise UsageError(f"--out: got {out}, expected a name that ends in .mcap")
    source: Motion | Scenario = load_scenario(path) if path.suffix == ".toml" else load_motion(path)
    recorders: list[Recorder] = []
    stature_m = options.stature_m or config.station.stature_m

    def begin(odr_hz: float, origin_ns: int, used: Config) -> None:
        meta = Meta(
            source=path.name,
            origin_t_ns=origin_ns,
            odr_hz=odr_hz,
            drill=used.practice.drill,
            stage=used.practice.stage,
            stature_m=used.station.stature_m or stature_m,
            config=effective(used),
        )
        recorders.append(Recorder(out, meta))

    def write(tick: TickInput) -> None:
        recorders[0].write(tick)

    kept = Kept(begin, write)
    try:
        if isinstance(source, Motion):
            played = play_motion(
                config, source, options, source=path.name, kept=kept, progress=progress
            )
            return played.result
        return play_scenario(
            config,
            source,
            source=path.name,
            seed=options.seed,
            stature_m=options.stature_m,
            kept=kept,
            progress=progress,
        ).result
    finally:
        for recorder in recorders:
            recorder.close()
