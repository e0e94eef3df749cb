"""Calibration of a station: steps, what they found, where it is kept, how it is put to use."""
