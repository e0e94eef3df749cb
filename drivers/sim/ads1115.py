"""An ADS1115 with three force pads (FSR) on channels 0..2, at register level.

Registers: TI SBAS444. A pad is a divider: FSR to 3.3 V, 10 kohm to ground; the FSR conducts in
proportion to the force (1 N = 12 kohm) beside the 1 Mohm it has unloaded, creeps by 5 % per
decade of seconds under load, and the input shows 0.5 mV of noise. Channel 3 is tied to ground.
"""

from __future__ import annotations

import math

from drivers.clock import Clock
from drivers.sim.chip import NEVER_NS, SimChip
from drivers.sim.scene import Scene

_CONVERSION, _CONFIG, _LOW, _HIGH = range(4)
_RESET = (0x0000, 0x8583, 0x8000, 0x7FFF)
_RATES_SPS = (8, 16, 32, 64, 128, 250, 475, 860)
_FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
_DIFFERENTIAL = ((0, 1), (0, 3), (1, 3), (2, 3))
_WAKE_NS = 40_000

SUPPLY_V = 3.3
_PULL_OHM = 10_000.0
_UNLOADED_S = 1.0 / 1_000_000.0
_SIEMENS_PER_N = 1.0 / 12_000.0
_CREEP_PER_DECADE = 0.05
_NOISE_V = 0.0005
_LOADED_N = 0.1


def fsr_volts(force_n: float, loaded_s: float = 0.0) -> float:
    """Divider's voltage at ``force_n`` newtons after ``loaded_s`` seconds under load."""
    creep = 1.0 + _CREEP_PER_DECADE * math.log10(max(loaded_s, 1.0))
    conducts = _UNLOADED_S + max(force_n, 0.0) * _SIEMENS_PER_N * creep
    return SUPPLY_V * _PULL_OHM / (1.0 / conducts + _PULL_OHM)


class SimAds1115(SimChip):
    """The chip. Its conversion time is up to 10 % off, by seed (``rate_error``)."""

    kind = "ads1115"
    sensor = "pads"
    default_address = 0x48
    boot_ns = 50_000

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(clock, scene, address, index=index, seed=seed)
        self.rate_error = self.rng.uniform(-0.1, 0.1)
        self._loaded_ns: list[int | None] = [None, None, None]
        self._stuck = False
        self.stuck_at_v = 2.0
        """What every conversion reads while it is stuck."""
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        self._regs = list(_RESET)
        self._pointer = 0
        self._done_ns = NEVER_NS
        self._busy = False
        self._running = _RESET[_CONFIG]  # what the conversion under way was started with

    # -- the bus's side ------------------------------------------------------------------

    def on_write(self, data: bytes, t_ns: int) -> None:
        size = len(data)
        if not size:
            return
        if data[0] > 3:
            self.violate("unknown_write", data[0], size)
        self._pointer = data[0] & 3
        if size == 1:
            return
        if size != 3:
            self.violate("protocol", data[0], size)
            if size < 3:
                return
        self._settle(t_ns)
        value = data[1] << 8 | data[2]
        if self._pointer == _CONVERSION:
            self.violate("read_only", _CONVERSION, value)
        elif self._pointer == _CONFIG:
            self._configure(value, t_ns)
        else:
            self._regs[self._pointer] = value

    def on_read(self, n: int, t_ns: int) -> bytes:
        if self._done_ns <= t_ns:
            self._settle(t_ns)
        value = self._regs[self._pointer]
        if self._pointer == _CONFIG:
            value = value & 0x7FFF | (0 if self._busy else 0x8000)
        if n == 2:
            return bytes((value >> 8, value & 0xFF))
        if n > 2:
            self.violate("protocol", self._pointer, n)
        return bytes((value >> 8, value & 0xFF))[:n].ljust(n, b"\xff")

    def on_general_call(self, data: bytes, t_ns: int) -> bool:
        if data == b"\x06":
            self.reset(t_ns)
        return True

    # -- converting ----------------------------------------------------------------------

    def _configure(self, value: int, t_ns: int) -> None:
        was_continuous = not self._regs[_CONFIG] & 0x0100
        self._regs[_CONFIG] = value & 0x7FFF
        if not value & 0x0100:
            if not (was_continuous and self._busy):
                self._begin(value, t_ns + _WAKE_NS)
            # else the conversion under way ends with the old settings: the old channel's value
        elif value & 0x8000:
            if self._busy and not was_continuous:
                self.violate("protocol", _CONFIG, value)  # OS has no effect while converting
            else:
                self._begin(value, t_ns + _WAKE_NS)
        elif was_continuous:
            self._busy = False
            self._done_ns = NEVER_NS

    def _begin(self, config: int, t_ns: int) -> None:
        self._running = config & 0x7FFF
        self._busy = True
        self._done_ns = NEVER_NS if self._frozen else t_ns + self._takes_ns(config)

    def _takes_ns(self, config: int) -> int:
        return int(1e9 / _RATES_SPS[config >> 5 & 7] * (1.0 + self.rate_error))

    def _settle(self, t_ns: int) -> None:
        done_ns = self._done_ns
        if done_ns > t_ns:
            return
        takes_ns = self._takes_ns(self._running)
        if self._regs[_CONFIG] & 0x0100:
            self._busy = False
            self._done_ns = NEVER_NS
        else:
            config = self._regs[_CONFIG]
            if self._running != config:  # settings take effect at the end of a conversion
                self._convert(done_ns, takes_ns)
                self._running = config
                takes_ns = self._takes_ns(config)
                done_ns += takes_ns
                if done_ns > t_ns:
                    self._done_ns = done_ns
                    return
            done_ns += (t_ns - done_ns) // takes_ns * takes_ns
            self._done_ns = done_ns + takes_ns
        self._convert(done_ns, takes_ns)

    def _convert(self, done_ns: int, takes_ns: int) -> None:
        """The converter averages over its time: the value is that of its middle."""
        config = self._running
        mux = config >> 12 & 7
        at_ns = done_ns - takes_ns // 2
        if mux >= 4:
            volts = self._volts(mux - 4, at_ns)
        else:
            plus, minus = _DIFFERENTIAL[mux]
            volts = self._volts(plus, at_ns) - self._volts(minus, at_ns)
        if self._stuck:
            volts = self.stuck_at_v
        code = round(volts / _FULL_SCALE_V[config >> 9 & 7] * 32768.0)
        self._regs[_CONVERSION] = min(max(code, -32768), 32767) & 0xFFFF

    def _volts(self, channel: int, t_ns: int) -> float:
        noise_v = self.noise() * _NOISE_V
        if channel == 3:
            return noise_v
        force_n = self.scene.pad_force_n(t_ns)[channel]
        since_ns = self._loaded_ns[channel]
        if force_n < _LOADED_N:
            self._loaded_ns[channel] = since_ns = None
        elif since_ns is None:
            self._loaded_ns[channel] = since_ns = t_ns
        loaded_s = 0.0 if since_ns is None else (t_ns - since_ns) * 1e-9
        return fsr_volts(force_n, loaded_s) + noise_v

    # -- fault verbs ---------------------------------------------------------------------

    def freeze(self) -> None:
        """Conversions never end: OS stays 0, the conversion register keeps its value."""
        super().freeze()
        self._done_ns = NEVER_NS

    def _resume(self, t_ns: int) -> None:
        if self._busy:
            self._done_ns = t_ns + self._takes_ns(self._running)

    def stick(self, stuck: bool) -> None:
        """Every conversion reads ``stuck_at_v``; False ends it."""
        self._stuck = stuck
