"""The HTTP side of the log service."""
