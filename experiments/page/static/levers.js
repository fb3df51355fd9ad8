/** The levers: what a city may choose, with what the scenario has under each. */

import { button, element, named, number, say } from "page/words.js";

const WIDER = 3, WAIT_MS = 250;

/** The range of a slider: around what the scenario has, inside what is allowed. */
function sliderRange({ value, range: [low, high], kind }) {
  if (high - low <= 1) return [low, high, (high - low) / 100];
  const top = Math.min(high, value > 0 ? value * WIDER : Math.max(10, low + 10)), step = kind === "whole" ? 1 : 10 ** Math.floor(Math.log10(Math.max(top, 1) / 50));
  return [Math.max(low, 0), kind === "whole" ? Math.ceil(top) : top, Math.max(step, kind === "whole" ? 1 : 1e-3)];
}

export class Levers {
  /** Calls `moved` with overrides by path, as soon as a lever rests. */
  constructor(root, moved) {
    Object.assign(this, { root, moved, levers: [], overrides: {}, rows: new Map() });
  }

  show(levers, overrides) {
    this.levers = levers;
    this.overrides = { ...overrides };
    this.relabel();
  }

  /** In the language that is spoken now. */
  relabel() {
    this.rows = new Map();
    const themes = new Map();
    for (const lever of this.levers) themes.set(named(lever.theme), [...(themes.get(named(lever.theme)) ?? []), lever]);
    const back = element("button", { type: "button", id: "back_to_scenario", text: say("back_to_scenario"), onclick: () => this.set({}) });
    const groups = Array.from(themes, ([theme, levers], place) => element("details", { open: place < 2 || levers.some(({ path }) => path in this.overrides) },
      element("summary", { text: theme }), ...levers.map((lever) => this.row(lever))));
    this.root.replaceChildren(element("p", { className: "hint", text: this.levers.length ? say("levers_hint") : say("no_levers") }), back, ...groups);
    this.mark();
  }

  row(lever) {
    const { path, kind, value, range, choices, unit } = lever, id = `lever:${path}`, now = this.overrides[path] ?? value;
    const label = element("label", { htmlFor: `${id}:value`, text: named(lever.name), title: named(lever.about) });
    const input = kind === "choice"
      ? element("select", { id: `${id}:value` }, ...choices.map((each) => new Option(named(each.name), each.value, false, each.value === now)))
      : element("input", { id: `${id}:value`, type: kind === "text" ? "text" : "number", value: now, step: kind === "whole" ? 1 : "any" });
    const had = element("span", { className: "had", text: say("scenario_has", { value: this.inWords(lever, value) }) });
    const refusal = element("p", { className: "refusal", role: "alert" });
    const within = range ? say("allowed", { low: number(range[0]), high: number(range[1]) }) : "";
    const row = element("div", { id, className: "lever", title: within }, label, input, element("span", { className: "unit", text: named(unit) }));
    if (range) row.append(this.slider(lever, input, now));
    row.append(had, refusal);
    input.addEventListener("change", () => this.put(lever, kind === "choice" || kind === "text" ? input.value : input.value === "" ? NaN : Number(input.value)));
    this.rows.set(path, { row, input, refusal, lever });
    return row;
  }

  slider(lever, input, now) {
    const [min, max, step] = sliderRange(lever);
    const slider = element("input", { type: "range", min, max, step, value: now, ariaLabel: named(lever.name), tabIndex: -1 });
    let resting = null;
    slider.addEventListener("input", () => {
      input.value = slider.value;
      clearTimeout(resting);
      resting = setTimeout(() => this.put(lever, Number(slider.value)), WAIT_MS);
    });
    return slider;
  }

  inWords({ choices, unit }, value) {
    const chosen = choices.find((each) => each.value === value);
    return chosen ? named(chosen.name) : typeof value === "number" ? `${number(value)} ${named(unit)}`.trim() : String(value);
  }

  put({ path, value }, wanted) {
    const overrides = { ...this.overrides };
    if (wanted === value) delete overrides[path];
    else overrides[path] = Number.isNaN(wanted) ? "" : wanted;
    this.set(overrides, path);
  }

  set(overrides, path = null) {
    this.overrides = overrides;
    if (!path) this.relabel();
    this.refuse([]);
    this.mark();
    this.moved(overrides);
  }

  /** Say beside each lever what is wrong with it; returns what is about none of them. */
  refuse(problems) {
    const rest = problems.filter((problem) => {
      const found = Array.from(this.rows.entries()).filter(([path]) => path in this.overrides && problem.includes(path)).pop();
      if (found) found[1].refusal.textContent = problem;
      return !found;
    });
    if (!problems.length) for (const { refusal } of this.rows.values()) refusal.textContent = "";
    return rest;
  }

  mark() {
    for (const [path, { row }] of this.rows) row.classList.toggle("moved", path in this.overrides);
    const back = this.root.querySelector("#back_to_scenario");
    if (back) back.disabled = !Object.keys(this.overrides).length;
  }
}
