/** The ladder: which cases wait and are worked at each level, which climb, and what the centre has before it. */

import { countUntil } from "page/searching.js";

/** What a case at the centre is about to be; those of levels are counted by level. */
export const AT_CENTRE = ["to_file", "to_send", "astray", "to_check"];

/** Where a case is, at every hour. */
export class Ladder {
  constructor(history, steps) {
    const { columns, units } = history,
      { codes } = steps;
    this.history = history;
    this.steps = steps;
    this.levels = Array.from(new Set(units.map(({ level }) => level))).sort((a, b) => b - a);
    this.placed = new Uint8Array(256);
    for (const name of ["found", "verified", "filed", "dispatched", "handling", "handled", "checked", "climb"])
      this.placed[codes[name]] = 1;
    const sorted = (chosen, when) => Float64Array.from(chosen, when).sort();
    const climbs = (level) =>
      Array.from(steps.what.keys()).filter((step) => steps.what[step] === codes.climb && steps.who[step] === level);
    const well = new Set(["closed", "solved_in_grid"].map((name) => codes[name]));
    const solved = (level) =>
      Array.from(columns.stage.keys()).filter((i) => well.has(columns.stage[i]) && columns.level[i] === level);
    this.climbed = new Map(this.levels.map((level) => [level, sorted(climbs(level), (step) => steps.time[step])]));
    this.solved = new Map(this.levels.map((level) => [level, sorted(solved(level), (i) => columns.ended_h[i])]));
  }

  /** Where a case is at an hour: at a level (waits, worked, climbing), or at the centre (to_file and so on). */
  placeOf(incident, hour) {
    const { steps, history } = this,
      step = steps.lastOf(incident, hour, (what) => this.placed[what] === 1);
    if (step < 0) return null;
    const name = steps.name(step),
      who = steps.who[step];
    if (name === "climb") return { level: who, doing: "climbing", since: steps.time[step] };
    if (name === "dispatched" || name === "handling") {
      const doing = name === "dispatched" ? "waits" : "worked";
      if (who >= 0) return { level: history.units[who].level, doing, since: steps.time[step], unit: who };
      return doing === "waits"
        ? { level: null, doing: "astray", since: steps.time[step] }
        : { level: 0, doing, since: steps.time[step] };
    }
    const doing = { filed: "to_send", handled: "to_check", checked: "to_check" }[name] ?? "to_file";
    return { level: null, doing, since: steps.time[step] };
  }

  /** Every open case at an hour by where it is: for each level its cases waiting, worked and climbing there; the centre's. */
  at(hour) {
    const { found_h: found, ended_h: ended } = this.history.columns;
    const rows = new Map(this.levels.map((level) => [level, { waits: [], worked: [], climbing: [] }]));
    const centre = Object.fromEntries(AT_CENTRE.map((doing) => [doing, []]));
    for (let incident = 0; incident < found.length; incident++) {
      if (!(found[incident] <= hour) || ended[incident] <= hour) continue;
      const place = this.placeOf(incident, hour);
      if (!place) continue;
      (place.level === null ? centre : rows.get(place.level))?.[place.doing]?.push(incident);
    }
    return {
      rows,
      centre,
      climbed: (level) => countUntil(this.climbed.get(level), hour),
      solved: (level) => countUntil(this.solved.get(level), hour),
    };
  }
}
