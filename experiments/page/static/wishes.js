/** What a planner wishes for, as a form: each wish with its unit, range, and what holds if nothing is said. */

import { element, refill } from "page/elements.js";
import { named, number, say, unitOf } from "page/words.js";

/** These stand first; all others are under "more". */
const FIRST = ["grids.households", "people_per_grid.", "targets", "probability", "budget_yuan_per_year"];
const ASKED_ELSEWHERE = new Set(["crs"]);
/** Of these two one holds: whoever says the one takes back the other. */
const INSTEAD = { "grids.households": "grids.counts", "grids.counts": "grids.households" };

/** A value deep in an object, by its dotted key. */
function put(object, key, value) {
  const [name, ...rest] = key.split(".");
  if (!rest.length) object[name] = value;
  else put((object[name] ??= {}), rest.join("."), value);
}

function remove(object, key) {
  const [name, ...rest] = key.split(".");
  if (!rest.length) delete object[name];
  else if (object[name]) remove(object[name], rest.join("."));
}

/** A number; what is none is sent as it was said, so that the refusal names it. */
const asSaid = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);

export class Wishes {
  /** Calls `wanted` when somebody wants an answer. */
  constructor(root, wanted) {
    Object.assign(this, { root, wanted });
    this.forget();
  }

  forget() {
    this.value = null;
    this.list = [];
    this.said = new Map();
  }

  show(wishes, given) {
    this.value = structuredClone(given);
    this.list = wishes;
    this.relabel();
  }

  /** In the language that is spoken now, with what was said so far. */
  relabel() {
    const wishes = this.list.map((wish) =>
      this.said.has(wish.key) ? { ...wish, value: this.said.get(wish.key) } : wish,
    );
    const open = Array.from(this.root.querySelectorAll("details"), (each) => each.open);
    const isFirst = ({ key }) => FIRST.some((first) => key === first || (first.endsWith(".") && key.startsWith(first)));
    const go = element("button", {
      type: "button",
      id: "size_it",
      className: "main",
      text: say("size_it"),
      onclick: () => this.wanted(),
    });
    refill(
      this.root,
      element(
        "details",
        { className: "wished", open: open[0] ?? true },
        element("summary", { text: say("what_is_wished") }),
        ...wishes.filter(isFirst).map((wish) => this.row(wish)),
        element(
          "details",
          { open: open[1] ?? false },
          element("summary", { text: say("further_wishes") }),
          ...wishes.filter((wish) => !isFirst(wish) && !ASKED_ELSEWHERE.has(wish.key)).map((wish) => this.row(wish)),
        ),
        go,
      ),
    );
  }

  /** The answer is there: what was wished for can be opened again. */
  fold() {
    const wished = this.root.querySelector(".wished");
    if (wished) wished.open = false;
  }

  row(wish) {
    const { key, name, unit, range, kind } = wish;
    const within = range ? say("allowed", { low: number(range[0]), high: number(range[1]) }) : "";
    const field = element(
      "div",
      { className: "field" },
      ...this.inputs(wish, named(name)),
      element("span", { className: "unit", text: unitOf(unit) }),
    );
    return element(
      "div",
      { className: `wish ${kind}`, data: { key }, title: within },
      element("span", { className: "label", text: named(name) }),
      field,
      element("p", { className: "refusal", role: "alert" }),
    );
  }

  /** Say beside each wish what is wrong with it; returns what is about none of them. */
  refuse(problems) {
    const rows = Array.from(this.root.querySelectorAll(".wish"));
    for (const row of rows) row.querySelector(".refusal").textContent = "";
    const rest = problems.filter((problem) => {
      const about = rows
        .filter(({ dataset }) => problem.includes(dataset.key))
        .sort((a, b) => b.dataset.key.length - a.dataset.key.length);
      if (about.length) about[0].querySelector(".refusal").textContent = problem;
      return !about.length;
    });
    const wrong = rows.find((row) => row.querySelector(".refusal").textContent);
    wrong?.closest("details")?.setAttribute("open", "");
    wrong?.scrollIntoView({ block: "center" });
    return rest;
  }

  /** While it is worked at nobody asks again. */
  wait(working) {
    const go = this.root.querySelector("#size_it");
    if (go) go.disabled = working;
  }

  set(key, value) {
    this.said.set(key, value);
    if (value === null) remove(this.value, key);
    else put(this.value, key, value);
  }

  inputs(wish, label) {
    const { key, kind, value, options } = wish;
    const text = (shown, type, changed, size = "", further = "") => {
      const input = element("input", {
        type,
        value: shown ?? "",
        ariaLabel: `${label} ${further}`.trim(),
        className: size,
        step: "any",
      });
      input.addEventListener("change", () => changed(input.value.trim()));
      return input;
    };
    const asNumber = (entered) => (entered === "" ? null : asSaid(entered));
    if (kind === "text") return [text(value, "text", (entered) => this.set(key, entered || null))];
    if (kind === "number" || kind === "whole")
      return [text(value, "number", (entered) => this.set(key, asNumber(entered)))];
    if (kind === "numbers") {
      return [
        text(value?.join(", "), "text", (entered) =>
          this.set(
            key,
            entered === ""
              ? null
              : entered
                  .split(/[\s,，、;；]+/)
                  .filter(Boolean)
                  .map(asSaid),
          ),
        ),
      ];
    }
    if (kind === "from_to") return this.fromTo(wish, text, asNumber);
    if (kind === "choices") {
      return Object.entries(options).map(([option, name]) => {
        const box = element("input", { type: "checkbox", checked: (value ?? []).includes(option) });
        box.addEventListener("change", () => {
          const chosen = Array.from(
            this.root.querySelectorAll(`[data-key="${key}"] input:checked`),
            ({ value: one }) => one,
          );
          this.set(key, chosen.length ? chosen : null);
        });
        box.value = option;
        return element("label", { className: "choice" }, box, named(name));
      });
    }
    return kind === "targets" ? this.targets(wish) : [];
  }

  fromTo({ key, value }, text, asNumber) {
    const ends = [value?.[0] ?? null, value?.[1] ?? null];
    const changed = (place) => (entered) => {
      ends[place] = asNumber(entered);
      const said = ends[0] !== null || ends[1] !== null;
      this.set(key, said ? ends.map((end, at) => end ?? ends[1 - at]) : null);
      if (!said || !INSTEAD[key]) return;
      this.set(INSTEAD[key], null);
      for (const input of this.root.querySelectorAll(`[data-key="${INSTEAD[key]}"] input`)) input.value = "";
    };
    return [
      text(ends[0], "number", changed(0), "short", say("from")),
      " – ",
      text(ends[1], "number", changed(1), "short", say("to")),
    ];
  }

  /** Each target that is offered: a box, and the least or the most. */
  targets({ key, value, options }) {
    const chosen = new Map(value.map((target) => [target.indicator, { ...target }]));
    const tell = () => this.set(key, Array.from(chosen.values()));
    return Object.entries(options).map(([indicator, { name, unit, share, days }]) => {
      const target = chosen.get(indicator),
        scale = share ? 100 : 1,
        low =
          target?.at_most !== undefined ||
          ["unseen_share", "occurred_to_found_restricted_mean_h", "found_to_closed_p90_h"].includes(indicator);
      const box = element("input", { type: "checkbox", checked: Boolean(target), ariaLabel: named(name) });
      const limit = element("input", {
        type: "number",
        step: "any",
        className: "short",
        ariaLabel: named(name),
        value: target ? Math.round(1e6 * scale * (target.at_least ?? target.at_most)) / 1e6 : "",
      });
      const within = element("input", {
        type: "number",
        step: "any",
        className: "short",
        ariaLabel: say("within_days"),
        value: target?.days ?? 7,
      });
      const changed = () => {
        if (!box.checked || limit.value === "") chosen.delete(indicator);
        else
          chosen.set(indicator, {
            indicator,
            [low ? "at_most" : "at_least"]: Number(limit.value) / scale,
            ...(days ? { days: Number(within.value) } : {}),
          });
        tell();
      };
      for (const each of [box, limit, within]) each.addEventListener("change", changed);
      return element(
        "div",
        { className: "target" },
        element("label", {}, box, named(name)),
        ...(days ? [within, say("days_unit")] : []),
        element("span", { text: say(low ? "at_most" : "at_least") }),
        limit,
        unitOf(unit),
      );
    });
  }
}
