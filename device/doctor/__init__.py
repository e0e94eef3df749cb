"""``hinge doctor``: measures the whole station, names what is wrong, says what to do."""
