// Named conditions at the wall: which one is said big, and what stands in the line below the ring.

// The most important condition that may take the place of the state's words now; null: none may.
export function conditionShown(frame, table) {
  for (const code of frame.conditions ?? []) {
    const row = table[code] ?? { show: "always", icon: "warn", words: code };
    if (row.show === "always" || (row.show === "between" && frame.state !== "SET")) {
      return { kind: "notice", icon: row.icon, words: row.words };
    }
  }
  return null;
}

// State, set, and what is worth knowing beside: at most two things, or nobody reads them.
export function stateLine(frame, words) {
  const parts = [words.states[frame.state]?.line ?? frame.state];
  if (frame.set_index > 0) parts.push(`set ${frame.set_index}`);
  if (frame.silent) parts.push(words.coach.silent);
  if (frame.retention != null) parts.push(`${words.coach.kept} ${frame.retention >= 0 ? "+" : ""}${Math.round(frame.retention * 100)} %`);
  const beside = (frame.conditions ?? [])
    .filter((code) => !(code === "DOWEL_HANGS" && frame.conditions.length > 1))
    .map((code) => words.conditions[code]?.line ?? code);
  if (frame.contacts_note && !beside.includes(frame.contacts_note)) beside.push(frame.contacts_note);
  return [...parts, ...beside.slice(0, 2)].join(" · ");
}
