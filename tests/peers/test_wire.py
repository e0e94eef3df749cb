"""What a sample costs on the wire: ours near the least, public drivers beside it."""

from __future__ import annotations

import pytest

from drivers import CHIPS
from tests.peers.wire import LEAST_BYTES, WAYS, Way, WireCost, cost

COSTS: dict[Way, WireCost] = {}


def cost_of(chip: str, driver: str) -> WireCost:
    way = next(way for way in WAYS if way.chip == chip and way.driver.startswith(driver))
    return COSTS.setdefault(way, cost(way))


def test_every_chip_is_in_the_table() -> None:
    assert {way.chip for way in WAYS} == set(CHIPS) == set(LEAST_BYTES)


@pytest.mark.parametrize(
    ("chip", "driver", "transactions", "n_bytes", "wire_us"),
    [
        ("vl53l1x", "ours, GPIO1", 1.0, 25.0, 573.0),
        ("lsm6dsox", "ours, batches", 0.5, 16.0, 365.0),
        ("lsm6dsv16x", "ours, batches", 0.56, 16.3, 375.0),  # 3.6 a batch: 240 Hz
        ("mpu6050", "ours, batches", 0.5, 14.0, 320.0),
    ],
)
def test_ours_is_at_the_least_there_is(
    chip: str, driver: str, transactions: float, n_bytes: float, wire_us: float
) -> None:
    found = cost_of(chip, driver)
    assert found == pytest.approx((transactions, n_bytes, wire_us), rel=0.05)
    assert found.bytes == pytest.approx(LEAST_BYTES[chip], rel=0.05)


@pytest.mark.parametrize("chip", ["vl53l1x", "vl53l4cd"])
def test_a_polled_ranger_is_asked_hardly_more_than_once_a_range(chip: str) -> None:
    # 30 bytes: a poll that finds it, then clear and result in one transaction
    assert cost_of(chip, "ours, polled").bytes <= 32.0
    assert cost_of(chip, "ours, polled").transactions <= 2.4


@pytest.mark.parametrize(
    ("chip", "driver", "transactions", "n_bytes"),
    [
        ("vl53l1x", "Adafruit", 9, 25),
        ("lsm6dsox", "Adafruit", 2, 18),
        ("mpu6050", "Adafruit", 7, 34),
        ("mpu6050", "mpu6050-raspberrypi", 14, 56),
        ("mpr121", "Adafruit", 3, 15),
    ],
)
def test_public_drivers_cost_what_was_counted_elsewhere(
    chip: str, driver: str, transactions: float, n_bytes: float
) -> None:
    found = cost_of(chip, driver)
    assert (found.transactions, found.bytes) == pytest.approx((transactions, n_bytes), rel=0.02)
