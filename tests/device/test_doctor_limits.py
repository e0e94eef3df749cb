"""Where each check draws its line: just inside, just outside."""

from __future__ import annotations

import math
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import parse
from device.config_model import Config
from device.doctor.checks.bus_errors import bus_errors
from device.doctor.checks.bus_speed import bus_speed
from device.doctor.checks.clock import clock
from device.doctor.checks.disk import disk
from device.doctor.checks.heat import heat
from device.doctor.checks.imu_drift import imu_drift
from device.doctor.checks.imu_gravity import imu_gravity
from device.doctor.checks.imu_noise import imu_noise
from device.doctor.checks.outbox import outbox
from device.doctor.checks.rate import rate
from device.doctor.checks.tof_covered import tof_covered
from device.doctor.checks.tof_light import tof_light
from device.doctor.checks.tof_signal import tof_signal
from device.doctor.look import SpoolLook
from device.doctor.rest import rest_of
from device.doctor.visit import Organ, Part, Visit
from device.doctor.wire import Wire
from device.spool import Counts
from device.workbench.doctor_rig import good_machine
from drivers.samples import ImuSample, TofSample
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock

NOW_S = 1_800_000_000.0
S = 1_000_000_000
G = 9.80665


class Quiet:
    """A log side nobody asks here."""

    def database(self) -> Any:
        raise AssertionError

    station = database


def visit(config: Config | None = None, **machine: Any) -> Visit:
    good = good_machine(NOW_S, {})._replace(**machine)
    return Visit(config or Config(), good, Quiet(), SpoolLook())


@pytest.mark.parametrize(
    ("free", "status"),
    [(19_999_999, "broken"), (20_000_001, "degraded"), (499_999_999, "degraded"),
     (500_000_001, "ok"), (None, "skipped")],
)  # fmt: skip
def test_disk(free: int | None, status: str) -> None:
    assert disk(visit(disk_free_bytes=free)).status == status


@pytest.mark.parametrize(
    ("celsius", "status"), [(79.9, "ok"), (80.0, "degraded"), (84.9, "degraded"), (85.0, "broken")]
)
def test_heat(celsius: float, status: str) -> None:
    assert heat(visit(cpu_temp_c=celsius)).status == status


def test_a_pi_slowed_by_its_supply_is_not_called_hot() -> None:
    assert heat(visit(throttled_now=True)).status == "degraded"
    assert heat(visit(throttled_now=True, undervoltage_now=True)).status == "ok"


@pytest.mark.parametrize(
    ("now_s", "synced", "rtc", "status"),
    [
        (NOW_S, True, False, "ok"),
        (NOW_S, False, True, "ok"),
        (NOW_S, False, False, "degraded"),
        (1_763_596_799.0, True, True, "broken"),
        (1_763_596_801.0, True, True, "ok"),
    ],
)
def test_clock(now_s: float, synced: bool, rtc: bool, status: str) -> None:
    assert clock(visit(now_unix_s=now_s, clock_synced=synced, has_rtc=rtc)).status == status


@pytest.mark.parametrize(
    ("depth", "age_s", "refused", "status"),
    [(500, 3600, 0, "ok"), (501, 1, 0, "degraded"), (1, 3601, 0, "degraded"),
     (0, 0, 1, "degraded"), (0, None, 0, "ok")],
)  # fmt: skip
def test_outbox(depth: int, age_s: float | None, refused: int, status: str) -> None:
    oldest = None if age_s is None else NOW_S - age_s
    looked = visit()
    looked.outbox = SpoolLook(Counts(depth, refused, oldest))
    found = outbox(looked)
    assert found.status == status
    assert found.figures["oldest_s"] == (age_s or 0)


def wired(hz: int, configured_hz: int) -> Wire:
    clock = VirtualClock()
    bus = bus_with("lsm6dsox", clock=clock, speed_hz=hz)
    clock.advance(S)
    wire = Wire("i2c-3", configured_hz, bus, clock)
    for n in (1, 14):
        wire.write_read(0x6A, (b"\x0f",), n)
    return wire


@pytest.mark.parametrize(
    ("hz", "status"),
    [(270_000, "degraded"), (285_000, "ok"), (400_000, "ok"), (535_000, "ok"),
     (545_000, "degraded")],
)  # fmt: skip
def test_bus_speed(hz: int, status: str) -> None:
    looked = visit()
    looked.wires = {3: wired(hz, 400_000)}
    assert bus_speed(looked).status == status


def part(sensor: Organ, samples: list[Any], **driver: Any) -> Part:
    fake = SimpleNamespace(name="X", address=0x29, odr_hz=208.0, identity="", **driver)
    made = Part(sensor, fake, wired(400_000, 400_000), samples=samples)
    made.from_ns, made.until_ns = 0, 4 * S
    return made


def looked_at(*parts: Part) -> Visit:
    made = visit()
    made.parts = list(parts)
    made.wires = {3: parts[0].wire}
    return made


@pytest.mark.parametrize(
    ("errors", "retries", "status"),
    [(0, 0, "ok"), (1, 0, "degraded"), (0, 50, "degraded"), (1, 50, "broken")],
)
def test_bus_errors(errors: int, retries: int, status: str) -> None:
    sick = part("imu", [1])
    sick.wire_errors, sick.retries = errors, retries
    sick.wire.transfers = 1000
    assert bus_errors(looked_at(sick)).status == status


def tof(t_ns: int = 0, **other: Any) -> TofSample:
    values = {"range_mm": 555.0, "valid": True, "status": 0, "signal_kcps": 7000.0,
              "ambient_kcps": 50.0, "sigma_mm": 2.5, "spads": 20.0, "stream_count": 1}  # fmt: skip
    return TofSample(t_ns, **cast(Any, values | other))


def stream(hz: float, hole_s: float = 0.0) -> list[TofSample]:
    """Four seconds; with a hole in the middle."""
    times_s = [n / hz for n in range(1, int(4 * hz))]
    return [tof(round(t * S)) for t in times_s if not 2.0 - hole_s < t <= 2.0]


@pytest.mark.parametrize(
    ("hz", "hole_s", "status"),
    [(41.0, 0.0, "ok"), (39.5, 0.0, "degraded"), (44.0, 0.1, "ok"), (50.0, 0.16, "degraded")],
)
def test_rate_of_a_ranger(hz: float, hole_s: float, status: str) -> None:
    found = rate(looked_at(part("tof", stream(hz, hole_s))), "tof")
    assert found.status == status, found.words


@pytest.mark.parametrize(
    ("hz", "status"), [(208.0, "ok"), (202.5, "ok"), (200.0, "degraded"), (216.0, "degraded")]
)
def test_rate_of_an_imu_is_its_own(hz: float, status: str) -> None:
    assert rate(looked_at(part("imu", cast(Any, stream(hz)))), "imu").status == status


def test_a_stream_that_ends_or_goes_back_is_seen() -> None:
    ends = [s for s in stream(45.0) if s.t_ns < 3 * S]
    assert rate(looked_at(part("tof", ends)), "tof").figures[
        "x_at_0x29_on_i2c-3_longest_gap_ms"
    ] == pytest.approx(1000, abs=30)
    back = stream(45.0)
    back[5] = tof(back[3].t_ns)
    assert rate(looked_at(part("tof", back)), "tof").status == "broken"
    assert rate(looked_at(part("tof", back[:2])), "tof").status == "broken"


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"range_mm": 44.0}, "ok"),
        ({"range_mm": 42.0}, "broken"),
        ({"status": 3, "valid": False}, "broken"),
        ({"status": 2, "range_mm": 5.0, "valid": False}, "ok"),
    ],
)
def test_covered_is_nearer_than_the_wall_s_face(what: dict[str, Any], status: str) -> None:
    assert tof_covered(looked_at(part("tof", [tof(**what)] * 50))).status == status


@pytest.mark.parametrize(
    ("kcps", "valid", "status"),
    [(999.0, True, "ok"), (1001.0, True, "degraded"), (1001.0, False, "broken")],
)
def test_light(kcps: float, valid: bool, status: str) -> None:
    seen = looked_at(part("tof", [tof(ambient_kcps=kcps, valid=valid)] * 50))
    assert tof_light(seen).status == status
    assert tof_signal(seen).status == ("ok" if status == "ok" else "skipped")


@pytest.mark.parametrize(
    ("what", "bad", "status"),
    [
        ({"signal_kcps": 1501.0}, 0, "ok"),
        ({"signal_kcps": 1499.0}, 0, "degraded"),
        ({"sigma_mm": 12.0}, 0, "ok"),
        ({"sigma_mm": 12.25}, 0, "degraded"),
        ({}, 10, "ok"),
        ({}, 11, "degraded"),
        ({"valid": False, "status": 4}, 0, "degraded"),
        ({"valid": False, "status": 2}, 0, "skipped"),
    ],
)
def test_signal(what: dict[str, Any], bad: int, status: str) -> None:
    samples = [tof(**what)] * (100 - bad) + [tof(valid=False, status=1)] * bad
    assert tof_signal(looked_at(part("tof", samples))).status == status


def imu(
    accel: float = G, bias_dps: float = 0.0, a_sd: float = 0.02, g_sd: float = 0.1, seed: int = 1
) -> Part:
    """Four seconds at rest, upright; noise per sample."""
    rng = random.Random(seed)

    def noise(sd: float) -> float:
        return rng.gauss(0.0, sd)

    rows = [
        ImuSample(round(n / 208 * S), accel + noise(a_sd), noise(a_sd), noise(a_sd),
                  *(math.radians(v + noise(g_sd)) for v in (bias_dps, 0.0, 0.0)))
        for n in range(832)
    ]  # fmt: skip
    return part("imu", rows)


@pytest.mark.parametrize(
    ("share", "status"),
    [(0.028, "ok"), (-0.028, "ok"), (0.032, "degraded"), (-0.032, "degraded"), (0.14, "degraded"),
     (0.16, "broken"), (-0.16, "broken")],
)  # fmt: skip
def test_gravity(share: float, status: str) -> None:
    found = imu_gravity(looked_at(imu(G * (1 + share))))
    assert found.status == status
    assert found.figures["off_share"] == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("bias_dps", "status"), [(1.9, "ok"), (2.1, "degraded"), (9.9, "degraded"), (10.1, "broken")]
)
def test_bias(bias_dps: float, status: str) -> None:
    found = imu_drift(looked_at(imu(bias_dps=bias_dps)))
    assert found.status == status, found.words
    assert found.figures["gyro_bias_dps"] == pytest.approx(bias_dps, abs=0.02)


@pytest.mark.parametrize(
    ("a_sd", "g_sd", "status"),
    [(0.14, 0.1, "ok"), (0.16, 0.1, "degraded"), (0.02, 0.47, "ok"), (0.02, 0.53, "degraded")],
)
def test_noise(a_sd: float, g_sd: float, status: str) -> None:
    noisy = looked_at(imu(a_sd=a_sd, g_sd=g_sd))
    assert imu_noise(noisy).status == status
    assert (imu_drift(noisy).status == "skipped") is (status != "ok")


@settings(max_examples=25, deadline=None)
@given(
    a_sd=st.floats(0.0, 0.5),
    g_sd=st.floats(0.0, 2.0),
    bias_dps=st.floats(-12.0, 12.0),
    seed=st.integers(0, 1000),
)
def test_noise_and_bias_are_no_movement(
    a_sd: float, g_sd: float, bias_dps: float, seed: int
) -> None:
    rest = rest_of(imu(a_sd=a_sd, g_sd=g_sd, bias_dps=bias_dps, seed=seed), visit())
    assert rest.still
    assert rest.gyro_noise_dps == pytest.approx(g_sd, rel=0.15, abs=1e-6)
    assert rest.accel_noise_mps2 == pytest.approx(a_sd, rel=0.15, abs=1e-6)


def test_a_rig_whose_recess_is_flat_still_knows_a_hand(tmp_path: Path) -> None:
    flat = parse("tof.recess_mm = 0")
    for range_mm, status in ((25.0, "ok"), (15.0, "broken")):
        seen = looked_at(part("tof", [tof(range_mm=range_mm)] * 50))
        seen.config = flat
        assert tof_covered(seen).status == status
