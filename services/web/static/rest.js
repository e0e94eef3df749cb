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
  if (now.stop_advised) return { kind: "tired", icon: "pause", text: words.rest.tired };
  const scored = now.reps - now.unscored;
  if (now.main_fault !== null) {
    const name = words.cues[now.main_fault]?.verdict ?? now.main_fault;
    return { kind: "fault", icon: words.cues[now.main_fault]?.icon ?? "warn", text: `${name} (${now.main_fault_reps}×)` };
  }
  if (scored === 0) return { kind: "quiet", icon: "dash", text: words.cues.UNSCORED.verdict };
  return { kind: "good", icon: "tick", text: words.rest.all_good };
}

// What the cue bar says while somebody rests.
export const restText = (rest, words) => (rest.left_s > 0 ? `${words.rest.left} ${clock(rest.left_s)}` : words.rest.over);

// A bar a rep against the target band. Solid = good, hollow = flagged, dashed = not scored.
export function bars(rest, frame, isFault) {
  const topDeg = CHART.above * Math.max(frame.target_high_deg, ...rest.tilts_deg.map((deg) => deg ?? 0));
  const y = (deg) => CHART.height * (1 - Math.max(deg, 0) / topDeg);
  const step = CHART.width / Math.max(rest.tilts_deg.length, 1);
  const made = [{ kind: "aim", x: 0, width: CHART.width, y: y(frame.target_high_deg), height: y(frame.target_low_deg) - y(frame.target_high_deg) }];
  rest.tilts_deg.forEach((deg, i) => {
    const verdict = frame.set_verdicts[i];
    const kind = verdict === "UNSCORED" || deg === null ? "unscored" : isFault(verdict) ? "flagged" : "done";
    const top = y(deg ?? topDeg / 2);
    made.push({ kind, x: (i + 0.2) * step, width: 0.6 * step, y: top, height: CHART.height - top });
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
