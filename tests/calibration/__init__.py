"""Calibration: steps, store, and what the station makes of them."""
