/** Guided stories: a list to choose from, and a card that leads through one, step by step. */

import { onTimeShare } from "page/counting.js";
import { button, element, named, number, percent, say } from "page/words.js";

/** What texts may put in: counts of both plans at the end of their runs, and shares of them. */
export function valuesOf(plans) {
  const values = {};
  plans.forEach((plan, place) => {
    const counts = plan.counts.at(plan.history.hours), before = place ? "against_" : "";
    const shares = {
      found_percent: counts.found / counts.occurred, on_time_percent: onTimeShare(counts), on_time_of_filed_percent: counts.on_time / counts.filed,
      unseen_percent: 1 - counts.found / counts.occurred,
    };
    for (const [name, count] of Object.entries(counts)) values[before + name] = number(count);
    for (const [name, share] of Object.entries(shares)) values[before + name] = number(Math.round(share * 1000) / 10);
  });
  return values;
}

export class Stories {
  /** `does` has what a step does with the page: load, seek, playTo, tab, view, point; and `plans`, those on screen. */
  constructor(list, card, does) {
    Object.assign(this, { list, card, does, stories: [], told: null, at: 0 });
  }

  show(stories) {
    this.stories = stories;
    this.relabel();
  }

  relabel() {
    this.list.replaceChildren(element("p", { className: "hint", text: say(this.stories.length ? "stories_hint" : "no_stories") }),
      ...this.stories.map((story) => element("button", { type: "button", className: "story", data: { story: story.name }, onclick: () => this.tell(story) },
        element("b", { text: named(story.title) }), element("span", { text: named(story.steps[0].text) }))));
    if (this.told) this.draw();
  }

  async tell(story) {
    this.told = story;
    this.at = 0;
    this.card.hidden = false;
    this.card.replaceChildren(element("p", { text: say("loading") }));
    if (await this.does.load(story)) this.go(0);
    else this.close();
  }

  /** To a step of the story that is told. */
  go(place) {
    const { steps } = this.told;
    this.at = Math.min(Math.max(place, 0), steps.length - 1);
    const { tab, view, hour, speed, play_to: playTo, points_at: pointsAt } = steps[this.at], before = steps[this.at - 1]?.play_to;
    this.does.tab(tab ?? null);
    if (view) this.does.view(view);
    this.does.seek(hour ?? before ?? null);  // what was to be watched has been, whoever went on before its end
    if (playTo !== undefined) this.does.playTo(playTo, speed);
    this.draw();
    this.does.point(pointsAt ?? null);
  }

  draw() {
    const { title, steps } = this.told, { kind, text } = steps[this.at], values = valuesOf(this.does.plans());
    const filled = named(text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const last = this.at === steps.length - 1;
    const next = last ? element("button", { type: "button", id: "story_end", text: say("story_end"), onclick: () => this.close() })
      : element("button", { type: "button", id: "story_next", className: "main", text: say("story_next"), onclick: () => this.go(this.at + 1) });
    const back = element("button", { type: "button", id: "story_back", text: say("story_back"), disabled: this.at === 0, onclick: () => this.go(this.at - 1) });
    const again = steps[this.at].play_to === undefined ? [] : [element("button", { type: "button", id: "story_again", text: say("story_again"), onclick: () => this.go(this.at) })];
    this.card.replaceChildren(
      element("div", { className: "head" }, element("p", { className: "kind", text: `${named(title)} · ${say(`part_${kind}`)} ${number(this.at + 1)}/${number(steps.length)}` }), button("close_story", "×", () => this.close())),
      element("p", { className: "text", text: filled }), element("div", { className: "steps" }, back, ...again, next));
    this.card.dataset.step = this.at;
  }

  close() {
    this.told = null;
    this.card.hidden = true;
    this.does.point(null);
    this.does.closed();
  }
}
