/** The file of a person: whose beat or grid, what they are at now, and what they did that day. */

import { unitName } from "page/casestory.js";
import { button, element, refill } from "page/elements.js";
import { moment, named, number, say } from "page/words.js";

export class PersonFile {
  /** `does` has what buttons do: seek, choose (a case), close. */
  constructor(root, does) {
    Object.assign(this, { root, does, person: null });
  }

  show(plan, person, hour) {
    Object.assign(this, { plan, person, shown: null });
    this.root.hidden = false;
    this.doing = element("p", { className: "kind" });
    this.day = element("h3");
    this.list = element("ol");
    const head = element(
      "div",
      { className: "head" },
      element("h2", { text: this.title() }),
      button("close_file", "×", () => this.does.close()),
    );
    refill(this.root, head, element("p", { className: "where", text: this.about() }), this.doing, this.day, this.list);
    this.at(hour);
  }

  title() {
    const { kind, number: which } = this.person;
    return kind === "beat" ? say("beat", { number: number(which + 1) }) : unitName(this.plan, which);
  }

  about() {
    const { kind, number: which } = this.person,
      { columns, units } = this.plan.history;
    if (kind === "post")
      return say("post_of", {
        people: number(units[which].people),
        grids: units[which].areas.map((grid) => this.plan.gridName(grid)).join(say("comma")),
      });
    const cells = columns.beat_visits_first[which + 1] - columns.beat_visits_first[which];
    return say("beat_of", { people: number(columns.beat_people[which]), cells: number(cells) });
  }

  at(hour) {
    if (!this.person) return;
    this.doing.textContent = this.now(hour);
    const now = Math.min(hour, this.plan.history.hours - 1e-6),
      day = Math.floor(now / 24);
    if (this.shown === day) return this.mark(hour);
    this.shown = day;
    const { history } = this.plan;
    this.day.textContent = say("that_day", { day: moment(history.start, day * 24, "short") });
    const rows = this.plan.people.dayOf(this.person, now).map((step) => this.row(step));
    this.list.replaceChildren(
      ...(rows.length
        ? rows
        : [element("li", { className: "hint", text: say(`nothing_that_day_${this.person.kind}`) })]),
    );
    this.mark(hour);
  }

  now(hour) {
    const { people, history } = this.plan,
      there = people.at(this.person, hour);
    if (there) {
      const { columns } = history,
        site = there.site ?? (there.incident >= 0 ? columns.site[there.incident] : undefined);
      const place =
        site === undefined
          ? say("cell_number", { number: number(there.cell ?? 0) })
          : (this.plan.siteName(site) ?? say("site_number", { number: number(site) }));
      return say(`doing_${there.doing}`, { place, number: number(there.incident ?? 0) });
    }
    const roster = people.rosterOf(this.person);
    if (roster.onDuty(hour)) return say("doing_unknown");
    const next = roster.nextOpening(hour);
    return Number.isFinite(next)
      ? say("off_duty_until", { time: `${moment(history.start, next, "day")} ${moment(history.start, next, "time")}` })
      : say("off_duty");
  }

  row(step) {
    const { steps, history } = this.plan,
      hour = steps.time[step],
      incident = steps.incident[step],
      category = named(history.categories[history.columns.category[incident]].name);
    const when = element("button", {
      type: "button",
      className: "when",
      text: moment(history.start, hour, "time"),
      title: say("go_there"),
      onclick: () => this.does.seek(hour),
    });
    const text = say(`did_${steps.name(step)}`, { category, number: number(incident) });
    const what = element("button", {
      type: "button",
      className: "link",
      text,
      onclick: () => this.does.choose(incident),
    });
    return element("li", { data: { hour } }, what, when);
  }

  mark(hour) {
    for (const row of this.list.children) row.classList.toggle("ahead", Number(row.dataset.hour) > hour);
  }

  close() {
    this.root.hidden = true;
    this.person = null;
  }
}
