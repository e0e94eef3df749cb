"""A simulated camera that looks at the person from the side. Satisfies ``drivers.camera.Camera``.

Deterministic by its seed: the n-th frame is the same whenever it is looked at, so the pre-roll
keeps no pictures and a clip is drawn when it is wanted. Clips are animated PNGs, which every
browser shows and which need no encoder; without the sensor's grain, which would make them large.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from drivers.camera import FRAME_WAIT_S, Clip, Frame, Picture, frameless
from drivers.clock import Clock
from drivers.errors import CameraFault
from drivers.png import film
from drivers.sim.drawing import Look, draw, room
from drivers.sim.film import View

QUEUED = 6
"""Frames that wait for a slow taker; then the oldest are lost (picamera2 has as many buffers)."""
EXPOSED_US = 8000
"""Exposure that gives a picture of the right brightness in a lit room."""
READ_NS = 30_000_000
"""From the stamp until the frame is there: the rest of the read-out, and the image processor."""


class SimCamera:
    """A camera before ``view``, on ``clock``.

    ``jitter_us`` is the SD of the sensor's stamps, ``off_ppm`` how much slower its clock runs
    than asked. Verbs: ``lose`` frames, ``stall`` and ``resume`` it, dim the ``light`` (1 = lit).
    """

    clip_suffix = ".png"

    def __init__(
        self,
        view: View,
        clock: Clock,
        seed: int = 0,
        look: Look | None = None,
        jitter_us: float = 20.0,
        off_ppm: float = 150.0,
    ) -> None:
        self.identity = ""
        self.light = 1.0
        self._view, self._clock, self._seed = view, clock, seed
        self._look = look or Look()
        self._jitter_ns, self._off = jitter_us * 1000, 1 + off_ppm * 1e-6
        self._lost: set[int] = set()
        self._stalled_ns: list[tuple[int, int | None]] = []
        self._taken = self._kept_from = 0
        self._start_ns: int | None = None
        self._size = (0, 0)

    def configure(
        self,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
        pre_roll_s: float = 5.0,
        exposure_us: int | None = None,
    ) -> None:
        self._size, self._pre_roll_ns = size, round(pre_roll_s * 1e9)
        self._period_ns = 1e9 / fps * self._off
        self._exposure_us = exposure_us
        self._room = room(size, self._look)
        grain = np.random.default_rng(self._seed).normal(0.0, 1.0, (size[1], size[0], 1))
        self._grain = grain.astype(np.float32)
        self.identity = "simulated"

    def start(self) -> None:
        if not self.identity:
            raise CameraFault("camera: started before it was configured, expected configure first.")
        self._start_ns = self._clock.now_ns()
        self._taken = self._kept_from = 0

    def frames(self) -> Iterator[Frame]:
        while self._start_ns is not None:
            newest = self._newest(self._clock.now_ns())
            self._taken = max(self._taken, newest + 1 - QUEUED)
            wait_until_ns = self._clock.now_ns() + round(FRAME_WAIT_S * 1e9)
            while not self._comes(self._taken):
                self._taken += 1
                if self._there_ns(self._taken) > wait_until_ns:
                    self._clock.sleep_until_ns(wait_until_ns)
                    raise frameless()
            n = self._taken
            self._taken += 1
            self._clock.sleep_until_ns(self._there_ns(n))
            yield Frame(self._stamp_ns(n), self._picture(n), self._exposed_us())

    def clip(self, path: Path) -> Clip:
        now_ns = self._clock.now_ns()
        newest = -1 if self._start_ns is None else self._newest(now_ns)
        kept = [n for n in range(self._kept_from, newest + 1) if self._comes(n)]
        kept = [n for n in kept if now_ns - self._stamp_ns(n) <= self._pre_roll_ns]
        if not kept:
            raise CameraFault("camera: clip before the first frame, expected it after one.")
        t_ns = tuple(self._stamp_ns(n) for n in kept)
        ends_ns = (*t_ns[1:], t_ns[-1] + round(self._period_ns))
        shown_ms = [
            min(max(round(b / 1e6) - round(a / 1e6), 1), 65535)
            for a, b in zip(t_ns, ends_ns, strict=True)
        ]
        words = "t_ns " + " ".join(map(str, t_ns))
        path.write_bytes(film((self._picture(n, 0.0) for n in kept), shown_ms, words))
        self._kept_from = newest + 1
        return Clip(path, t_ns)

    def close(self) -> None:
        self._start_ns = None

    # -- what can go wrong ------------------------------------------------------------------

    def lose(self, frames: int) -> None:
        """The next so many frames never come."""
        first = max(self._taken, self._newest(self._clock.now_ns()) + 1)
        self._lost.update(range(first, first + frames))

    def stall(self) -> None:
        """From now on nothing comes, as with a cable that slipped."""
        self._stalled_ns.append((self._clock.now_ns(), None))

    def resume(self) -> None:
        """Frames come again."""
        began_ns, _ = self._stalled_ns.pop()
        self._stalled_ns.append((began_ns, self._clock.now_ns()))

    # -- the n-th frame -----------------------------------------------------------------------

    def _stamp_ns(self, n: int) -> int:
        begun_ns = self._start_ns or 0
        jitter = np.random.default_rng((self._seed, n)).normal(0.0, self._jitter_ns)
        return begun_ns + round((n + 1) * self._period_ns + float(jitter))

    def _there_ns(self, n: int) -> int:
        return self._stamp_ns(n) + READ_NS

    def _newest(self, now_ns: int) -> int:
        """The last frame that is there at ``now_ns``; -1 before the first."""
        n = int((now_ns - (self._start_ns or 0) - READ_NS) / self._period_ns)
        while n >= 0 and self._there_ns(n) > now_ns:
            n -= 1
        return max(n, -1)

    def _comes(self, n: int) -> bool:
        t_ns = self._stamp_ns(n)
        return n not in self._lost and not any(
            began <= t_ns and (ended is None or t_ns < ended) for began, ended in self._stalled_ns
        )

    def _exposed_us(self) -> int:
        if self._exposure_us is not None:
            return self._exposure_us
        return round(min(EXPOSED_US / max(self.light, 1e-3), self._period_ns / 1000))

    def _picture(self, n: int, grainy: float = 1.5) -> Picture:
        exposed_us = self._exposed_us()
        figure = self._view.figure(self._stamp_ns(n) - 500 * exposed_us)
        canvas = self._room.copy()
        if figure is not None:
            draw(canvas, figure, self._look)
        bright = self.light * exposed_us / EXPOSED_US
        seen = bright * canvas.rgb
        if grainy:
            rng = np.random.default_rng((self._seed, n))
            grain = np.roll(self._grain, rng.integers(0, self._size[::-1]), axis=(0, 1))
            # Less light, more grain: what is missing is made up by gain.
            seen += grain * (grainy / max(self.light, 0.05) ** 0.5)
        picture: Picture = np.clip(seen + 0.5, 0, 255).astype(np.uint8)
        return picture
