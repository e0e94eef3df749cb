"""Chips, buses, pins. Knows no hip, no rep, no config file."""
