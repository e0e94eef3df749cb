"""The real-time program: from samples to cues and logged reps."""
