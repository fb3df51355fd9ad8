/** The levers: what a city may choose, with what the scenario has under each. */

import { button, element, refill } from "page/elements.js";
import { named, number, say, unitOf } from "page/words.js";

const WIDER = 3,
  LEAST = 10,
  WAIT_MS = 250;

/** The range of a slider: around what the scenario has, inside what is allowed. */
function sliderRange({ value, range: [low, high], kind }) {
  if (high - low <= 1) return [low, high, (high - low) / 100];
  const top = Math.min(high, Math.max(value * WIDER, low + LEAST)),
    step = kind === "whole" ? 1 : 10 ** Math.floor(Math.log10(Math.max(top, 1) / 50));
  return [Math.max(low, 0), kind === "whole" ? Math.ceil(top) : top, Math.max(step, kind === "whole" ? 1 : 1e-3)];
}

const DAYS = ["daily", "workdays"];

/** Hours of duty as people say them, and as scenarios have them. */
const hoursInWords = (text) => DAYS.reduce((said, days) => said.replace(days, say(`hours_${days}`)), text);
const hoursAsWritten = (said) => DAYS.reduce((text, days) => text.replace(say(`hours_${days}`), days), said);

export class Levers {
  /** Calls `moved` with overrides by path, and of which plan, as soon as a lever rests. */
  constructor(root, moved) {
    Object.assign(this, { root, moved, sides: [], names: [], which: 0, rows: new Map(), refused: [] });
  }

  /** `sides`: of each plan its levers, and by path what is moved. */
  show(sides) {
    const shape = JSON.stringify(sides.map(({ levers }) => levers.map(({ path, value }) => [path, value])));
    this.sides = sides.map(({ levers, overrides }) => ({ levers, overrides: { ...overrides } }));
    if (this.which >= sides.length) this.which = 0;
    if (shape !== this.shape) this.relabel();
    else this.update();
    this.shape = shape;
  }

  /** What the levers stand at, but for what somebody is about to change. */
  update() {
    const { overrides } = this.side;
    for (const [path, { row, input, lever }] of this.rows) {
      const held = row.contains(document.activeElement) && document.activeElement.matches("input");
      const value = hoursInWords(String(overrides[path] ?? lever.value));
      for (const each of held ? [] : row.querySelectorAll("input, select")) each.value = value;
      if (!held && input.value !== value) input.value = value;
    }
    this.mark();
  }

  /** What the plans are called. */
  name(plans) {
    this.names = plans.map((plan) => () => plan.name());
    this.root.querySelectorAll(".which button").forEach((each, place) => {
      each.textContent = this.names[place]?.() ?? "";
    });
  }

  get side() {
    return this.sides[this.which] ?? { levers: [], overrides: {} };
  }

  /** In the language that is spoken now. */
  relabel() {
    const { levers, overrides } = this.side,
      themes = new Map();
    const open = new Set(Array.from(this.root.querySelectorAll("details[open]"), (each) => each.dataset.theme));
    this.rows = new Map();
    for (const lever of levers) themes.set(lever.theme.en, [...(themes.get(lever.theme.en) ?? []), lever]);
    const choose =
      this.sides.length > 1
        ? [
            element(
              "div",
              { className: "which" },
              ...this.sides.map((_, place) =>
                element("button", {
                  type: "button",
                  className: `plan_${place}`,
                  ariaPressed: String(place === this.which),
                  text: this.names[place]?.() ?? "",
                  onclick: () => this.turnTo(place),
                }),
              ),
            ),
          ]
        : [];
    const back = element("button", {
      type: "button",
      id: "back_to_scenario",
      text: say("back_to_scenario"),
      onclick: () => this.set({}),
    });
    const groups = Array.from(themes, ([theme, levers], place) =>
      element(
        "details",
        { open: open.size ? open.has(theme) : place < 2, data: { theme } },
        element("summary", { text: named(levers[0].theme) }),
        ...levers.map((lever) => this.row(lever)),
      ),
    );
    refill(
      this.root,
      element("p", { className: "hint", text: say(levers.length ? "levers_hint" : "no_levers") }),
      ...choose,
      back,
      ...groups,
    );
    this.mark();
    this.refuse(this.refused);
  }

  turnTo(which) {
    this.which = which;
    this.relabel();
  }

  /** To a plan that has the lever that is named, if this one has not. */
  turnToOneWith(name) {
    const has = ({ levers }) => levers.some(({ path }) => `lever:${path}` === name);
    const other = this.sides.findIndex(has);
    if (other >= 0 && !has(this.side)) this.turnTo(other);
  }

  row(lever) {
    const { path, kind, value, range, choices, unit } = lever,
      id = `lever:${path}`,
      now = this.side.overrides[path] ?? value;
    const label = element("label", { htmlFor: `${id}:value`, text: named(lever.name), title: named(lever.about) });
    const input =
      kind === "choice"
        ? element(
            "select",
            { id: `${id}:value` },
            ...choices.map((each) => new Option(named(each.name), each.value, false, each.value === now)),
          )
        : element("input", {
            id: `${id}:value`,
            type: kind === "text" ? "text" : "number",
            value: kind === "text" ? hoursInWords(now) : now,
            step: kind === "whole" ? 1 : "any",
          });
    const had = element("span", { className: "had", text: say("scenario_has", { value: this.inWords(lever, value) }) });
    const refusal = element("p", { className: "refusal", role: "alert" });
    const within = range ? say("allowed", { low: number(range[0]), high: number(range[1]) }) : "";
    const row = element(
      "div",
      { id, className: `lever ${kind}`, title: within },
      label,
      input,
      element("span", { className: "unit", text: unitOf(unit) }),
    );
    if (range) row.append(this.slider(lever, input, now));
    row.append(had, refusal);
    input.addEventListener("change", () =>
      this.put(
        lever,
        kind === "choice"
          ? input.value
          : kind === "text"
            ? hoursAsWritten(input.value)
            : input.value === ""
              ? NaN
              : Number(input.value),
      ),
    );
    this.rows.set(path, { row, input, refusal, lever });
    return row;
  }

  slider(lever, input, now) {
    const [min, max, step] = sliderRange(lever);
    const slider = element("input", {
      type: "range",
      min,
      max,
      step,
      value: now,
      ariaLabel: named(lever.name),
      tabIndex: -1,
    });
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
    return chosen
      ? named(chosen.name)
      : typeof value === "number"
        ? `${number(value)} ${unitOf(unit)}`.trim()
        : hoursInWords(String(value));
  }

  put({ path, value }, wanted) {
    const overrides = { ...this.side.overrides };
    if (wanted === value) delete overrides[path];
    else overrides[path] = Number.isNaN(wanted) ? "" : wanted;
    this.set(overrides, path);
  }

  set(overrides, path = null) {
    if (!this.sides.length) return;
    this.sides[this.which].overrides = overrides;
    this.refuse([]);
    if (!path) this.relabel();
    this.mark();
    this.moved(overrides, this.which);
  }

  /** Say beside each lever what is wrong with it; returns what is about none of them. */
  refuse(problems) {
    this.refused = problems;
    for (const { refusal } of this.rows.values()) refusal.textContent = "";
    return problems.filter((problem) => {
      const found = Array.from(this.rows)
        .filter(([path]) => path in this.side.overrides && problem.includes(path))
        .pop();
      if (found) found[1].refusal.textContent = problem.replace(/^.*?: /, "");
      return !found;
    });
  }

  mark() {
    const { overrides } = this.side;
    for (const [path, { row }] of this.rows) {
      row.classList.toggle("moved", path in overrides);
      if (path in overrides) row.closest("details").open = true;
    }
    const back = this.root.querySelector("#back_to_scenario");
    if (back) back.disabled = !Object.keys(overrides).length;
  }
}
