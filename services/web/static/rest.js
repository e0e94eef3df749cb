// Between two sets: what the set was, beside the one before it, how long to rest, what next.
const SVG = "http://www.w3.org/2000/svg";
const CHART = { width: 640, height: 100, above: 1.1 };

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

const number = (value, { digits, unit }) => (value === null ? "–" : `${value.toFixed(digits)}${unit}`);

// A change too small to tell from chance is said so, and drawn grey.
export function changeText(row, measure) {
  if (row === undefined || row.real === null) return "";
  if (!row.real) return "no real change";
  const by = row.now - row.before;
  return `${by > 0 ? "+" : "−"}${number(Math.abs(by), measure)}`;
}

export function mainText(now, words) {
  const scored = now.reps - now.unscored;
  const row = words.cues[now.main_fault];
  const name = `${row?.verdict ?? now.main_fault} (${now.main_fault_reps}×)`;
  if (now.stop_advised) return { kind: "tired", icon: "pause", text: now.main_fault_reps > 1 ? `${words.rest.tired} · ${name}` : words.rest.tired };
  if (now.main_fault !== null) return { kind: "fault", icon: row?.icon ?? "warn", text: name };
  if (scored === 0) return { kind: "quiet", icon: "dash", text: words.cues.UNSCORED.verdict };
  return { kind: "good", icon: "tick", text: words.rest.all_good };
}

// What the cue bar says while somebody rests.
export const restText = (rest, words) => (rest.left_s > 0 ? `${words.rest.left} ${clock(rest.left_s)}` : words.rest.over);

// A bar a rep: its tilt against the target band, or its travel in drills without an IMU.
// Solid = good, hollow = flagged, dashed = not scored; half height = could not be known.
export function bars(rest, frame, isFault) {
  const byTilt = rest.tilts_deg.some((deg) => deg !== null);
  const values = byTilt ? rest.tilts_deg : (rest.travels_mm ?? []);
  const top = CHART.above * Math.max(byTilt ? frame.target_high_deg : 1, ...values.map((value) => value ?? 0));
  const y = (value) => CHART.height * (1 - Math.max(value, 0) / top);
  const step = CHART.width / Math.max(values.length, 1);
  const made = byTilt ? [{ kind: "aim", x: 0, width: CHART.width, y: y(frame.target_high_deg), height: y(frame.target_low_deg) - y(frame.target_high_deg) }] : [];
  values.forEach((value, i) => {
    const verdict = frame.set_verdicts[i];
    const kind = verdict === "UNSCORED" ? "unscored" : isFault(verdict) ? "flagged" : "done";
    const from = y(value ?? top / 2);
    made.push({ kind, x: (i + 0.2) * step, width: 0.6 * step, y: from, height: CHART.height - from });
  });
  return made;
}

export class Rest {
  constructor(find, words) {
    this.find = find;
    this.words = words;
    this.isFault = (code) => words.cues[code]?.kind === "fault";
    this.shown = false;
    this.key = "";
  }

  draw(frame) {
    const rest = frame.rest ?? null;
    this.shown = rest !== null;
    const heels = frame.heels_cm ?? null;
    const heelsText = heels === null ? "" : this.words.rest.heels.replace("{cm}", heels);
    const heelsNode = this.find("heels");
    heelsNode.hidden = heels === null || frame.state === "SET" || this.shown;
    heelsNode.textContent = heelsText;
    if (rest === null) return;
    const key = `${frame.set_index} ${rest.now.end_s} ${heels}`;
    if (key === this.key) return;
    this.key = key;
    this.drawSet(rest, frame, heelsText);
  }

  drawSet(rest, frame, heelsText) {
    const { now, before } = rest;
    const scored = now.reps - now.unscored;
    const ended = this.words.ended[now.ended];
    this.find("rest-good").textContent = String(now.good);
    this.find("rest-of").textContent = [`of ${scored} good`, now.unscored > 0 && `${now.unscored} not scored`, ended].filter(Boolean).join(" · ");
    const main = mainText(now, this.words);
    this.find("rest-main").className = `rest-main ${main.kind}`;
    this.find("rest-icon").setAttribute("href", `#i-${main.icon}`);
    this.find("rest-words").textContent = main.text;
    this.find("rest-rows").replaceChildren(...Object.entries(this.words.measures).map(([name, measure]) => this.row(name, measure, rest)));
    this.find("rest").classList.toggle("first", before === null);
    // Advice that moves the mark says the new one itself.
    const said = rest.advice?.text ?? "";
    this.find("rest-next").textContent = [said, said.includes(" cm") ? "" : heelsText].filter(Boolean).join(" · ");
    this.find("rest-chart").replaceChildren(...bars(rest, frame, this.isFault).map(({ kind, ...place }) => {
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("class", kind);
      for (const [key, value] of Object.entries(place)) bar.setAttribute(key, value.toFixed(1));
      return bar;
    }));
  }

  row(name, measure, rest) {
    const change = rest.changes.find((each) => each.measure === name);
    const line = document.createElement("tr");
    const cells = [measure.name, number(rest.now[name].mean, measure), rest.before ? number(rest.before[name].mean, measure) : "", changeText(change, measure)];
    cells.forEach((text, i) => {
      const cell = document.createElement(i === 0 ? "th" : "td");
      if (i === 0) cell.scope = "row";
      cell.textContent = text;
      line.append(cell);
    });
    line.lastChild.className = change?.real ? "real" : "same";
    return line;
  }
}
