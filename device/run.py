"""The device program: from a configuration to the loop, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from device.bus_ladder import Tools
from device.calibration.start import Swaps, build_calibrated
from device.calibration.store import Store
from device.config import effective
from device.config_model import Config
from device.config_notes import notes
from device.control import Control
from device.haptic import with_haptic
from device.ids import stamp
from device.journal import Journal
from device.keeper import Keeper
from device.keepsake import Keepsakes
from device.last_words import LastWords
from device.live import Live
from device.loop import Health, Middle, run_loop
from device.memory import Memory
from device.notify import Notify
from device.outbox import Outbox
from device.pipeline import Pipeline
from device.recorder import Meta, Recorder
from device.setting import setting_of
from device.speech import speaker_of
from device.station import (
    WallKeys,
    build_outputs,
    build_sensors,
    dowel_power,
    gpio1_pins,
    xshut_pins,
)
from drivers.bus import Bus
from drivers.clock import Clock

Wrap = Callable[[Middle], Middle]


def run(
    config: Config,
    buses: Mapping[int, Bus],
    pin_factory: Any,
    clock: Clock,
    stop: Callable[[], bool],
    say: Callable[[str], None],
    *,
    wrap: Wrap | None = None,
    tools: Tools | None = None,
) -> Health:
    """Run the station until ``stop()``. Real and simulated rigs differ in the arguments only.

    Args:
        buses: By bus number, see ``device.station``.
        say: Gets one line for whatever the technician should know.
        wrap: Lets the front door look at what the pipeline says (the demo's words).
        tools: Commands of this machine with which a stuck bus may be freed.

    Raises:
        MissingChips, PinFault, ConfigError, DiskError: before the first tick.
    """
    for note in notes(config):
        say(note)
    with ExitStack() as opened:
        notify = Notify()
        opened.callback(notify.close)
        control = Control(config.paths.device_socket)
        opened.callback(control.close)
        live = Live(config.paths.live_socket)
        opened.callback(live.close)
        keys = WallKeys(config, pin_factory, clock)
        opened.callback(keys.close)
        xshut, gpio1 = xshut_pins(config, pin_factory), gpio1_pins(config, pin_factory)
        power = dowel_power(config, pin_factory, clock)
        config, sensors = build_calibrated(
            config,
            lambda used: build_sensors(
                used,
                buses,
                pin_factory,
                clock,
                keys=(keys, control),
                xshut=xshut,
                gpio1=gpio1,
                tools=tools,
                power=power,
                say=say,
            ),
            Store(config.paths.calibration, say),
            say,
        )
        middle = opened.enter_context(_middle(config, sensors.odr_hz, say))
        recorder: Recorder | None = None
        if config.recorder.enabled:
            recorder = _recorder(config, sensors.odr_hz, clock.now_ns())
            opened.callback(recorder.close)
        speaker = speaker_of(config.speech, say)
        if speaker is not None:
            opened.callback(speaker.close)
        outbox = Outbox(config.paths.spool, config.paths.ingest_socket, say=say)
        outbox.start()
        opened.callback(outbox.close, timeout_s=2.0)
        # Opened last: whatever else fails to close, the lamps are off by then.
        pins = build_outputs(config, pin_factory)
        outputs, keep = with_haptic(config, pins, buses, clock, say)
        opened.callback(outputs.close)
        LastWords(config.paths.last_words, say).forget()
        return run_loop(
            Swaps(sensors, say),
            middle if wrap is None else wrap(middle),
            outputs,
            outbox,
            live,
            recorder,
            clock,
            stop,
            journal=Journal(config.station.name, config.practice.drill, config.practice.stage),
            notify=notify,
            say=say,
            speak=speaker.say if speaker is not None else lambda words: None,
            keep=keep,
        )


@contextmanager
def _middle(config: Config, odr_hz: float, say: Callable[[str], None]) -> Iterator[Middle]:
    """The pipeline; a patient's is kept from visit to visit."""
    patient = config.practice.patient
    if patient is None:
        yield Pipeline(setting_of(config, odr_hz))
        return
    keepsakes = Keepsakes(config.paths.people, say)
    memory = keepsakes.load(patient, Memory) or Memory()
    keeper = Keeper(Pipeline(setting_of(config, odr_hz, memory=memory)), keepsakes, patient, say)
    try:
        yield keeper
    finally:
        keeper.close()


def _recorder(config: Config, odr_hz: float, origin_ns: int) -> Recorder:
    name = stamp().wall_time.replace(":", "").replace("-", "")[:15]
    meta = Meta(
        source="run",
        origin_t_ns=origin_ns,
        odr_hz=odr_hz,
        drill=config.practice.drill,
        stage=config.practice.stage,
        stature_m=config.station.stature_m,
        config=effective(config),
    )
    return Recorder(
        config.paths.recordings / f"{name}Z.mcap", meta, max_bytes=config.recorder.max_mb * 10**6
    )
