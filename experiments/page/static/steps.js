/** The steps of a history, incident by incident. */

import { Grouped } from "page/searching.js";

export class Steps {
  constructor(history) {
    const { columns, stage_labels: stages, deed_labels: deeds } = history;
    this.time = columns.step_h;
    this.incident = columns.step_incident;
    this.what = columns.step_what;
    this.who = columns.step_who;
    this.until = columns.step_until_h;
    this.codes = { ...stages, ...deeds };
    this.names = Object.fromEntries(Object.entries(this.codes).map(([name, code]) => [code, name]));
    this.ofIncident = new Grouped(this.time.length, (step) => this.incident[step], columns.site.length);
  }

  get count() {
    return this.time.length;
  }

  /** The name of what a step is: a stage that is entered, or a deed. */
  name(step) {
    return this.names[this.what[step]];
  }

  /** The last step of an incident no later than an hour of which `counts` is true; -1: none. */
  lastOf(incident, hour, counts) {
    const steps = this.ofIncident.part(incident);
    for (let place = steps.length - 1; place >= 0; place--) {
      const step = steps[place];
      if (this.time[step] <= hour && counts(this.what[step])) return step;
    }
    return -1;
  }
}
