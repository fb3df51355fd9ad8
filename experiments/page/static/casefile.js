/** The file of a case: where and what it is, and every step with its time. */

import { goodEnds } from "page/looks.js";
import { duration, moment, named, number, say } from "page/words.js";

const COUNTED = ["returns", "reworks", "extensions", "escalations", "duplicates", "hung"];

const ENDS = new Set(["closed", "rejected", "vanished", "solved_on_the_spot", "solved_in_grid"]);

/** What happened to an incident, in order: the key of a text, its values, and when. */
export function stepsOf(history, incident) {
  const { columns } = history, at = (name) => columns[name][incident];
  const stage = history.stage_labels[at("stage")], inTime = at("handled_h") <= at("due_h");
  const steps = [
    ["occurred", at("occurred_h"), { severity: named(history.severities[at("severity")]) }],
    ["worsened", at("worsens_h")],
    ["found", at("found_h"), { finder: at("found_by") < 0 ? "" : named(history.finders[at("found_by")]) }],
    ["filed", at("filed_h")],
    ["sent", at("dispatched_h"), { level: at("level") < 0 ? "" : named(history.levels[at("level")]) }],
    ["due", at("due_h")],
    [Number.isNaN(at("due_h")) ? "handled" : inTime ? "handled_in_time" : "handled_late", at("handled_h")],
    ...(at("gone_h") <= history.hours ? [["gone", at("gone_h")]] : []),
    ...(ENDS.has(stage) && !Number.isNaN(at("found_h")) ? [[`end_${stage}`, at("ended_h")]] : []),
  ];
  const ended = Number.isNaN(at("ended_h")) ? Infinity : at("ended_h");
  return steps
    .map(([key, hour, values], place) => ({ key, hour, values, place }))
    .filter(({ key, hour }) => Number.isFinite(hour) && hour <= history.hours && (key !== "worsened" || hour <= ended))
    .sort((a, b) => a.hour - b.hour || a.place - b.place);
}

function element(tag, { text = "", ...attributes } = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), attributes);
  if (text) made.textContent = text;
  made.append(...inside);
  return made;
}

export class CaseFile {
  /** Calls `seek` with an hour, `choose` with an incident (null: none), `beside` with a step to another. */
  constructor(root, { seek, choose, beside }) {
    Object.assign(this, { root, seek, choose, beside, steps: [] });
  }

  show(history, map, incident) {
    this.root.hidden = false;
    this.history = history;
    this.steps = stepsOf(history, incident).map((step) => ({ ...step, row: this.row(history, incident, step) }));
    const { columns } = history;
    const title = element("h2", { text: say("case", { number: number(incident) }) });
    const button = (label, text, onclick) =>
      element("button", { type: "button", text, ariaLabel: say(label), title: say(label), onclick });
    const head = element("div", { className: "head" }, title, button("case_before", "‹", () => this.beside(-1)),
      button("case_after", "›", () => this.beside(1)), button("close_file", "×", () => this.choose(null)));
    const before = columns.came_back_of[incident];
    const back = () => element("button", {
      type: "button", className: "link", text: say("came_back_of", { number: number(before) }),
      onclick: () => this.choose(before),
    });
    const category = named(history.categories[columns.category[incident]].name);
    this.root.replaceChildren(head, element("p", { className: "kind", text: category }),
      element("p", { className: "where", text: this.where(history, map, incident) }),
      ...(before < 0 ? [] : [element("p", {}, back())]),
      element("ol", {}, ...this.steps.map(({ row }) => row)), ...this.further(history, incident));
  }

  where(history, map, incident) {
    const { columns, ground } = history, site = columns.site[incident], grid = map.gridOf(incident);
    return say("where", {
      site: ground.site_names[site] ?? say("site_number", { number: number(site) }),
      grid: ground.grid_names[grid] ?? number(grid), community: number(columns.site_community[site]),
    });
  }

  row(history, incident, { key, hour, values }) {
    const when = element("button", {
      type: "button", className: "when", title: say("go_there"), onclick: () => this.seek(hour),
      text: `${moment(history.start, hour, "day")} ${moment(history.start, hour, "time")}`,
    });
    const since = hour - history.columns.occurred_h[incident];
    const after = key === "occurred" ? "" : say("later", { time: duration(since) });
    return element("li", { className: key }, element("span", { className: "step", text: say(`step_${key}`, values) }), when,
      element("span", { className: "after", text: after }));
  }

  further(history, incident) {
    const { columns } = history, good = goodEnds(history)[columns.stage[incident]];
    const counted = COUNTED.filter((name) => columns[name][incident] > 0)
      .map((name) => say(`counted_${name}`, { count: number(columns[name][incident]) }));
    const competent = history.units
      .filter((unit) => unit.level === columns.level[incident] && unit.categories.includes(columns.category[incident]))
      .map((unit) => named(unit.name));
    if (competent.length) counted.unshift(say("competent", { units: competent.join(say("comma")) }));
    if (!good && !Number.isFinite(columns.found_h[incident])) counted.push(say("never_found"));
    return counted.map((text) => element("p", { className: "further", text }));
  }

  /** What is still to come is pale. */
  at(hour) {
    for (const { row, hour: when } of this.steps) row.classList.toggle("ahead", when > hour);
  }

  close() {
    this.root.hidden = true;
    this.steps = [];
  }
}
