"""Smoothing and smooth derivatives of evenly sampled series.

Motion files are rounded to 0.1 mm; differentiated twice at 120 Hz that alone is 0.1 g of
noise. So series are low-passed before they are differentiated, and read between their
samples through a cubic spline, whose second derivative is continuous.

Both work on the odd extension of the series about its two ends (value and slope run on
through the ends), so neither bends the edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _odd_spectrum(bent: Array) -> Array:
    """Spectrum of the odd periodic extension of series (n, k) that are 0 at both ends."""
    extended = np.concatenate([bent, -bent[-2:0:-1]])
    spectrum: Array = np.fft.rfft(extended, axis=0).imag
    return spectrum


def _from_spectrum(spectrum: Array, n: int) -> Array:
    series: Array = np.fft.irfft(1j * spectrum, n=2 * (n - 1), axis=0)[:n]
    return series


def _chord(values: Array) -> Array:
    """The straight line from the first to the last sample."""
    n = len(values)
    line: Array = values[0] + np.linspace(0.0, 1.0, n)[:, None] * (values[-1] - values[0])
    return line


def low_pass(values: Array, rate_hz: float, cutoff_hz: float = 6.0) -> Array:
    """Zero-phase 2nd-order Butterworth, run forward and backward, of columns (n, k).

    The gain of both passes together is 1 / (1 + (f / fc)^4): one half at the cutoff.
    First and last values are kept.
    """
    if len(values) < 3:
        return values.copy()
    chord = _chord(values)
    spectrum = _odd_spectrum(values - chord)
    f_hz = np.arange(len(spectrum)) * rate_hz / (2 * (len(values) - 1))
    gain = 1.0 / (1.0 + (f_hz / cutoff_hz) ** 4)
    return chord + _from_spectrum(spectrum * gain[:, None], len(values))


class Spline:
    """The natural cubic spline through evenly spaced samples, columns at once.

    ``values`` is (n, k), n >= 2, sample i at ``start_s + i * step_s``.
    """

    def __init__(self, start_s: float, step_s: float, values: Array) -> None:
        self.start_s = start_s
        self.step_s = step_s
        self.values = values
        n = len(values)
        self._bend: Array = np.zeros_like(values)
        if n > 2:
            # M[i-1] + 4 M[i] + M[i+1] = 6 / h^2 (y[i-1] - 2 y[i] + y[i+1]), solved as a product.
            spectrum = _odd_spectrum(values - _chord(values))
            cosine = np.cos(np.arange(len(spectrum)) * np.pi / (n - 1))
            factor = 6.0 / step_s**2 * (2.0 * cosine - 2.0) / (4.0 + 2.0 * cosine)
            self._bend = _from_spectrum(spectrum * factor[:, None], n)

    def at(self, time_s: Array) -> tuple[Array, Array, Array]:
        """Value, first and second derivative (m, k) at ``time_s`` (m,), clamped to the ends."""
        place = (time_s - self.start_s) / self.step_s
        place = np.clip(place, 0.0, len(self.values) - 1)
        i = np.minimum(place.astype(np.int64), len(self.values) - 2)
        right = (place - i)[:, None]
        left = 1.0 - right
        h = self.step_s
        y0, y1 = self.values[i], self.values[i + 1]
        m0, m1 = self._bend[i], self._bend[i + 1]
        value = (
            left * y0 + right * y1 + ((left**3 - left) * m0 + (right**3 - right) * m1) * h * h / 6
        )
        rate = (y1 - y0) / h + ((1 - 3 * left**2) * m0 + (3 * right**2 - 1) * m1) * h / 6
        return value, rate, left * m0 + right * m1


def minimum_jerk(share: Array) -> Array:
    """0 to 1 with no speed and no acceleration at both ends (Flash and Hogan 1985)."""
    s = np.clip(share, 0.0, 1.0)
    eased: Array = s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)
    return eased


def quintic(
    time_s: Array,
    length_s: float,
    begin: tuple[Array, Array, Array],
    end: tuple[Array, Array, Array],
) -> tuple[Array, Array, Array]:
    """The polynomial that meets value, rate and acceleration (k,) at both ends.

    ``time_s`` (m,) runs from 0 to ``length_s``; returns value, rate, acceleration (m, k).
    """
    p0, v0, a0 = begin
    p1, v1, a1 = end
    big_t = length_s
    gap = p1 - p0 - v0 * big_t - 0.5 * a0 * big_t**2
    gap_v = (v1 - v0 - a0 * big_t) * big_t
    gap_a = (a1 - a0) * big_t**2
    c3 = 10 * gap - 4 * gap_v + 0.5 * gap_a
    c4 = -15 * gap + 7 * gap_v - gap_a
    c5 = 6 * gap - 3 * gap_v + 0.5 * gap_a
    t = time_s[:, None]
    s = t / big_t
    value = p0 + v0 * t + 0.5 * a0 * t * t + c3 * s**3 + c4 * s**4 + c5 * s**5
    rate = v0 + a0 * t + (3 * c3 * s**2 + 4 * c4 * s**3 + 5 * c5 * s**4) / big_t
    accel = a0 + (6 * c3 * s + 12 * c4 * s**2 + 20 * c5 * s**3) / big_t**2
    return value, rate, accel
