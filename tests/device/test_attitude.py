"""Attitude on rotations whose answer is known, with noise, in every mounting."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import pytest

from device.attitude import AS_BUILT, GRAVITY, Attitude, Mounting, Pose
from device.mounting import rotation
from drivers.samples import ImuSample
from tests.device.rig import ODR_HZ, World, imu_samples, visit

STEP_NS = round(1e9 / ODR_HZ)


def turned(tilt_deg: float, side_deg: float = 0.0, **rates: float) -> ImuSample:
    """Still, leaning forward by tilt and to the left by side."""
    th, la = radians(tilt_deg), radians(side_deg)
    return ImuSample(
        0,
        GRAVITY * cos(th) * cos(la),
        GRAVITY * sin(la),
        GRAVITY * sin(th) * cos(la),
        rates.get("gx", 0.0),
        rates.get("gy", 0.0),
        rates.get("gz", 0.0),
    )


def feed(attitude: Attitude, sample: ImuSample, count: int = 200) -> Pose:
    for i in range(count):
        pose = attitude.update(sample._replace(t_ns=i * STEP_NS))
    return pose


@pytest.mark.parametrize(
    ("tilt", "side"),
    [(0, 0), (30, 0), (-20, 0), (90, 0), (-90, 0), (170, 0), (0, 15), (0, -15), (40, 10)],
)
def test_gravity_alone_says_tilt_and_side_with_their_signs(tilt: float, side: float) -> None:
    pose = feed(Attitude(ODR_HZ), turned(tilt, side))
    # The side lean is measured against the sagittal plane.
    assert pose.tilt_abs_deg == pytest.approx(tilt, abs=0.05)
    assert pose.side_deg == pytest.approx(side, abs=0.05)
    assert pose.up_mps2 == pytest.approx(0, abs=1e-3)
    assert pose.rate_dps == 0


def test_the_rate_is_the_magnitude_in_degrees() -> None:
    pose = Attitude(ODR_HZ).update(turned(0, gx=radians(20), gy=radians(-40), gz=radians(40)))
    assert pose.rate_dps == pytest.approx(60)


def test_a_lift_shows_upwards_at_any_tilt() -> None:
    for tilt in (0.0, 45.0):
        attitude = Attitude(ODR_HZ)
        still = turned(tilt)
        feed(attitude, still)
        lifted = still._replace(
            ax=still.ax * (1 + 0.5 / GRAVITY), az=still.az * (1 + 0.5 / GRAVITY)
        )
        assert attitude.update(lifted).up_mps2 == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_hinge_is_followed_through_noise(noise: float) -> None:
    track = visit().rep().rep(down_s=0.8, up_s=0.7)
    attitude = Attitude(ODR_HZ)
    samples = imu_samples(track, noise=noise, seed=3)
    poses = [attitude.update(sample) for sample in samples]
    truth, _, _ = track.at(np.arange(len(samples)) / ODR_HZ)
    error = np.array([pose.tilt_abs_deg for pose in poses]) - truth
    assert np.max(np.abs(error)) < 0.7
    assert float(np.sqrt(np.mean(error**2))) < 0.3
    assert max(abs(pose.side_deg) for pose in poses) < 1.5


@pytest.mark.parametrize(
    "words", ["x up, z wall", "-x up, z wall", "y up, -x wall", "z up, y wall"]
)
def test_every_mounting_gives_the_same_pose(words: str) -> None:
    matrix: Mounting = rotation(words)
    chip_from_dowel = np.array(matrix).T
    expected, found = Attitude(ODR_HZ), Attitude(ODR_HZ, matrix)
    for sample in imu_samples(visit(0.5).rep(), noise=1.0):
        force = (chip_from_dowel @ np.array(sample[1:4])).tolist()
        rate = (chip_from_dowel @ np.array(sample[4:7])).tolist()
        at_chip = ImuSample(sample.t_ns, *force, *rate)
        a, b = expected.update(sample), found.update(at_chip)
        assert b.tilt_abs_deg == pytest.approx(a.tilt_abs_deg, abs=1e-6)
        assert b.up_mps2 == pytest.approx(a.up_mps2, abs=1e-6)
    assert a.tilt_abs_deg == pytest.approx(3.0, abs=0.5)


def test_a_wrong_sign_in_the_mounting_does_not_go_unseen() -> None:
    upside_down: Mounting = ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
    assert abs(feed(Attitude(ODR_HZ, upside_down), turned(10)).tilt_abs_deg) > 150
    turned_about: Mounting = ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))
    assert feed(Attitude(ODR_HZ, turned_about), turned(10)).tilt_abs_deg == pytest.approx(
        -10, abs=0.1
    )
    assert rotation("x up, z wall") == AS_BUILT


def test_anew_forgets_the_pose_but_not_the_bias() -> None:
    biased = turned(40)._replace(gy=radians(0.5))
    attitude = Attitude(ODR_HZ)
    feed(attitude, biased, 4000)
    fresh = attitude.anew()
    assert feed(fresh, turned(3)._replace(gy=radians(0.5)), 1).tilt_abs_deg == pytest.approx(
        3, abs=0.1
    )
    # The old one would take seconds to believe it.
    assert feed(attitude, turned(3)._replace(gy=radians(0.5)), 1).tilt_abs_deg > 30
    drifted = [fresh.update(turned(3)._replace(gy=radians(0.5))) for _ in range(200)]
    assert drifted[-1].tilt_abs_deg == pytest.approx(3, abs=0.1)


def test_worlds_are_repeatable_and_seeds_differ() -> None:
    one = World(visit(), noise=1.0, seed=1).ticks()
    assert one == World(visit(), noise=1.0, seed=1).ticks()
    assert one != World(visit(), noise=1.0, seed=2).ticks()


def test_a_calibrated_bias_is_in_force_from_the_first_sample() -> None:
    """An upright dowel that only seems to turn about itself: with the bias known it does not."""
    bias = radians(2.0)
    turned = {}
    for name, known in (("unknown", None), ("known", bias), ("wrong sign", -bias)):
        vector = None if known is None else (known, 0.0, 0.0)
        attitude = Attitude(ODR_HZ, gyro_bias_rad_s=vector)
        for k in range(round(ODR_HZ)):
            pose = attitude.update(ImuSample(round(k * 1e9 / ODR_HZ), GRAVITY, 0, 0, bias, 0, 0))
        turned[name] = abs(pose.heading_deg)
    assert turned["known"] < 0.1
    assert turned["unknown"] > 0.5
    assert turned["wrong sign"] > turned["unknown"] + 0.5
