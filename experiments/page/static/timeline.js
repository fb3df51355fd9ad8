/** The timeline: the backlog over the whole run, and where in it we are. */

import { POINTS } from "page/counting.js";
import { moment, number, say } from "page/words.js";

const HIGH = 100,
  TICK_PX = 88,
  MOST_TICKS = 8;
const STEPS_DAYS = [1, 2, 7, 14, 28, 56, 91, 182, 365];

export class Timeline {
  constructor(root, seek) {
    this.root = root;
    this.range = root.querySelector("input");
    this.range.addEventListener("input", () => seek(Number(this.range.value)));
  }

  show(plans) {
    this.history = plans[0].history;
    this.range.max = this.hours = Math.max(...plans.map(({ history }) => history.hours));
    const backlogs = plans.map(({ counts }) => counts.series(({ open }) => open, this.hours));
    this.most = Math.max(1, ...backlogs.flat());
    const points = (backlog) =>
      backlog.map((open, at) => `${at},${(HIGH * (1 - (0.92 * open) / this.most)).toFixed(1)}`).join(" ");
    const [area, passed, beside] = this.root.querySelectorAll("path");
    this.root.querySelector("svg").setAttribute("viewBox", `0 0 ${POINTS} ${HIGH}`);
    for (const path of [area, passed])
      path.setAttribute("d", `M0,${HIGH} L${points(backlogs[0])} L${backlogs[0].length - 1},${HIGH} Z`);
    beside.setAttribute("d", backlogs[1] ? `M${points(backlogs[1])}` : "");
    this.relabel();
  }

  /** In the language that is spoken now. */
  relabel() {
    const { start } = this.history,
      days = this.hours / 24;
    const ticksMost = Math.max(2, Math.min(MOST_TICKS, Math.floor(this.root.clientWidth / TICK_PX)));
    const step = STEPS_DAYS.find((each) => days / each <= ticksMost) ?? Math.ceil(days / ticksMost / 365) * 365;
    const ticks = [];
    for (let day = 0; day <= days - step / 2; day += step) {
      const tick = document.createElement("span");
      tick.style.left = `${(100 * day) / days}%`;
      tick.textContent = moment(start, day * 24, days > 730 ? "month" : "day");
      ticks.push(tick);
    }
    this.root.querySelector("#ticks").replaceChildren(...ticks);
    this.root.querySelector("#most").textContent = say("backlog_up_to", { count: number(this.most) });
  }

  at(hour) {
    const { start } = this.history;
    this.range.value = hour;
    this.range.setAttribute("aria-valuetext", `${moment(start, hour, "date")} ${moment(start, hour, "time")}`);
    document.body.style.setProperty("--left", `${100 * (1 - hour / this.hours)}%`);
  }
}
