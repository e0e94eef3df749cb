"""The simulated camera: the right picture at the right time, and what goes wrong with cameras."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from drivers.camera import Camera, Frame, pace_of
from drivers.errors import CameraFault
from drivers.sim import VirtualClock
from drivers.sim.camera import READ_NS, SimCamera
from drivers.sim.drawing import MARKERS, SEEN_M, WALL_AT, WOOD, Look
from drivers.sim.film import Figure
from drivers.sim.person import Person, Script
from drivers.sim.smooth import Array

SMALL = (160, 120)


class Moving:
    """Somebody who walks off at 1 m/s; ``asked`` has when they were looked at."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def figure(self, t_ns: int) -> Figure | None:
        self.asked.append(t_ns)
        fwd = 0.5 + (t_ns % 10**12) * 1e-9
        place: dict[str, Array] = {
            name: np.array([fwd, up])
            for name, up in (("ankle", 0.07), ("knee", 0.5), ("hip", 0.9), ("c7", 1.4))
        }
        return Figure({**place, "head": np.array([fwd, 1.6])}, None, 1.0)


class Nobody:
    def figure(self, t_ns: int) -> Figure | None:
        del t_ns
        return None


def made(
    view: Moving | Nobody | Script | Person | None = None,
    size: tuple[int, int] = SMALL,
    fps: float = 30.0,
    pre_roll_s: float = 1.0,
    exposure_us: int | None = None,
    **how: float,
) -> tuple[SimCamera, VirtualClock]:
    clock = VirtualClock(10**12)
    camera = SimCamera(view or Nobody(), clock, **how)  # type: ignore[arg-type]  # floats only
    door: Camera = camera
    door.configure(size, fps, pre_roll_s, exposure_us)
    door.start()
    return camera, clock


def take(camera: SimCamera, n: int) -> list[Frame]:
    return list(islice(camera.frames(), n))


def stamps(frames: Sequence[Frame]) -> list[int]:
    return [frame.t_ns for frame in frames]


def brightness(frame: Frame) -> float:
    return float(frame.rgb.mean())


def test_frames_come_at_the_sensors_pace_and_after_their_stamp() -> None:
    camera, clock = made(fps=50.0, jitter_us=40.0, off_ppm=200.0)
    frames = take(camera, 200)
    pace = pace_of(stamps(frames))
    assert pace.rate_hz == pytest.approx(50.0 * (1 - 200e-6), rel=2e-5)
    # An interval has the jitter of two stamps.
    assert pace.jitter_us == pytest.approx(40.0 * 2**0.5, rel=0.2)
    assert pace.dropped == 0
    assert clock.now_ns() == frames[-1].t_ns + READ_NS
    assert frames[0].rgb.shape == (120, 160, 3)
    assert camera.identity == "simulated"


def test_the_picture_shows_the_middle_of_the_exposure() -> None:
    view = Moving()
    camera, _ = made(view, exposure_us=6000)
    (frame,) = take(camera, 1)
    assert frame.exposure_us == 6000
    assert view.asked == [frame.t_ns - 3_000_000]


def test_the_same_seed_gives_the_same_pictures_and_another_one_others() -> None:
    one, other, third = (take(made(Moving(), seed=s)[0], 3) for s in (1, 1, 2))
    assert stamps(one) == stamps(other) != stamps(third)
    for a, b, c in zip(one, other, third, strict=True):
        np.testing.assert_array_equal(a.rgb, b.rgb)
        assert (a.rgb != c.rgb).any()


def test_lost_frames_and_a_slow_taker() -> None:
    camera, clock = made()
    take(camera, 5)
    camera.lose(2)
    assert pace_of(stamps(take(camera, 10))).dropped == 0
    camera.lose(2)
    frames = camera.frames()
    seen = [next(frames)]
    camera.lose(3)
    seen += list(islice(frames, 5))
    assert pace_of(stamps(seen)).dropped == 3
    # One who sleeps for a second finds the newest six.
    clock.advance(1_000_000_000)
    late = next(camera.frames())
    assert clock.now_ns() - late.t_ns - READ_NS < 6 * 33_400_000
    assert late.t_ns - seen[-1].t_ns > 700_000_000


def test_a_stalled_camera_is_said_after_a_second_and_comes_back() -> None:
    camera, clock = made()
    (last,) = take(camera, 1)
    camera.stall()
    began_ns = clock.now_ns()
    with pytest.raises(CameraFault, match="no frame for 1 s"):
        take(camera, 10)
    assert 0.9e9 <= clock.now_ns() - began_ns <= 1.1e9
    camera.resume()
    (first,) = take(camera, 1)
    assert first.t_ns > last.t_ns + 900_000_000
    assert clock.now_ns() - first.t_ns - READ_NS < 40_000_000


def test_less_light_is_longer_exposure_then_a_darker_picture() -> None:
    camera, _ = made()
    (lit,) = take(camera, 1)
    camera.light = 0.5
    (dim,) = take(camera, 1)
    camera.light = 0.1
    (dark,) = take(camera, 1)
    assert (lit.exposure_us, dim.exposure_us) == (8000, 16000)
    assert dark.exposure_us == pytest.approx(33_338, abs=5)
    assert brightness(dim) == pytest.approx(brightness(lit), rel=0.03)
    assert brightness(dark) < 0.6 * brightness(lit)
    fixed, _ = made(exposure_us=2000)
    assert brightness(take(fixed, 1)[0]) == pytest.approx(brightness(lit) / 4, rel=0.1)


def test_a_clip_is_the_pre_roll_up_to_now_and_the_next_one_what_came_since(
    tmp_path: Path,
) -> None:
    camera, clock = made(Moving(), pre_roll_s=1.0)
    frames = take(camera, 60)
    clip = camera.clip(tmp_path / f"a{camera.clip_suffix}")
    assert list(clip.t_ns) == stamps(frames)[-len(clip.t_ns) :]
    assert clock.now_ns() - clip.t_ns[0] <= 1_000_000_000
    assert len(clip.t_ns) in (29, 30)
    with Image.open(clip.path) as image:
        shown = [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(image)]
        assert len(shown) == len(clip.t_ns)
        assert image.info["Comment"] == "t_ns " + " ".join(map(str, clip.t_ns))
    middles = [_person_at(each) for each in shown]
    # At 1 m/s and 48 pixels a metre: 1.6 pixels a frame, to the right.
    steps = [b - a for a, b in pairwise(middles[:20])]
    assert np.mean(steps) == pytest.approx(120 / SEEN_M / 30, rel=0.1)
    camera.lose(1)
    more = take(camera, 4)
    again = camera.clip(tmp_path / "b.png")
    assert list(again.t_ns) == stamps(more)


def _person_at(rgb: NDArray[np.uint8]) -> float:
    """Column of the shorts, the only thing that is dark blue."""
    dark = (rgb[..., 2].astype(int) > rgb[..., 0].astype(int) + 20) & (rgb[..., 0] < 70)
    return float(np.nonzero(dark)[1].mean())


def test_no_clip_before_the_first_frame(tmp_path: Path) -> None:
    camera, _ = made()
    with pytest.raises(CameraFault, match="clip before the first frame"):
        camera.clip(tmp_path / "a.png")
    with pytest.raises(CameraFault, match="expected configure first"):
        SimCamera(Nobody(), VirtualClock()).start()


def test_closed_it_gives_no_more() -> None:
    camera, _ = made()
    frames = camera.frames()
    next(frames)
    camera.close()
    assert list(frames) == []


# -- what is in the picture ---------------------------------------------------------------------


def seen_at(t_s: float, marker_m: float = 0.0) -> tuple[NDArray[np.uint8], Figure]:
    clock = VirtualClock()
    script = Script([("stand", {"for_s": 1}), ("hinge", {"down_s": 1.5})], t0_ns=clock.now_ns())
    camera = SimCamera(script, clock, look=Look((0.9,), marker_m), off_ppm=0, jitter_us=0)
    camera.configure((640, 480), 10.0)
    camera.start()
    frame = take(camera, round(t_s * 10))[-1]
    figure = script.figure(frame.t_ns - 500 * (frame.exposure_us or 0))
    assert figure is not None
    return frame.rgb, figure


def pixel(place: Array) -> tuple[int, int]:
    """Row and column of a place, as the picture's scale says."""
    scale = 480 / SEEN_M
    return round(0.93 * 480 - scale * place[1]), round(WALL_AT * 640 + scale * place[0])


@pytest.mark.parametrize("t_s", [0.5, 2.5])
def test_the_dowel_lies_where_the_body_carries_it(t_s: float) -> None:
    rgb, figure = seen_at(t_s)
    assert figure.dowel is not None
    for share in (0.7, 0.8, 0.9, 0.97):  # above the head nothing hides it
        row, column = pixel(figure.dowel[0] + share * (figure.dowel[1] - figure.dowel[0]))
        np.testing.assert_allclose(rgb[row, column], WOOD, atol=25)


def test_the_wall_is_behind_and_the_room_before_the_person() -> None:
    rgb, _ = seen_at(0.5)
    assert np.ptp(rgb[100:400:20, 10].astype(int), axis=0).max() < 30
    assert (rgb[200, 10].astype(int) < rgb[200, 500]).all()
    # The ranger's box, 0.9 m up.
    assert rgb[pixel(np.array([-0.08, 0.9]))].max() < 70


@pytest.mark.parametrize("t_s", [0.5, 2.5])
def test_markers_are_printed_square_along_their_segment(t_s: float) -> None:
    rgb, figure = seen_at(t_s, marker_m=0.12)
    points = figure.points
    for bits, low, high in ((MARKERS[0], "ankle", "knee"), (MARKERS[1], "knee", "hip")):
        middle, up = (points[low] + points[high]) / 2, points[high] - points[low]
        up = up / np.hypot(*up)
        right = np.array([up[1], -up[0]])
        read = 0
        for cell in range(16):
            along, across = 1.5 - cell // 4, cell % 4 - 1.5
            at = pixel(middle + 0.02 * (along * up + across * right))
            read = read << 1 | int(rgb[at].mean() > 128)
        assert read == bits


def test_on_the_hook_the_dowel_stays_while_somebody_walks_up() -> None:
    person = Person(seed=3)
    first, later = person.figure(0), person.figure(2_000_000_000)
    assert first is not None
    assert later is not None
    assert first.dowel is not None
    assert later.dowel is not None
    np.testing.assert_allclose(first.dowel, later.dowel, atol=1e-9)
    assert first.points["hip"][0] - later.points["hip"][0] > 1.0
    # It hangs straight, in front of the wall, and is worn later.
    assert np.ptp(first.dowel[:, 0]) == pytest.approx(0)
    worn = person.figure(9_500_000_000)
    assert worn is not None
    assert worn.dowel is not None
    assert worn.points["hip"][0] - worn.dowel[0, 0] == pytest.approx(0.14, abs=0.01)
    assert worn.dowel[0, 0] > 0.3
