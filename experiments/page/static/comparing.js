/** Two plans on the same incidents: which fared otherwise, and how. */

/** How an incident can end, the best first. */
export const FATES = ["solved_in_time", "solved", "solved_late", "open", "turned_away", "never_seen"];
const OF_ITSELF = -1;

/** How an incident has ended by the end of a run, as a place in FATES. */
export function fateOf({ columns, stage_labels: codes }, incident) {
  if (Number.isNaN(columns.found_h[incident])) return FATES.indexOf("never_seen");
  const stage = columns.stage[incident];
  if (stage === codes.rejected || stage === codes.vanished) return FATES.indexOf("turned_away");
  if (stage !== codes.closed && stage !== codes.solved_on_the_spot && stage !== codes.solved_in_grid)
    return FATES.indexOf("open");
  const due = columns.due_h[incident];
  if (Number.isNaN(due)) return FATES.indexOf("solved");
  return FATES.indexOf(columns.handled_h[incident] <= due ? "solved_in_time" : "solved_late");
}

/** When the fate of an incident was settled: that hour, or infinity. */
export function settledAt({ columns }, incident) {
  if (Number.isNaN(columns.found_h[incident])) return columns.gone_h[incident];
  return Number.isNaN(columns.ended_h[incident]) ? Infinity : columns.ended_h[incident];
}

/** How many incidents of a history occurred of themselves: those come first, and are the same under every plan. */
function ofThemselves({ columns }) {
  const first = columns.came_back_of.findIndex((before) => before !== OF_ITSELF);
  return first < 0 ? columns.came_back_of.length : first;
}

/** Whether two plans met the same incidents: at the same places and hours, of the same kind. */
function sameIncidents(one, other) {
  const count = ofThemselves(one);
  if (count !== ofThemselves(other)) return false;
  const named = ({ categories }) => categories.map(({ name }) => name.en).join();
  if (named(one) !== named(other) || one.columns.site_x_m.length !== other.columns.site_x_m.length) return false;
  return ["occurred_h", "site", "category", "severity"].every((name) => {
    const a = one.columns[name],
      b = other.columns[name];
    for (let incident = 0; incident < count; incident++) if (a[incident] !== b[incident]) return false;
    return true;
  });
}

/** The incidents whose fate differs between two histories, in order of time; null: they did not meet the same. */
export class Differences {
  constructor(one, other) {
    this.same = sameIncidents(one, other);
    this.incidents = [];
    this.marked = new Uint8Array(Math.max(one.columns.site.length, other.columns.site.length));
    this.pairs = new Map();
    this.count = this.same ? ofThemselves(one) : 0;
    for (let incident = 0; incident < this.count; incident++) {
      const here = fateOf(one, incident),
        there = fateOf(other, incident);
      if (here === there) continue;
      this.incidents.push(incident);
      this.marked[incident] = 1;
      const key = `${here} ${there}`;
      this.pairs.set(key, (this.pairs.get(key) ?? 0) + 1);
    }
  }

  /** Whether both plans met this incident under this number: what has come back is numbered in each plan on its own. */
  has(incident) {
    return incident < this.count;
  }

  /** Pairs of fates with how many fared so, the most frequent first. */
  get kinds() {
    return Array.from(this.pairs, ([key, count]) => [...key.split(" ").map(Number), count]).sort((a, b) => b[2] - a[2]);
  }
}
