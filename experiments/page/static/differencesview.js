/** What fared otherwise under the other plan: how many, how, and each of them to step through. */

import { FATES, fateOf, settledAt } from "page/comparing.js";
import { button, element, refill } from "page/elements.js";
import { moment, named, number, say } from "page/words.js";

const MOST_LISTED = 200;

/** An incident's fate in words, with the day on which it was settled. */
export function fateInWords(history, incident) {
  const fate = FATES[fateOf(history, incident)],
    when = settledAt(history, incident);
  const day = when <= history.hours ? moment(history.start, when, "short") : "";
  return say(day && fate !== "never_seen" && fate !== "open" ? `fate_${fate}_on` : `fate_${fate}`, { day });
}

export class DifferencesView {
  /** Calls `choose` with an incident, and goes to the hour at which it occurred. */
  constructor(root, choose) {
    Object.assign(this, { root, choose, rows: [], kind: null });
  }

  show(plans, differences) {
    Object.assign(this, { plans, differences });
    this.rows = [];
    if (!differences)
      return this.root.replaceChildren(element("p", { className: "hint", text: say("nothing_beside") }));
    if (!differences.same)
      return this.root.replaceChildren(element("p", { className: "hint", text: say("other_incidents") }));
    const { incidents, count, kinds } = differences;
    if (this.kind && !kinds.some((kind) => this.isOf(kind))) this.kind = null;
    const told = element("p", {
      className: "count",
      text: say("differs_count", { count: number(incidents.length), all: number(count) }),
      data: { count: incidents.length },
    });
    const table = element("table", {}, element("tbody", {}, ...kinds.map((kind) => this.kindRow(kind))));
    const list = this.wanted.slice(0, MOST_LISTED);
    const more = this.wanted.length - list.length;
    const steps = element(
      "div",
      { className: "steps" },
      button("case_before", "‹", () => this.step(-1)),
      button("case_after", "›", () => this.step(1)),
      element("span", { className: "place" }),
    );
    this.list = element("ol", { className: "fates" }, ...list.map((incident) => this.row(incident)));
    refill(
      this.root,
      told,
      element(
        "p",
        { className: "sides" },
        element("b", { text: say("side_here") }),
        ` ${plans[0].name()}`,
        element("br"),
        element("b", { text: say("side_there") }),
        ` ${plans[1].name()}`,
      ),
      table,
      steps,
      this.list,
      ...(more > 0 ? [element("p", { className: "hint", text: say("and_more", { count: number(more) }) })] : []),
    );
    this.mark(this.chosen);
  }

  isOf([here, there]) {
    return this.kind[0] === here && this.kind[1] === there;
  }

  /** The incidents that are stepped through: all, or those of the kind that is chosen. */
  get wanted() {
    const { incidents } = this.differences,
      [one, other] = this.plans;
    if (!this.kind) return incidents;
    return incidents.filter(
      (incident) => fateOf(one.history, incident) === this.kind[0] && fateOf(other.history, incident) === this.kind[1],
    );
  }

  kindRow(kind) {
    const [here, there, count] = kind,
      pressed = this.kind !== null && this.isOf(kind);
    const choose = element("button", {
      type: "button",
      className: "link",
      ariaPressed: String(pressed),
      text: say("fate_pair", { here: say(`fate_${FATES[here]}`), there: say(`fate_${FATES[there]}`) }),
      onclick: () => {
        this.kind = pressed ? null : [here, there];
        this.show(this.plans, this.differences);
      },
    });
    return element(
      "tr",
      { className: pressed ? "chosen" : "" },
      element("td", { text: number(count) }),
      element("td", {}, choose),
    );
  }

  row(incident) {
    const [one, other] = this.plans,
      { categories, columns, start } = one.history;
    const category = named(categories[columns.category[incident]].name),
      day = moment(start, columns.occurred_h[incident], "short");
    const text = say("fared", {
      here: fateInWords(one.history, incident),
      there: fateInWords(other.history, incident),
    });
    const choose = element(
      "button",
      { type: "button", onclick: () => this.choose(incident) },
      element("span", { className: "kind", text: `${day} · ${category}` }),
      element("span", { text }),
    );
    const row = element("li", { data: { incident } }, choose);
    this.rows.push(row);
    return row;
  }

  /** To the next that fared otherwise, or the one before. */
  step(by) {
    if (!this.differences?.same) return;
    const { wanted } = this,
      at = wanted.indexOf(this.chosen);
    const next = at < 0 ? (by > 0 ? 0 : wanted.length - 1) : (at + by + wanted.length) % wanted.length;
    if (wanted.length) this.choose(wanted[next]);
  }

  mark(incident) {
    this.chosen = incident;
    for (const row of this.rows) row.classList.toggle("chosen", Number(row.dataset.incident) === incident);
    const place = this.root.querySelector(".place");
    if (!place) return;
    const at = this.wanted.indexOf(incident);
    place.textContent = at < 0 ? "" : say("place_of", { place: number(at + 1), all: number(this.wanted.length) });
    this.rows.find((row) => row.classList.contains("chosen"))?.scrollIntoView({ block: "nearest" });
  }
}
