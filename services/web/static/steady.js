// Values that may change only so often, so that an eye can follow.

// A number shown at most 5 times a second, and only when it moved by a whole step.
export class SteadyNumber {
  constructor(step = 1, minMs = 200) {
    this.step = step;
    this.minMs = minMs;
    this.shown = null;
    this.sinceMs = -Infinity;
  }

  show(value, nowMs) {
    const gone = value === null || this.shown === null;
    if (gone && value !== this.shown) {
      this.set(value, nowMs);
    } else if (!gone && nowMs - this.sinceMs >= this.minMs && Math.abs(value - this.shown) >= this.step) {
      this.set(value, nowMs);
    }
    return this.shown;
  }

  set(value, nowMs) {
    this.shown = value === null ? null : Math.round(value);
    this.sinceMs = nowMs;
  }
}

// A state that is shown at once, then held for at least so long.
export class Held {
  constructor(holdMs) {
    this.holdMs = holdMs;
    this.shown = undefined;
    this.sinceMs = -Infinity;
  }

  show(value, nowMs) {
    if (value !== this.shown && nowMs - this.sinceMs >= this.holdMs) {
      this.shown = value;
      this.sinceMs = nowMs;
    }
    return this.shown;
  }
}
