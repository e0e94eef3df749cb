"""The DRV2605L against transcripts written from TI's data sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.drv2605l import Drv2605l, MotorKind
from drivers.errors import BadData, BusFault, ChipTimeout, WrongChip
from tests.drivers.script import MS, FakeClock, ScriptBus, Step, fails, r, run, w

SETTINGS: dict[MotorKind, tuple[str, str]] = {
    "erm": ("16 8E 89", "1A 36 93 F5 A0"),
    "lra": ("16 53 8C", "1A B6 93 F5 80"),
}
RESET = [r("00", reply="E0"), w("01 80"), r("01", reply="80"), r("01", reply="40")]


def up(motor: MotorKind = "erm") -> list[Step]:
    settings = (*SETTINGS[motor], "01 05 00")
    return [*RESET, w(*settings), *[r(line[:2], reply=line[3:]) for line in settings]]


def started(motor: MotorKind = "erm") -> tuple[Drv2605l, ScriptBus, FakeClock]:
    clock, bus = FakeClock(), ScriptBus(0x5A, up(motor))
    chip = Drv2605l(bus, clock, motor=motor)
    run(chip.bring_up(), clock)
    assert bus.steps == []
    return chip, bus, clock


@pytest.mark.parametrize("motor", ["erm", "lra"])
def test_bring_up_ends_in_real_time_mode_with_a_still_motor(motor: MotorKind) -> None:
    chip, _, _ = started(motor)
    assert chip.identity == f"DRV2605L, set up for an {motor.upper()}"
    assert chip.name == "DRV2605L"


def test_a_reset_is_asked_after_every_millisecond() -> None:
    clock, bus = FakeClock(0), ScriptBus(0x5A, up())
    run(Drv2605l(bus, clock).bring_up(), clock)
    assert clock.t_ns == 2 * MS


def test_a_drv2605_without_the_l_will_do() -> None:
    clock, bus = FakeClock(), ScriptBus(0x5A, [r("00", reply="68"), *up()[1:]])
    chip = Drv2605l(bus, clock)
    run(chip.bring_up(), clock)
    assert chip.identity.startswith("DRV2605, ")


@given(st.integers(0, 255))
def test_any_other_device_is_a_wrong_chip(status: int) -> None:
    clock = FakeClock()
    reply = bytes((status,))
    if status >> 5 in (3, 7):
        bus = ScriptBus(0x5A, [r("00", reply=reply), *up()[1:]])
        run(Drv2605l(bus, clock).bring_up(), clock)
        return
    bus = ScriptBus(0x5A, [r("00", reply=reply)] * 2)
    with pytest.raises(WrongChip, match=f"tells device {status >> 5}, expected 3"):
        run(Drv2605l(bus, clock).bring_up(), clock)


def test_a_reset_that_never_ends_is_a_timeout_within_its_bound() -> None:
    clock = FakeClock(0)
    bus = ScriptBus(0x5A, [*RESET[:2], *[r("01", reply="C0")] * 99])
    with pytest.raises(ChipTimeout, match=r"0xC0 \(resetting\)"):
        run(Drv2605l(bus, clock).bring_up(), clock)
    assert clock.t_ns == 50 * MS


@pytest.mark.parametrize("line", range(3))
def test_a_setting_that_does_not_stay_is_told(line: int) -> None:
    clock, steps = FakeClock(), up()
    wrong = steps[5 + line]
    assert isinstance(wrong.reply, bytes)
    steps[5 + line] = wrong._replace(reply=bytes((*wrong.reply[:-1], wrong.reply[-1] ^ 4)))
    with pytest.raises(WrongChip, match="read back"):
        run(Drv2605l(ScriptBus(0x5A, steps), clock).bring_up(), clock)


def test_a_nack_anywhere_in_the_bring_up_is_told_at_once() -> None:
    script = up()
    for k, step in enumerate(script):
        clock, bus = FakeClock(), ScriptBus(0x5A, [*script[:k], step._replace(reply=121)])
        with pytest.raises(BusFault):
            run(Drv2605l(bus, clock).bring_up(), clock)
        assert bus.steps == []


@pytest.mark.parametrize(
    ("level", "raw"), [(0.0, "00"), (1.0, "7F"), (0.5, "40"), (0.25, "20"), (0.004, "01")]
)
def test_a_level_is_a_share_of_127_in_one_transaction_of_3_bytes(level: float, raw: str) -> None:
    chip, bus, _ = started()
    bus.expect(w(f"02 {raw}"))
    chip.drive(level)
    assert (bus.transactions, bus.bytes) == (1, 3)


@pytest.mark.parametrize("level", [-0.01, 1.01])
def test_a_level_that_is_none_reaches_no_chip(level: float) -> None:
    chip, _, _ = started()
    with pytest.raises(ValueError, match="expected 0 to 1"):
        chip.drive(level)


@given(st.integers(0, 255), st.integers(0, 255))
def test_what_looking_after_it_finds(status: int, mode: int) -> None:
    chip, bus, _ = started()
    bus.expect(r("00", reply=bytes((status, mode))))
    if status >> 5 not in (3, 7):
        with pytest.raises(WrongChip):
            chip.read()
    elif status & 1:
        with pytest.raises(BadData, match="over-current"):
            chip.read()
    elif status & 2:
        with pytest.raises(BadData, match="too hot"):
            chip.read()
    elif mode != 5:
        with pytest.raises(BadData, match=f"0x{mode:02X}, expected 0x05.*lost its power"):
            chip.read()
    else:
        chip.read()
    assert bus.steps == []


def test_a_look_is_tried_again_after_a_nack() -> None:
    chip, bus, _ = started()
    bus.expect(fails(121, "00", n=2), r("00", reply="E0 05"))
    chip.read()
    assert chip.retries == 1


def test_stop_is_a_still_motor_and_standby() -> None:
    chip, bus, _ = started()
    bus.expect(w("02 00", "01 40"))
    chip.stop()


def test_settings_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="allowed: 0x5A"):
        Drv2605l(ScriptBus(0x5A), FakeClock(), 0x5B)
    with pytest.raises(ValueError, match="allowed: erm, lra"):
        Drv2605l(ScriptBus(0x5A), FakeClock(), motor="brushless")  # type: ignore[arg-type]  # wrong
