"""The simulated rig: chips at register level, a clock, pins, and a person who moves them.

States its registers itself: nothing here imports a driver, so that a misreading of a
datasheet shows as a disagreement instead of hiding on both sides.
"""
