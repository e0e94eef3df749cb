"""The front door's commands that need the simulated rig. Nothing else in ``device`` does."""
