"""Live faults: debounced on, debounced off, one event each time one begins."""

from __future__ import annotations

from typing import NamedTuple

from device.faults.rule import Fault, LiveView


class LiveEvent(NamedTuple):
    """A live fault that has just passed its debounce."""

    fault: Fault
    onset_ns: int
    """When its condition began to hold."""
    t_ns: int


class _State:
    __slots__ = ("active", "off_since_ns", "on_since_ns")

    def __init__(self) -> None:
        self.active = False
        self.on_since_ns: int | None = None
        self.off_since_ns: int | None = None


class Monitor:
    """Watches the live rules of the armed faults."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self._watched = tuple((fault, _State()) for fault in faults if fault.live is not None)
        self._active: tuple[tuple[Fault, int], ...] = ()

    def reset(self) -> None:
        """Nothing holds."""
        for _, state in self._watched:
            state.active = False
            state.on_since_ns = state.off_since_ns = None
        self._active = ()

    def active(self) -> tuple[tuple[Fault, int], ...]:
        """Faults that hold now, with their onsets."""
        return self._active

    def step(self, t_ns: int, view: LiveView) -> tuple[LiveEvent, ...]:
        """What has begun at this tick."""
        begun: list[LiveEvent] = []
        changed = False
        for fault, state in self._watched:
            live = fault.live
            if live is None:
                continue
            if not state.active:
                if not live(view):
                    state.on_since_ns = None
                    continue
                if state.on_since_ns is None:
                    state.on_since_ns = t_ns
                if t_ns - state.on_since_ns >= fault.on_ms * 1e6:
                    state.active = changed = True
                    state.off_since_ns = None
                    begun.append(LiveEvent(fault, state.on_since_ns, t_ns))
            elif fault.live_off(view) if fault.live_off is not None else not live(view):
                if state.off_since_ns is None:
                    state.off_since_ns = t_ns
                if t_ns - state.off_since_ns >= fault.off_ms * 1e6:
                    state.active = False
                    state.on_since_ns = None
                    changed = True
            else:
                state.off_since_ns = None
        if changed:
            self._active = tuple(
                (fault, state.on_since_ns)
                for fault, state in self._watched
                if state.active and state.on_since_ns is not None
            )
        return tuple(begun)
