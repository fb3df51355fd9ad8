/** What happened to an incident, step by step, and what it waited for in between. */

import { named, number } from "page/words.js";

const ENDS = new Set(["closed", "rejected", "vanished", "solved_on_the_spot", "solved_in_grid"]);
/** What a case waits for after a step, until the next: a key of the texts. */
const WAITS = {
  found: "hearing",
  verify: "look",
  verified: "operator",
  filed: "dispatch",
  sent: "unit",
  astray: "return",
  sets_out: "work",
  volunteer: "work",
  failed: "retry",
  set_aside: "means",
  climb: "way_up",
  handled: "check",
  handled_in_time: "check",
  handled_late: "check",
  check: "look",
  checked: "operator",
  sent_again: "unit",
};
const BESIDE = new Set(["due", "worsened", "gone", "reported_again", "extension"]);

/** The steps of an incident in order: the key of a text with its values, when, and how long it waited before, for what. */
export function stepsOf(plan, incident) {
  const { history, steps } = plan,
    { columns } = history,
    at = (name) => columns[name][incident];
  const ended = Number.isNaN(at("ended_h")) ? Infinity : at("ended_h");
  const told = [
    { key: "occurred", hour: at("occurred_h"), values: { severity: named(history.severities[at("severity")]) } },
    ...(at("worsens_h") <= Math.min(ended, at("gone_h")) ? [{ key: "worsened", hour: at("worsens_h") }] : []),
    ...taken(plan, incident),
    ...(Number.isNaN(at("due_h")) ? [] : [{ key: "due", hour: at("due_h") }]),
    ...(at("gone_h") <= history.hours ? [{ key: "gone", hour: at("gone_h") }] : []),
  ].filter(({ hour }) => Number.isFinite(hour) && hour <= history.hours);
  told.forEach((step, place) => {
    step.place = place;
  });
  told.sort((a, b) => a.hour - b.hour || a.place - b.place);
  return withWaits(told);
}

/** What was done about it. */
function taken(plan, incident) {
  const { history, steps } = plan,
    told = [],
    unitOf = (unit) => unitName(plan, unit);
  const { columns } = history,
    at = (name) => columns[name][incident];
  let before = "";
  for (const step of steps.ofIncident.part(incident)) {
    const what = steps.name(step),
      who = steps.who[step],
      hour = steps.time[step];
    const [key, values] = inWords(what);
    if (key) told.push({ key, hour, values, step });
    if (what !== "extension" && what !== "reported_again") before = what;

    function inWords() {
      if (what === "found") {
        const finder = at("found_by") < 0 ? "" : named(history.finders[at("found_by")]);
        return before === "handling" ? ["given_up", {}] : ["found", { finder }];
      }
      if (what === "dispatched") {
        if (who < 0) return ["astray", {}];
        if (before === "handling") return ["failed", { unit: unitOf(who) }];
        if (before === "set_aside") return [told.at(-1)?.hour === hour ? null : "sent_again", { unit: unitOf(who) }];
        return [before === "checked" ? "sent_again" : "sent", { unit: unitOf(who) }];
      }
      if (what === "handling") return who < 0 ? ["volunteer", {}] : ["sets_out", { unit: unitOf(who) }];
      if (what === "handled") return [inTime(at("due_h"), hour), {}];
      if (what === "climb") return ["climb", { level: named(history.levels[who]) }];
      if (what === "verify" || what === "check") return [what, { beat: number(who + 1) }];
      if (what === "find" || what === "visit") return [null, {}];
      return [ENDS.has(what) ? `end_${what}` : what, {}];
    }
  }
  return told;
}

const inTime = (due, hour) => (Number.isNaN(due) ? "handled" : hour <= due ? "handled_in_time" : "handled_late");

export function unitName({ history }, unit) {
  const { kind, level, areas } = history.units[unit],
    name = named(history.unit_kinds[kind].name);
  if (level !== 0) return name;
  return `${name} ${areas.map((grid) => (history.ground.kind === "social" ? (history.ground.grid_names[grid] ?? number(grid + 1)) : number(grid + 1))).join("/")}`;
}

/** With how long it waited before each, and for what. */
function withWaits(told) {
  let last = null;
  for (const step of told) {
    if (BESIDE.has(step.key)) continue;
    if (last) {
      step.waited = step.hour - last.hour;
      step.reason = WAITS[last.key] ?? (last.key === "occurred" ? "eyes" : null);
    }
    last = step;
  }
  return told;
}
