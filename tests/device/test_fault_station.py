"""The whole station while a person does hinges and things fail: nothing hangs, nothing false is
said, and it is all back within its time (docs/faults-of-the-rig.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from device.tick import Sensor
from drivers import CHIPS
from drivers.sim.bus_faults import Until
from tests.device.fault_kinds import KINDS, Act, all_power_cycled, all_unplugged, stuck
from tests.device.fault_rig import Fault, Log, Station

PHASES: Final = {"rest": -0.75, "down": 0.6, "bottom": 1.4, "up": 2.0}
"""Seconds from where a rep's piece of the script begins: it moves from 0.3 to 2.7 s."""
TICK_MS: Final = 5.0
TIMEOUT_MS: Final = 10.0
BACK_S: Final = 0.5
CONDITION: Final = {"tof": "SENSOR_TOF", "imu": "SENSOR_IMU", "pads": "SENSOR_PADS"}
PAD_LAMPS: Final = [
    f"led_{pad}_{kind}" for pad in ("head", "thoracic", "sacrum") for kind in ("ok", "lost")
]
STATUS: Final = ("status_white", "status_blue", "status_orange")


def check_deadline(log: Log) -> None:
    """A tick's work on the buses fits into it; a stuck line costs one timeout, once a tick."""
    for at_s, spent_ms, timeouts in log.bus_ms:
        assert timeouts <= 1, at_s
        assert spent_ms <= TICK_MS + timeouts * TIMEOUT_MS, (at_s, spent_ms)


def check_told(log: Log, fault: Fault, *, loses: bool) -> None:
    """Said in time and shown, or not at all; gone when it is over."""
    label = (fault.name, fault.sensor, round(fault.at_s, 2))
    last_s, next_s = log.silence(fault.sensor, fault.at_s - 0.05, fault.at_s + fault.for_s + 0.2)
    gone_ms = 1e3 * (next_s - last_s)
    assert next_s - (fault.at_s + fault.for_s) <= BACK_S, label
    assert not loses or gone_ms > 320.0, label
    cues = [t for t, code in log.cues if code == "SENSOR" and last_s < t < next_s]
    named = [
        t for t, codes in log.conditions if CONDITION[fault.sensor] in codes and last_s < t < next_s
    ]
    if gone_ms > 320.0:
        assert len(cues) == 1, label
        assert 0.28 <= cues[0] - last_s <= 0.325, label
        assert named, label
        assert named[0] - last_s <= 0.3, label
        for at_s in (last_s + 0.2, last_s + 0.31, next_s - 0.01):
            if fault.sensor == "pads":
                assert all(log.level(pin, at_s) == 0.0 for pin in PAD_LAMPS), label
            elif at_s > last_s + 0.25:
                assert log.level("status_blue", at_s) == 0.0, label
                assert log.level("status_orange", at_s) == 0.0, label
    elif gone_ms < 280.0:
        assert cues == [], label
    open_codes: tuple[str, ...] = ()
    for at_s, codes in log.conditions:
        if at_s <= next_s + 1.0:
            open_codes = codes
    assert CONDITION[fault.sensor] not in open_codes, label


def check_reps(station: Station, *, every: bool = True) -> None:
    """Every rep that was done is counted once; it is UNSCORED when what was missing of it matters,
    and GOOD otherwise."""
    log = station.log
    reps = [rep for _, rep in log.reps]
    if every:
        assert len(reps) == len(station.played)
    assert [rep.rep_index for rep in reps] == list(range(1, len(reps) + 1))
    for rep in reps:
        body = rep.body
        piece = next(p for p in station.played if p.start_s - 1.0 < body.end_s < p.end_s + 1.0)
        start_s, end_s = max(body.start_s, piece.start_s + 0.2), body.end_s
        lost = max(log.missing_ms(sensor, start_s, end_s) for sensor in ("imu", "range", "pads"))
        share = lost / (1e3 * (end_s - start_s))
        label = (
            round(body.start_s, 2),
            body.verdict,
            body.unscored_by,
            round(lost),
            round(share, 2),
        )
        assert body.verdict in ("GOOD", "UNSCORED"), label
        if lost > 320.0 or share > 0.115:
            assert body.verdict == "UNSCORED", label
        elif lost < 280.0 and share < 0.085:
            assert body.verdict == "GOOD", label
    assert [name for _, name in log.states][-1] == "SET"
    assert [name for _, name in log.states].count("SET") == 1


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("sensor", ["tof", "imu", "pads"])
def test_every_fault_of_a_sensor_in_every_phase(sensor: Sensor, phase: str) -> None:
    kinds = [kind for kind in KINDS if sensor in kind.sensors]
    station = Station(len(kinds))
    faults = []
    for kind, piece in zip(kinds, station.played, strict=True):
        begin, end = kind.act(sensor)
        at_s = piece.start_s + PHASES[phase]
        faults.append(Fault(at_s, kind.for_s, sensor, begin, end, f"{kind.name}, {phase}"))
    log = station.run(*faults)
    check_deadline(log)
    for kind, fault in zip(kinds, faults, strict=True):
        check_told(log, fault, loses=kind.loses)
    check_reps(station)


@pytest.mark.parametrize("phase", ["rest", "down", "up"])
@pytest.mark.parametrize("sensor", ["tof", "imu"])
def test_a_whole_bus_that_fails_and_comes_back_by_itself(sensor: Sensor, phase: str) -> None:
    acts: list[tuple[float, tuple[Act, Act]]] = [
        (0.4, stuck(sensor, "recover")),
        (0.4, all_unplugged(sensor)),
        (0.0, all_power_cycled(sensor)),
        (1.5, all_unplugged(sensor)),
        (1.5, stuck(sensor, "recover")),
    ]
    station = Station(len(acts))
    faults = [
        Fault(piece.start_s + PHASES[phase], for_s, sensor, *act, f"bus, {phase}")
        for (for_s, act), piece in zip(acts, station.played, strict=True)
    ]
    log = station.run(*faults)
    check_deadline(log)
    for fault in faults:
        check_told(log, fault, loses=False)
    # Who has not been seen for the whole of a rep has done none, as far as can be known.
    check_reps(station, every=False)
    assert len(log.reps) >= len(acts) - 1


FREED: Final[dict[Until, tuple[float, str]]] = {
    "reopen": (0.3, "opened anew"),
    "clocks": (0.5, "nine clock pulses"),
    "unbind": (1.2, "controller bound anew"),
    "power": (1.5, "power off and on"),
}
"""Within how many s of its sticking a bus is back, and by what."""


@pytest.mark.parametrize("until", FREED)
@pytest.mark.parametrize("sensor", ["imu", "tof"])
def test_a_bus_that_only_a_rung_of_the_ladder_frees(
    sensor: Sensor, until: Until, tmp_path: Path
) -> None:
    if (sensor, until) == ("tof", "power"):
        pytest.skip("the wall's chips hang on no power switch")
    station = Station(2, "[pins]\ndowel_power = 14\n", tmp_path)
    fault_s = station.played[0].start_s + PHASES["rest"]
    log = station.run(
        Fault(fault_s, 0.0, sensor, *stuck(sensor, until)), to_s=station.played[1].start_s
    )
    within_s, name = FREED[until]
    check_deadline(log)
    bus = station.place(sensor)[0].name
    said = [text for _, text in log.said]
    rungs = [text.removeprefix(f"{bus}: ") for text in said if not text.endswith("done")]
    assert rungs == [
        *[step for _, step in list(FREED.values())][: list(FREED).index(until) + 1],
        f"works again (last tried: {name})",
    ]
    for which in ("tof",) if sensor == "tof" else ("imu", "pads"):
        _, next_s = log.silence(which, fault_s - 0.05, fault_s + 0.2)
        assert next_s - fault_s <= within_s, which
    # The other bus has not missed a tick's worth of reads but for the timeouts.
    other = "imu" if sensor == "tof" else "tof"
    assert log.missing_ms(other, fault_s - 0.5, fault_s + 2.0) <= (60.0 if other == "tof" else 25.0)
    assert station.tools.functions(1 if sensor == "tof" else 3) == ("a0", "a0")


@pytest.mark.parametrize("chip", [name for name, entry in CHIPS.items() if entry.kind in CONDITION])
def test_every_chip_that_is_power_cycled_in_the_middle_of_a_set_is_found_and_mended(
    chip: str,
) -> None:
    """Silently back at its reset values: no NACK while it boots gives it away."""
    sensor = CHIPS[chip].kind
    assert sensor in ("tof", "imu", "pads")
    station = Station(4, f'[{sensor}]\nchip = "{chip}"\n')

    def cut(station: Station) -> None:
        twin = station.chip(sensor)
        twin.power_cycle()
        twin.silent_until_ns = 0

    faults = [
        Fault(piece.start_s + PHASES[phase], 0.0, sensor, cut, lambda _: None, phase)
        for piece, phase in zip(station.played, PHASES, strict=True)
    ]
    log = station.run(*faults)
    check_deadline(log)
    for fault in faults:
        check_told(log, fault, loses=False)
    check_reps(station)
