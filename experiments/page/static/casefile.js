/** The file of a case: where and what it is, every step with its time and what it waited for; and under the other plan. */

import { stepsOf } from "page/casestory.js";
import { fateInWords } from "page/differencesview.js";
import { button, element, refill } from "page/elements.js";
import { duration, moment, named, number, say } from "page/words.js";

const COUNTED = ["returns", "reworks", "extensions", "escalations", "duplicates", "hung"];
const SHORT_H = 0.05;

export class CaseFile {
  /** `does` has what buttons do: seek, choose, beside, person. */
  constructor(root, does) {
    Object.assign(this, { root, does, steps: [] });
  }

  /** The file of an incident in one of the plans; the others are told beneath if they met the same incidents. */
  show(plans, which, incident, differences) {
    this.root.hidden = false;
    const plan = plans[which],
      { history } = plan;
    this.steps = stepsOf(plan, incident).map((step) => ({ ...step, row: this.row(plan, incident, step) }));
    const head = element(
      "div",
      { className: "head" },
      element("h2", { text: say("case", { number: number(incident) }) }),
      button("case_before", "‹", () => this.does.beside(-1)),
      button("case_after", "›", () => this.does.beside(1)),
      button("close_file", "×", () => this.does.choose(null)),
    );
    const category = named(history.categories[history.columns.category[incident]].name);
    const title = plans.length > 1 ? [element("p", { className: `plan_${which}`, text: plan.name() })] : [];
    refill(
      this.root,
      head,
      ...title,
      element("p", { className: "kind", text: category }),
      element("p", { className: "where", text: this.where(plan, incident) }),
      ...this.before(history, incident),
      element("ol", {}, ...this.steps.map(({ row }) => row)),
      ...this.further(history, incident),
      ...(differences?.has(incident) ? this.others(plans, which, incident) : []),
    );
  }

  where(plan, incident) {
    const { columns } = plan.history,
      site = columns.site[incident];
    return say("where", {
      site: plan.siteName(site) ?? say("site_number", { number: number(site) }),
      grid: plan.gridName(plan.gridOf(incident)),
      community: number(columns.site_community[site] + 1),
    });
  }

  before(history, incident) {
    const before = history.columns.came_back_of[incident];
    if (before < 0) return [];
    const text = say("came_back_of", { number: number(before) });
    return [
      element(
        "p",
        {},
        element("button", { type: "button", className: "link", text, onclick: () => this.does.choose(before) }),
      ),
    ];
  }

  row({ history }, incident, { key, hour, values, waited, reason }) {
    const when = element("button", {
      type: "button",
      className: "when",
      title: say("go_there"),
      onclick: () => this.does.seek(hour),
      text: `${moment(history.start, hour, "day")} ${moment(history.start, hour, "time")}`,
    });
    const after = reason && waited >= SHORT_H ? say(`for_${reason}`, { time: duration(waited) }) : "";
    return element(
      "li",
      { className: key },
      element("span", { className: "step", text: say(`step_${key}`, values) }),
      when,
      element("span", { className: "after", text: after }),
    );
  }

  further(history, incident) {
    const { columns } = history;
    const told = COUNTED.filter((name) => columns[name][incident] > 0).map((name) =>
      say(`counted_${name}`, { count: number(columns[name][incident]) }),
    );
    if (!Number.isFinite(columns.found_h[incident])) told.push(say("never_found"));
    return told.map((text) => element("p", { className: "further", text }));
  }

  /** The same incident under the other plan. */
  others(plans, which, incident) {
    return plans.flatMap((plan, place) => {
      if (place === which) return [];
      const text = say("under_other", { plan: plan.name(), fate: fateInWords(plan.history, incident) });
      return [
        element(
          "p",
          { className: `other plan_${place}` },
          element("button", {
            type: "button",
            className: "link",
            text,
            onclick: () => this.does.choose(incident, place),
          }),
        ),
      ];
    });
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
