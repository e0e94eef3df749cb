"""The motor on a chip: patterns reach it, its failures end nothing, and it is mended in steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import parse
from device.config_model import Config
from device.errors import ConfigError
from device.haptic import LOOK_NS, RETRY_MOST_NS, HapticOutputs, with_haptic
from device.workbench.motion_run import MotionOptions, Played, load_motion, play_motion
from drivers.bus import LinuxBus
from drivers.drv2605l import Drv2605l
from drivers.sim.bus import SimBus
from drivers.sim.chips import bus_with
from drivers.sim.clock import VirtualClock
from drivers.sim.drv2605l import SimDrv2605l
from drivers.sim.motor import Motor
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scene import StillScene
from tests.device.test_vibration import felt

MOTIONS = Path(__file__).parents[1] / "data" / "motions"
MS = 1_000_000
S = 1_000 * MS
TICK = 5 * MS
CHIP = "[outputs]\nvibration = true\nhaptic = 'drv2605l'\n"


class Pins:
    """The other outputs."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.off = self.closed = False

    def set(self, name: str, value: float) -> None:
        self.values[name] = value

    def all_off(self) -> None:
        self.off = True

    def close(self) -> None:
        self.closed = True


class Bench:
    """One chip, the outputs around it, and ticks."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.sim: SimBus = bus_with("drv2605l", clock=self.clock)
        self.chip = self.sim.chip(SimDrv2605l)
        self.level = 0.0
        self.chip.on_drive = self._drive
        self.clock.advance(MS)
        self.pins = Pins()
        self.said: list[str] = []
        chip = Drv2605l(LinuxBus(self.sim, "i2c-3"), self.clock)
        self.outputs = HapticOutputs(self.pins, chip, self.clock, self.said.append)

    def _drive(self, level: float, for_ns: int | None) -> None:
        self.level = level

    def ticks(self, ms: float) -> None:
        for _ in range(round(ms * MS) // TICK):
            self.clock.advance(TICK)
            before = self.sim.transactions
            self.outputs.step()
            assert self.sim.transactions - before <= 6  # of one step of a bring-up

    def up(self) -> None:
        self.ticks(30)
        assert self.said == []


def test_the_motors_level_goes_to_the_chip_and_the_others_to_their_pins() -> None:
    bench = Bench()
    bench.up()
    bench.sim.reset_counters()
    bench.outputs.set("vibration", 1.0)
    assert bench.level == 1.0
    bench.outputs.set("vibration", 1.0)
    assert (bench.sim.transactions, bench.sim.bytes) == (1, 3)
    bench.outputs.set("led_head_lost", 0.5)
    assert bench.pins.values == {"led_head_lost": 0.5}
    bench.outputs.set("vibration", 0.0)
    assert bench.level == 0.0
    bench.outputs.set("vibration", 1.0)
    bench.outputs.all_off()
    assert bench.level == 0.0
    assert bench.pins.off


def test_what_was_wanted_before_the_chip_was_up_is_done_when_it_is() -> None:
    bench = Bench()
    bench.outputs.set("vibration", 1.0)
    assert (bench.level, bench.sim.transactions) == (0.0, 0)
    bench.ticks(30)
    assert bench.level == 1.0


@pytest.mark.parametrize("code", [121, 5, 110, 11, 6])
@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_write_that_fails_once_is_made_up_for_at_the_next_tick(
    code: int, seen: bool, value: float
) -> None:
    bench = Bench()
    bench.up()
    bench.outputs.set("vibration", 1.0 - value)
    bench.sim.fail_at(0, code, seen=seen)
    bench.outputs.set("vibration", value)
    bench.ticks(5)
    assert bench.level == value
    assert bench.outputs.errors == 1
    assert bench.said == []


def test_a_chip_that_is_not_there_is_told_once_and_mended_when_it_is() -> None:
    bench = Bench()
    bench.sim.unplug(0x5A)
    bench.ticks(8000)
    assert len(bench.said) == 1
    assert bench.said[0].startswith("vibration lost: DRV2605L at 0x5A on i2c-3")
    assert 4 <= bench.outputs.errors <= 10
    bench.outputs.set("vibration", 1.0)
    bench.sim.plug(0x5A)
    bench.ticks(RETRY_MOST_NS / MS + 50)
    assert bench.said[1:] == ["vibration back"]
    assert bench.level == 1.0


@pytest.mark.parametrize("k", range(7))
def test_a_fault_at_every_transaction_of_the_mending_is_tried_again(k: int) -> None:
    bench = Bench()
    bench.sim.fail_at(k, 121)
    bench.ticks(400)
    assert bench.outputs.errors == 1
    bench.outputs.set("vibration", 1.0)
    assert bench.level == 1.0
    assert [line.split(":")[0] for line in bench.said] == ["vibration lost", "vibration back"]


def test_a_power_cycle_is_found_within_a_second_and_the_settings_are_put_back() -> None:
    bench = Bench()
    bench.up()
    bench.chip.power_cycle()
    bench.ticks(LOOK_NS / MS + 200)
    assert "lost its power" in bench.said[0]
    assert bench.said[1:] == ["vibration back"]
    bench.outputs.set("vibration", 1.0)
    assert bench.level == 1.0


@pytest.mark.parametrize("words", ["over-current", "too hot"])
def test_a_chip_that_has_switched_off_is_told_and_tried_again(words: str) -> None:
    bench = Bench()
    bench.up()
    if words == "too hot":
        bench.chip.overheat()
    else:
        bench.chip.motor_shorted = True
        bench.outputs.set("vibration", 1.0)
        bench.outputs.set("vibration", 0.0)
        bench.chip.motor_shorted = False
    bench.ticks(LOOK_NS / MS + 200)
    assert words in bench.said[0]
    assert bench.said[1:] == ["vibration back"]


def test_it_is_not_asked_while_the_motor_runs() -> None:
    bench = Bench()
    bench.up()
    bench.outputs.set("vibration", 1.0)
    bench.sim.reset_counters()
    bench.ticks(5000)
    assert bench.sim.transactions == 0
    bench.outputs.set("vibration", 0.0)
    bench.ticks(3000)
    assert 3 <= bench.sim.transactions <= 5


def test_a_stuck_bus_costs_a_tick_now_and_then() -> None:
    bench = Bench()
    bench.up()
    bench.outputs.set("vibration", 1.0)
    bench.sim.stick()
    bench.outputs.set("vibration", 0.0)
    start_ns, late = bench.clock.now_ns(), 0
    for _ in range(2000):
        bench.clock.advance(TICK)
        before_ns = bench.clock.now_ns()
        bench.outputs.step()
        late += bench.clock.now_ns() > before_ns
    seconds = (bench.clock.now_ns() - start_ns) / S
    assert late <= 3 + seconds / 2 + 3
    bench.sim.recover()
    bench.ticks(RETRY_MOST_NS / MS + 50)
    assert bench.level == 0.0
    assert [line.split(":")[0] for line in bench.said] == ["vibration lost", "vibration back"]


def test_closing_leaves_the_motor_still_and_gives_the_pins_back() -> None:
    bench = Bench()
    bench.up()
    bench.outputs.set("vibration", 1.0)
    bench.outputs.close()
    assert bench.level == 0.0
    assert bench.pins.closed
    away = Bench()
    away.up()
    away.sim.unplug(0x5A)
    away.outputs.close()
    assert away.pins.closed
    assert len(away.said) == 1


# -- the station ------------------------------------------------------------------------------


@pytest.mark.parametrize("motor", ["erm", "lra"])
def test_the_dowels_imu_feels_the_motor_that_the_chip_drives(motor: str) -> None:
    config = parse(f"{CHIP}haptic_motor = '{motor}'\n")
    clock, shaking = VirtualClock(), Motor()
    rig = SimRig(StillScene(), clock, Fitted(motor=shaking, haptic="drv2605l"))
    outputs, keep = with_haptic(config, Pins(), dict(rig.buses), clock, lambda text: None)
    for _ in range(10):
        clock.advance(TICK)
        keep()
    outputs.set("vibration", 1.0)
    assert felt(shaking, clock.now_ns() + 300 * MS) > 2.9
    outputs.set("vibration", 0.0)
    assert felt(shaking, clock.now_ns() + 300 * MS) < 0.1
    assert rig.dowel.chip(SimDrv2605l).violations == []


def test_a_motor_runs_down_by_itself_after_an_effect() -> None:
    motor = Motor()
    motor.switch(0, on=True, for_ns=300 * MS)
    assert felt(motor, 299 * MS) > 2.9
    assert felt(motor, 500 * MS) < 0.1


def play(config: Config) -> Played:
    name = "CMU_13__13_30_Squat_11s"
    return play_motion(config, load_motion(MOTIONS / f"{name}.csv"), MotionOptions(), source=name)


def test_what_shakes_and_what_is_judged_are_as_with_a_motor_on_its_pin() -> None:
    quiet = play(Config()).result
    by_pin = play(parse("[outputs]\nvibration = true\n")).result
    for motor in ("erm", "lra"):
        by_chip = play(parse(f"{CHIP}haptic_motor = '{motor}'\n")).result
        assert [o for o in by_chip.outputs if o.pin == "vibration" and o.value]
        assert motor == "lra" or by_chip.outputs == by_pin.outputs
        assert [rep.verdict for rep in by_chip.reps] == [rep.verdict for rep in quiet.reps]
        for a, b in zip(by_chip.reps, quiet.reps, strict=True):
            assert a.hip_drop_mm != b.hip_drop_mm  # it is felt
            assert a.hip_drop_mm == pytest.approx(b.hip_drop_mm, abs=6.0)


# -- the configuration ------------------------------------------------------------------------


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    (line,) = caught.value.problems
    return line.removeprefix("configuration: ")


def test_an_mpr121_at_the_same_address_must_give_way() -> None:
    assert problem(f"{CHIP}[pads]\nchip = 'mpr121'\n") == (
        "pads.address: got 0x5A, which drv2605l has on i2c-3 (outputs.haptic), expected another: "
        "strap the mpr121 to 0x5B or 0x5C or 0x5D"
    )
    parse(f"{CHIP}[pads]\nchip = 'mpr121'\naddress = 0x5B\n")
    parse("[outputs]\nvibration = true\n[pads]\nchip = 'mpr121'\n")


def test_a_chip_needs_the_channel_and_its_own_address() -> None:
    assert problem("[outputs]\nhaptic = 'drv2605l'\n") == (
        'outputs.haptic: got "drv2605l", but outputs.vibration is false'
    )
    assert problem(f"{CHIP}haptic_address = 0x5B\n") == (
        "outputs.haptic_address: got 0x5B, expected 0x5A"
    )


def test_without_a_chip_the_outputs_stay_as_they_are() -> None:
    pins = Pins()
    outputs, keep = with_haptic(Config(), pins, {}, VirtualClock(), lambda text: None)
    assert outputs is pins
    assert keep() == 0
