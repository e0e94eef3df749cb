"""Chips that fail and come back, on a clock that moves only when told to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.sensors import RETRY_FIRST_NS, RETRY_MOST_NS, KeySource, Sensors
from device.tick import Key, SensorFault, TickInput
from drivers.errors import BadData, BusFault, ChipError
from drivers.samples import ImuSample, PadSample, Steps, TofSample
from drivers.sim.clock import VirtualClock

MS = 1_000_000
TICK = 5 * MS
START = 1_000_000_000


class FakeChip:
    """A chip that can be broken: reads and bring-ups then fail after ``cost_ns`` on the wire."""

    name = "FAKE"
    identity = "made for the test"
    odr_hz = 208.0

    def __init__(
        self, clock: VirtualClock, address: int, waits_ms: Sequence[int] = (1, 70)
    ) -> None:
        self.clock = clock
        self.address = address
        self.waits_ms = waits_ms
        self.broken: ChipError | None = None
        self.cost_ns = 0
        self.needs_init = False
        self.reads: list[int] = []
        self.attempts: list[int] = []
        self.steps_at: list[int] = []
        self.quiet = 0

    def _touch(self) -> None:
        self.clock.advance(self.cost_ns)
        if self.broken is not None:
            self.needs_init = True
            raise self.broken

    def bring_up(self) -> Steps:
        self.attempts.append(self.clock.now_ns())
        self.steps_at.append(self.clock.now_ns())
        self._touch()
        for wait_ms in self.waits_ms:
            yield wait_ms * MS
            self.steps_at.append(self.clock.now_ns())
            self._touch()
        self.needs_init = False

    def take(self) -> bool:
        """One read; whether there is something new."""
        self.reads.append(self.clock.now_ns())
        self._touch()
        if self.needs_init:
            raise _bad(self.address)
        if self.quiet:
            self.quiet -= 1
            return False
        return True


class FakeImu(FakeChip):
    def read(self) -> list[ImuSample]:
        return [ImuSample(self.clock.now_ns(), 9.8, 0, 0, 0, 0, 0)] if self.take() else []


class FakeTof(FakeChip):
    held = 0

    @property
    def placed(self) -> bool:
        """With the third step of its last bring-up."""
        since = [t for t in self.steps_at if t >= self.attempts[-1]]
        return len(since) >= 3

    def hold(self) -> None:
        self.held += 1

    def read(self) -> TofSample | None:
        t_ns = self.clock.now_ns()
        return TofSample(t_ns, 555.0, True, 0, 1.0, 1.0, 1.0, 1.0, 0) if self.take() else None


class FakePads(FakeChip):
    def read(self) -> list[PadSample]:
        return [PadSample(self.clock.now_ns(), 0, 1.0, True)] if self.take() else []


def _nack(address: int, errno: int = 121) -> BusFault:
    return BusFault(
        "FAKE", address, "i2c-3", "read", got="no", expected="an answer", check="", errno=errno
    )


def _bad(address: int) -> BadData:
    return BadData("FAKE", address, "i2c-3", "mode", got="0", expected="1", check="Supply.")


class Rig:
    def __init__(self, tofs: int = 1, pads: bool = True) -> None:
        self.clock = VirtualClock(START)
        self.imu = FakeImu(self.clock, 0x6A)
        self.tofs = [FakeTof(self.clock, 0x30 + i) for i in range(tofs)]
        self.pads = FakePads(self.clock, 0x48) if pads else None
        self.sensors = Sensors(self.imu, self.tofs, self.pads, (), self.clock)
        self.faults: list[tuple[int, SensorFault]] = []

    def run(self, ms: int) -> list[TickInput]:
        """Ticks for ``ms``, each at its deadline."""
        ticks = []
        for _ in range(ms // 5):
            t_ns = self.clock.now_ns()
            tick = self.sensors.read(t_ns)
            ticks.append(tick)
            self.faults += [(t_ns, fault) for fault in tick.faults]
            self.clock.sleep_until_ns(t_ns + TICK)
        return ticks

    def kinds(self) -> list[tuple[str, int, str]]:
        return [(f.sensor, f.which, f.kind) for _, f in self.faults]


def test_a_healthy_rig_gives_every_sample_and_no_fault() -> None:
    rig = Rig(tofs=3)
    ticks = rig.run(100)
    assert [t.t_ns for t in ticks] == [START + i * TICK for i in range(20)]
    for tick in ticks:
        assert len(tick.imu) == 1
        assert [which for which, _ in tick.tof] == [0, 1, 2]
        assert len(tick.pads) == 1
        assert tick.faults == ()
    health = rig.sensors.health()
    assert health == ({"imu": 20, "tof": 60, "contact": 20}, 0, ())


def test_a_rig_without_pads() -> None:
    rig = Rig(pads=False)
    assert all(tick.pads == () and tick.faults == () for tick in rig.run(50))


def test_nothing_new_is_no_fault() -> None:
    rig = Rig()
    rig.imu.quiet = rig.tofs[0].quiet = 10
    ticks = rig.run(100)
    assert [len(t.imu) for t in ticks] == [0] * 10 + [1] * 10
    assert [len(t.tof) for t in ticks] == [0] * 10 + [1] * 10
    assert rig.faults == []


def test_a_spark_on_the_wire_is_forgiven_and_counted() -> None:
    rig = Rig()
    rig.imu.broken = _nack(0x6A)
    assert [t.imu for t in rig.run(10)] == [(), ()]
    rig.imu.broken, rig.imu.needs_init = None, False
    assert len(rig.run(5)[0].imu) == 1
    assert rig.faults == []
    assert rig.sensors.health().errors == 2
    assert rig.imu.attempts == []


def test_a_wire_that_stays_dead_is_lost_at_the_third_tick_and_said_once() -> None:
    rig = Rig()
    rig.imu.broken = _nack(0x6A)
    rig.run(2000)
    assert [t for t, _ in rig.faults] == [START + 2 * TICK]
    assert rig.faults[0][1] == SensorFault("imu", 0, "lost", str(_nack(0x6A)))
    assert rig.sensors.health().lost == ("imu",)


@pytest.mark.parametrize("error", [_bad(0x30), _nack(0x30, errno=110)], ids=["bad", "timeout"])
def test_a_wrong_answer_and_a_timeout_are_a_loss_at_once(error: ChipError) -> None:
    rig = Rig()
    rig.tofs[0].broken = error
    rig.run(5)
    assert rig.kinds() == [("tof", 0, "lost")]
    assert "0x30" in rig.faults[0][1].text


def test_attempts_come_after_100_and_then_every_200_ms() -> None:
    rig = Rig()
    rig.imu.broken = _bad(0x6A)
    rig.run(1500)
    waits = [b - a for a, b in zip([START, *rig.imu.attempts], rig.imu.attempts, strict=False)]
    assert waits[0] == RETRY_FIRST_NS == 100 * MS
    assert set(waits[1:]) == {RETRY_MOST_NS} == {200 * MS}
    assert len(waits) >= 5


@given(outage_ms=st.integers(5, 3000).map(lambda ms: ms // 5 * 5), which=st.integers(0, 2))
def test_the_first_sample_comes_within_half_a_second_after_the_cause_has_ended(
    outage_ms: int, which: int
) -> None:
    rig = Rig()
    assert rig.pads is not None
    chip = [rig.imu, rig.tofs[0], rig.pads][which]
    chip.broken = _bad(chip.address)
    rig.run(outage_ms)
    chip.broken = None
    ended_ns = rig.clock.now_ns()
    rig.run(600)
    assert [kind for _, _, kind in rig.kinds()] == ["lost", "back"]
    assert rig.faults[1][0] - ended_ns <= 500 * MS
    assert rig.sensors.health().lost == ()


def test_back_is_said_with_the_first_sample_not_with_the_bring_up() -> None:
    rig = Rig()
    rig.imu.broken = _bad(0x6A)
    rig.run(5)
    rig.imu.broken = None
    rig.imu.quiet = 4
    ticks = rig.run(400)
    came = next(i for i, tick in enumerate(ticks) if tick.imu)
    said = next(i for i, tick in enumerate(ticks) if tick.faults)
    assert came == said
    up = next(i for i, tick in enumerate(ticks) if tick.t_ns > rig.imu.steps_at[-1])
    assert came >= up + 3


def test_a_new_loss_after_a_recovery_is_said_again_and_starts_with_the_short_wait() -> None:
    rig = Rig()
    for _ in range(2):
        rig.imu.broken = _bad(0x6A)
        rig.run(1000)
        rig.imu.broken = None
        rig.run(600)
    assert rig.kinds() == [("imu", 0, "lost"), ("imu", 0, "back")] * 2
    lost_ns = rig.faults[2][0]
    assert next(t for t in rig.imu.attempts if t > lost_ns) - lost_ns == RETRY_FIRST_NS


def test_a_bring_up_waits_its_steps_out_without_sleeping() -> None:
    rig = Rig()
    rig.tofs[0].waits_ms = (12, 100)
    rig.tofs[0].broken = _bad(0x30)
    rig.run(5)
    rig.tofs[0].broken = None
    ticks = rig.run(500)
    assert [b.t_ns - a.t_ns for a, b in itertools.pairwise(ticks)] == [TICK] * 99
    first, second, third = rig.tofs[0].steps_at
    assert 12 * MS <= second - first <= 12 * MS + 2 * TICK
    assert 100 * MS <= third - second <= 100 * MS + 2 * TICK


def test_a_failing_chip_does_not_delay_the_others() -> None:
    """Every attempt costs 1 ms on the wire; the others are read at each tick all the same."""
    rig = Rig(tofs=2)
    for chip in (rig.imu, rig.tofs[0]):
        chip.broken = _bad(chip.address)
        chip.cost_ns = MS
    ticks = rig.run(2000)
    assert len(ticks) == 400
    assert all(b.t_ns - a.t_ns == TICK for a, b in itertools.pairwise(ticks))
    assert all([which for which, _ in tick.tof] == [1] for tick in ticks)
    assert all(len(tick.pads) == 1 for tick in ticks)


def test_at_most_one_step_of_mending_in_a_tick() -> None:
    rig = Rig(tofs=3)
    assert rig.pads is not None
    chips = [rig.imu, *rig.tofs, rig.pads]
    for chip in chips:
        chip.broken = _bad(chip.address)
    rig.run(5)
    for chip in chips:
        chip.broken = None
    rig.run(1000)
    steps = sorted(t for chip in chips for t in chip.steps_at)
    assert len(steps) == 15
    assert all(b - a >= TICK for a, b in itertools.pairwise(steps))
    assert [kind for _, _, kind in rig.kinds()].count("back") == 5


def test_a_ranger_wakes_up_only_when_no_other_is_awake_without_an_address_of_its_own() -> None:
    rig = Rig(tofs=3)
    for tof in rig.tofs:
        tof.broken = _bad(tof.address)
        tof.waits_ms = (1, 2, 100)
    rig.run(5)
    assert [tof.held for tof in rig.tofs] == [1, 1, 1]
    for tof in rig.tofs:
        tof.broken = None
    rig.run(1500)
    awake = sorted((tof.steps_at[0], tof.steps_at[2], tof.steps_at[-1]) for tof in rig.tofs)
    for before, after in itertools.pairwise(awake):
        assert before[1] <= after[0] < before[2]
    assert rig.kinds()[3:] == [("tof", i, "back") for i in range(3)]


def test_one_dead_ranger_does_not_keep_the_others_from_being_mended() -> None:
    rig = Rig(tofs=2)
    for tof in rig.tofs:
        tof.broken = _bad(tof.address)
    rig.run(5)
    rig.tofs[1].broken = None
    rig.run(600)
    assert rig.kinds()[2:] == [("tof", 1, "back")]
    assert rig.tofs[0].held == 1 + len(rig.tofs[0].attempts)


def test_keys_of_all_sources_come_in_order() -> None:
    class Source:
        def __init__(self, *keys: Key) -> None:
            self.keys = list(keys)

        def read(self) -> Sequence[Key]:
            return [self.keys.pop(0)] if self.keys else []

    clock = VirtualClock(START)
    sources: list[KeySource] = [Source("stop", "next"), Source("mute")]
    imu, pads = FakeImu(clock, 0x6A), None
    sensors = Sensors(imu, [], pads, sources, clock)
    assert [sensors.read(clock.now_ns()).keys for _ in range(3)] == [
        ("stop", "mute"),
        ("next",),
        (),
    ]


def test_what_is_no_chip_error_is_a_mistake_and_is_not_hidden() -> None:
    rig = Rig()
    rig.imu.broken = RuntimeError("oops")  # type: ignore[assignment]  # that is the point
    with pytest.raises(RuntimeError, match="oops"):
        rig.run(5)
