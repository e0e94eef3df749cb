"""The small screen at the station: where its page is, what it is doing, how many reps were good.

A program of its own on a bus of its own; all it knows comes from the log service's live stream.
"""
