"""Reset values and writable bits, stated a second time from the datasheets."""

from __future__ import annotations

import pytest

from drivers.sim import VirtualClock, bus_with
from drivers.sim.chip import Violation
from drivers.sim.lsm6dsox import SimLsm6dsox
from tests.sim.test_vl53l1x import Rig as Ranger

# ST's lsm6dsox_reg.h: bits of each register that are not "not_used".
LSM_BITS = {
    0x01: 0xC0, 0x02: 0xFF, 0x04: 0xFF, 0x05: 0xFF, 0x06: 0xFF, 0x07: 0xFF, 0x08: 0xD7,
    0x09: 0xFF, 0x0A: 0xF7, 0x0B: 0xE7, 0x0C: 0xFF, 0x0D: 0xFF, 0x0E: 0x7F, 0x10: 0xFE,
    0x11: 0xFE, 0x13: 0x6E, 0x14: 0xEF, 0x15: 0xFF, 0x16: 0xF7, 0x17: 0xFF, 0x18: 0xFE,
    0x19: 0x20, 0x56: 0xFF, 0x5F: 0xFF, 0x73: 0xFF, 0x75: 0xFF,
}  # fmt: skip
LSM_RESET = {0x02: 0x3F, 0x0F: 0x6C, 0x12: 0x04, 0x18: 0xE0}
LSM_READ_ONLY = (0x0F, 0x1A, 0x1E, 0x20, 0x2D, 0x35, 0x3A, 0x3B, 0x40, 0x41, 0x43, 0x49, 0x63, 0x78)
LSM_NOWHERE = (0x00, 0x03, 0x1F, 0x2E, 0x34, 0x3C, 0x44, 0x64, 0x76, 0x7F, 0xFF)


def _imu() -> SimLsm6dsox:
    bus = bus_with("lsm6dsox", clock=VirtualClock())
    return bus.chip(SimLsm6dsox)


def _put(chip: SimLsm6dsox, at: int, value: int) -> None:
    chip.on_write(bytes((at, value)), chip.clock.now_ns())


def _get(chip: SimLsm6dsox, at: int) -> int:
    chip.on_write(bytes((at,)), chip.clock.now_ns())
    return chip.on_read(1, chip.clock.now_ns())[0]


@pytest.mark.parametrize(("at", "bits"), LSM_BITS.items())
def test_lsm6dsox_keeps_its_bits_and_notes_the_others(at: int, bits: int) -> None:
    chip = _imu()
    assert _get(chip, at) == LSM_RESET.get(at, 0)
    _put(chip, at, bits)
    assert chip.violations == []
    assert _get(chip, at) == bits
    if at == 0x01:
        _put(chip, at, 0)  # back to the user bank
    _put(chip, at, 0xFF)
    assert _get(chip, at) == bits
    noted = [Violation("reserved_bits", at, 0xFF)] if bits != 0xFF else []
    assert chip.violations == noted


@pytest.mark.parametrize("at", LSM_READ_ONLY)
def test_lsm6dsox_read_only(at: int) -> None:
    chip = _imu()
    before = _get(chip, at)
    _put(chip, at, before ^ 0x55)
    assert _get(chip, at) == before
    assert chip.violations == [Violation("read_only", at, before ^ 0x55)]


@pytest.mark.parametrize("at", LSM_NOWHERE)
def test_lsm6dsox_has_no_such_register(at: int) -> None:
    chip = _imu()
    _get(chip, at)
    _put(chip, at, 1)
    assert [v.kind for v in chip.violations] == ["unknown_read", "unknown_write"]


# ST's vl53l1_register_map.h, "default".
@pytest.mark.parametrize(
    ("at", "n", "value"),
    [
        (0x0000, 1, 0x01),
        (0x0002, 2, 0x0210),
        (0x0006, 2, 0xAF00),
        (0x0008, 1, 0x81),
        (0x000B, 1, 0x20),
        (0x0016, 2, 0),
        (0x0024, 2, 0x0380),
        (0x002E, 1, 0),
        (0x0046, 1, 0),
        (0x004B, 1, 0x04),
        (0x0060, 1, 0x0B),
        (0x0063, 1, 0x09),
        (0x0064, 2, 0x0080),
        (0x0069, 1, 0x80),
        (0x006C, 4, 0),
        (0x0078, 4, 0x0B090A0A),
        (0x007F, 3, 0xC7FFFF),
        (0x0087, 2, 0),
        (0x00DE, 2, 36),
        (0x013E, 2, 0xC7FF),
    ],
)
def test_vl53l1x_resets(at: int, n: int, value: int) -> None:
    assert Ranger().get(at, n) == value


def test_vl53l1x_factory_offsets_agree() -> None:
    rig = Ranger(seed=3)
    outer = rig.get(0x22, 2)
    signed = outer - 0x10000 if outer & 0x8000 else outer
    assert rig.get(0x20, 2) == outer
    assert rig.get(0x1E, 2) == (signed * 4) & 0x1FFF
    assert signed == -rig.chip.part_offset_mm != 0


def test_vl53l1x_clears_only_by_bit_zero_and_the_bit_clears_itself() -> None:
    rig = Ranger()
    rig.set_up()
    rig.put(0x87, "40")
    rig.wait()
    rig.put(0x86, "02")
    assert rig.get(0x31) & 1
    assert rig.get(0x88) & 0x07
    rig.put(0x86, "01")
    assert not rig.get(0x31) & 1
    assert rig.get(0x86) == 0


def test_vl53l1x_without_new_sample_interrupt_nothing_is_ready() -> None:
    rig = Ranger()
    rig.set_up()
    rig.put(0x46, "01")  # above the high threshold
    rig.put(0x72, "0400")
    rig.put(0x87, "40")
    with pytest.raises(TimeoutError):
        rig.wait(300.0)
    rig.clock.advance(1_000_000_000)  # many unseen in one go
    assert not rig.get(0x31) & 1
    assert rig.result().status == 9


def test_vl53l1x_second_spad_selection_costs_its_time() -> None:
    took = []
    for sequence in ("9B", "8B"):
        rig = Ranger()
        rig.set_up(20, 5.0)
        rig.put(0x81, sequence)
        start = rig.clock.now_ns()
        rig.put(0x87, "40")
        took.append((rig.wait() - start) * 1e-6)
    assert took[0] - took[1] == pytest.approx(6.8, abs=0.5)


def test_vl53l1x_phase_is_the_range_in_clocks_of_a_2048th() -> None:
    rig = Ranger()
    rig.set_up()
    rig.put(0x87, "40")
    rig.wait()
    assert rig.get(0x94, 2) == pytest.approx(555.0 / 199.6 * 2048, abs=2)


def test_vl53l1x_an_index_of_one_byte_and_the_results_are_noted() -> None:
    rig = Ranger()
    rig.bus.write(0x29, b"\x05")
    rig.put(0x88, "01")
    assert rig.chip.violations == [
        Violation("protocol", 0x05, 1),
        Violation("read_only", 0x88, 0x01),
    ]
    assert rig.get(0x88) == 0
