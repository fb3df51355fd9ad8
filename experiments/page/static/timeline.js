/** The timeline: the backlog over the whole run, and where in it we are. */

import { moment, number, say } from "page/words.js";

const HIGH = 100, MOST_TICKS = 8;
const STEPS_DAYS = [1, 2, 7, 14, 28, 56, 91, 182, 365];

export class Timeline {
  constructor(root, seek) {
    this.root = root;
    this.range = root.querySelector("input");
    this.range.addEventListener("input", () => seek(Number(this.range.value)));
  }

  show(history, counts) {
    this.history = history;
    const backlog = counts.backlog(), most = Math.max(1, ...backlog), last = backlog.length - 1;
    const points = backlog.map((open, at) => `${at},${(HIGH * (1 - (0.92 * open) / most)).toFixed(1)}`);
    const area = `M0,${HIGH} L${points.join(" ")} L${last},${HIGH} Z`;
    const svg = this.root.querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${last} ${HIGH}`);
    for (const path of svg.querySelectorAll("path")) path.setAttribute("d", area);
    this.range.max = history.hours;
    this.most = most;
    this.relabel();
  }

  /** In the language that is spoken now. */
  relabel() {
    const { start, hours } = this.history, days = hours / 24;
    const step = STEPS_DAYS.find((each) => days / each <= MOST_TICKS) ?? STEPS_DAYS.at(-1);
    const ticks = [];
    for (let day = 0; day <= days - step / 2; day += step) {
      const tick = document.createElement("span");
      tick.style.left = `${(100 * day) / days}%`;
      tick.textContent = moment(start, day * 24, "day");
      ticks.push(tick);
    }
    this.root.querySelector("#ticks").replaceChildren(...ticks);
    this.root.querySelector("#most").textContent = say("backlog_up_to", { count: number(this.most) });
  }

  at(hour) {
    const { start, hours } = this.history;
    this.range.value = hour;
    this.range.setAttribute("aria-valuetext", `${moment(start, hour, "date")} ${moment(start, hour, "time")}`);
    this.root.style.setProperty("--left", `${100 * (1 - hour / hours)}%`);
  }
}
