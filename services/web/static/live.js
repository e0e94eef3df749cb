// The live page: takes the newest frame, draws it once per screen refresh, never queues.
import { conditionShown, stateLine } from "/static/conditions.js";
import { Feed } from "/static/feed.js";
import { Figure } from "/static/figure.js";
import { Rest, restText } from "/static/rest.js";
import { Ring } from "/static/ring.js";
import { Held, SteadyNumber } from "/static/steady.js";

// At most 3 flashes a second.
const LAMP_HOLD_MS = 170;
const CUE_DWELL_MS = 1500;
const REDUCED_MOTION_MS = 250;
const PADS = ["head", "thoracic", "sacrum"];

const find = (id) => document.getElementById(id);
const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};
const words = await (await fetch("/static/words.json")).json();
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

const board = find("board");
const figure = new Figure(find);
const ring = new Ring(find, (code) => words.cues[code]?.kind === "fault");
const rest = new Rest(find, words);
const lamps = Object.fromEntries(PADS.map((pad) => [pad, { node: find(`lamp-${pad}`), held: new Held(LAMP_HOLD_MS) }]));
const tilt = new SteadyNumber();
const wallCm = new SteadyNumber();
const cue = { code: null, words: null, sinceMs: -Infinity, key: "" };
let drawnMs = -Infinity;
let asked = false;

const feed = new Feed("/api/v1/live", askToDraw);

function askToDraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw(performance.now());
  });
}

function draw(nowMs) {
  const frame = feed.frame;
  const lost = !feed.fresh || !frame.measuring;
  board.dataset.lost = String(lost);
  setText(find("lost"), lostWords(frame));
  drawCue(frame, lost, nowMs);
  setText(find("trouble"), feed.fresh ? deviceWords(frame.device) : (feed.ended?.text ?? ""));
  if (frame === null) return;
  drawLamps(frame, nowMs);
  drawState(frame);
  ring.draw(frame);
  rest.draw(frame);
  board.dataset.rest = String(!lost && rest.shown);
  if (lost) {
    // Nothing that was true a moment ago may stay on the screen as if it were true now.
    setText(find("tilt"), "–");
    setText(find("wall-cm"), "–");
    board.dataset.fault = "false";
    return;
  }
  const kind = words.cues[frame.cue]?.kind;
  board.dataset.fault = String(kind === "fault" || PADS.some((pad) => frame.pads[pad] === "open"));
  const tiltShown = tilt.show(frame.tilt_deg, nowMs);
  const cmShown = wallCm.show(frame.range_mm === null ? null : frame.range_mm / 10, nowMs);
  setText(find("tilt"), tiltShown === null ? "–" : `${tiltShown}°`);
  setText(find("wall-cm"), cmShown === null ? "–" : String(cmShown));
  if (!stillness.matches || nowMs - drawnMs >= REDUCED_MOTION_MS) {
    figure.draw(frame);
    drawnMs = nowMs;
  }
}

function lostWords(frame) {
  if (!feed.fresh && feed.ended) return words.given_up[feed.ended.code] ?? words.given_up.other;
  if (frame === null) return "No signal";
  if (!feed.fresh) return "Sensor lost: no signal";
  const lost = frame.sensor_lost.map((name) => words.sensors[name] ?? name);
  return lost.length === 0 ? "Not measuring" : lost.length === 1 ? lost[0] : "Sensors lost";
}

function drawCue(frame, lost, nowMs) {
  let shown;
  if (lost) {
    cue.code = null;
    shown = { kind: "quiet", icon: "dash", words: feed.ended && !feed.fresh ? "Station stopped" : frame === null ? "No signal" : "Sensor lost" };
  } else {
    if (frame.cue !== null && frame.cue !== cue.code) {
      cue.code = frame.cue;
      cue.sinceMs = nowMs;
    } else if (frame.cue === null && nowMs - cue.sinceMs >= CUE_DWELL_MS) {
      cue.code = null;
    }
    const said = cue.code === null ? null : words.cues[cue.code];
    if (said && frame.cue === cue.code) cue.words = frame.cue_words;
    if (frame.asking) shown = { kind: "quiet", icon: "person", words: words.coach.asking };
    else shown = cue.code !== null ? (words.cues[cue.code] ?? { kind: "advice", icon: "warn", words: cue.code }) : conditionShown(frame, words.conditions) ?? { kind: "quiet", ...(words.states[frame.state] ?? { icon: "dash", words: frame.state }) };
    if (!frame.asking && cue.code === null && frame.state === "RESTING" && frame.rest && shown.kind === "quiet") shown.words = restText(frame.rest, words);
  }
  // The usual words have been said often enough.
  if (cue.code !== null && cue.words && !frame?.asking) shown = { ...shown, words: cue.words };
  const key = shown.kind + shown.icon + shown.words;
  if (key === cue.key) return;
  cue.key = key;
  find("cue").className = `panel cue ${shown.kind}`;
  find("cue-icon").setAttribute("href", `#i-${shown.icon}`);
  setText(find("cue-words"), shown.words);
  find("cue-words").className = shown.words.length > 24 ? "long" : "";
}

function drawLamps(frame, nowMs) {
  for (const pad of PADS) {
    const { node, held } = lamps[pad];
    const state = feed.fresh ? frame.pads[pad] : "stale";
    const shown = state === "stale" ? (held.shown = state) : held.show(state, nowMs);
    if (node.dataset.state === shown) continue;
    node.dataset.state = shown;
    node.className = `lamp ${shown}`;
    node.setAttribute("aria-label", `${node.querySelector("b").textContent}: ${words.lamps[shown]}`);
    setText(node.querySelector("small"), words.lamps[shown]);
  }
}

function drawState(frame) {
  setText(find("state"), feed.fresh ? stateLine(frame, words) : "Waiting for the station");
  find("mute").setAttribute("aria-pressed", String(frame.muted));
  setText(find("mute"), frame.muted ? "Muted" : "Mute");
  find("cues").setAttribute("aria-pressed", String(frame.cues_off));
  setText(find("cues"), frame.cues_off ? words.coach.cues_are_off : words.coach.cues_off);
  for (const button of document.querySelectorAll("[data-answer]")) button.hidden = !frame.asking;
  const says = find("person-says");
  if (says) setText(says, feed.fresh ? (frame.person_says ?? "–") : "–");
}

function deviceWords(device) {
  if (!device) return "";
  if (device.disk_error) return `Reps cannot be written down (${device.in_memory} in memory): free some space or check the card`;
  if (device.refused > 0) return `${device.refused} messages were refused by the log`;
  if (device.recording === "failed" || device.recording === "full") return `Recording ${device.recording}`;
  return "";
}

async function post(url, body) {
  const note = find("note");
  try {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    setText(note, answer.ok ? "" : ((await answer.json()).detail ?? answer.statusText));
  } catch (error) {
    setText(note, "The log service does not answer");
  }
}

for (const row of document.querySelectorAll("[data-post]")) {
  row.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-body]");
    if (button) post(row.dataset.post, button.dataset.body);
  });
}
askToDraw();
