// The ring: a segment a rep. Solid = good, split = flagged, dashed = not scored, dim = to do.
const SVG = "http://www.w3.org/2000/svg";
const MIDDLE = 260;
const RADIUS = 212;

function segment(kind, index, of, radius) {
  const path = document.createElementNS(SVG, "path");
  const spot = (turn) => `${(MIDDLE + radius * Math.sin(turn)).toFixed(1)} ${(MIDDLE - radius * Math.cos(turn)).toFixed(1)}`;
  const gap = Math.min(0.052, 1 / of);
  const [from, to] = [(index / of) * 2 * Math.PI + gap, ((index + 1) / of) * 2 * Math.PI - gap];
  path.setAttribute("d", `M${spot(from)}A${radius} ${radius} 0 ${to - from > Math.PI ? 1 : 0} 1 ${spot(to)}`);
  path.setAttribute("class", kind);
  return path;
}

export class Ring {
  constructor(find, isFault) {
    this.segments = find("segments");
    this.count = find("ring-count");
    this.of = find("ring-of");
    this.isFault = isFault;
    this.key = "";
  }

  draw(frame) {
    const key = JSON.stringify([frame.set_verdicts, frame.reps_in_set, frame.reps_per_set]);
    if (key === this.key) return;
    this.key = key;
    this.count.textContent = String(frame.reps_in_set);
    this.of.textContent = `of ${frame.reps_per_set}`;
    const total = Math.max(1, frame.reps_per_set, frame.set_verdicts.length);
    const paths = [];
    for (let i = 0; i < total; i += 1) {
      const verdict = frame.set_verdicts[i];
      if (verdict === undefined) paths.push(segment("todo", i, total, RADIUS));
      else if (verdict === "UNSCORED") paths.push(segment("unscored", i, total, RADIUS));
      else if (this.isFault(verdict)) paths.push(segment("flagged", i, total, RADIUS + 20), segment("flagged", i, total, RADIUS - 20));
      else paths.push(segment("done", i, total, RADIUS));
    }
    this.segments.replaceChildren(...paths);
  }
}
