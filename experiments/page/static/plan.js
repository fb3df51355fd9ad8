/** One plan that is played: its history, and what is reckoned from it once. */

import { Counts } from "page/counting.js";
import { Ladder } from "page/ladder.js";
import { goodEnds, slotsOf } from "page/looks.js";
import { People } from "page/people.js";
import { Steps } from "page/steps.js";

export class Plan {
  constructor(history) {
    this.history = history;
    this.counts = new Counts(history);
    this.steps = new Steps(history);
    this.people = new People(history, this.steps);
    this.ladder = new Ladder(history, this.steps);
    this.good = goodEnds(history);
    this.slots = slotsOf(history.columns);
  }

  /** The grid of an incident's site, as the map is divided. */
  gridOf(incident) {
    const { columns, ground } = this.history,
      site = columns.site[incident];
    return ground.kind === "cell" ? columns.site_cell[site] : columns.site_social[site];
  }

  gridName(grid) {
    return this.history.ground.grid_names[grid] ?? String(grid);
  }

  siteName(site) {
    return this.history.ground.site_names[site];
  }
}
