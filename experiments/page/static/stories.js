/** Guided stories: a list to choose from, and a card that leads through one, step by step. */

import { onTimeShare } from "page/counting.js";
import { button, element, refill } from "page/elements.js";
import { named, number, say } from "page/words.js";

/** What texts may put in, as numbers: counts of both plans at the end of their runs, and shares of them in per cent. */
export function valuesOf(plans) {
  const values = {};
  plans.forEach(({ counts, history }, place) => {
    const at = counts.at(history.hours),
      before = place ? "against_" : "";
    const { came_back_of: back, found_h: found } = history.columns;
    const neverFound = found.reduce((count, when, incident) => count + (back[incident] < 0 && Number.isNaN(when)), 0);
    const shares = {
      found_percent: at.found / at.occurred,
      on_time_percent: onTimeShare(at),
      on_time_of_filed_percent: at.on_time / at.filed,
      unseen_percent: neverFound / at.occurred,
    };
    for (const [name, count] of Object.entries(at)) values[before + name] = count;
    for (const [name, share] of Object.entries(shares)) values[before + name] = 100 * share;
  });
  return values;
}

/** A text with its values put in. */
export function filled(text, values) {
  const shown = (value) => (Number.isFinite(value) ? number(Math.round(value * 10) / 10) : say("none"));
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

export class Stories {
  /** `does` has what a step does with the page: load, seek, playTo, tab, view, point; and `plans`, those on screen. */
  constructor(list, card, does) {
    Object.assign(this, { list, card, does, stories: [], told: null, at: 0, values: {} });
  }

  show(stories) {
    this.stories = stories;
    this.relabel();
  }

  relabel() {
    this.list.replaceChildren(
      element("p", { className: "hint", text: say(this.stories.length ? "stories_hint" : "no_stories") }),
      ...this.stories.map((story) =>
        element(
          "button",
          { type: "button", className: "story", data: { story: story.name }, onclick: () => this.tell(story) },
          element("b", { text: named(story.title) }),
          element("span", { text: named(story.steps[0].text) }),
        ),
      ),
    );
    if (this.told) this.draw();
  }

  async tell(story) {
    this.told = story;
    this.at = 0;
    this.card.hidden = false;
    refill(this.card, element("p", { text: say("loading") }));
    const had = await this.does.load(story);
    if (this.told !== story) return; // another was chosen meanwhile
    if (!had) return this.close();
    this.values = valuesOf(this.does.plans());
    return this.go(0);
  }

  /** To a step of the story that is told. */
  async go(place) {
    const { told } = this,
      { steps } = told;
    if (!this.does.isTold(told) && !(await this.does.load(told))) return; // somebody has moved a lever since
    if (this.told !== told) return;
    this.at = Math.min(Math.max(place, 0), steps.length - 1);
    const { tab, view, hour, speed, play_to: playTo, points_at: pointsAt } = steps[this.at],
      before = steps[this.at - 1]?.play_to;
    this.does.tab(tab ?? null);
    if (view) this.does.view(view);
    this.does.seek(hour ?? before ?? null); // what was to be watched has been, whoever went on before its end
    if (playTo !== undefined) this.does.playTo(playTo, speed);
    this.draw();
    this.does.point(pointsAt ?? null);
  }

  draw() {
    const { title, steps } = this.told,
      { kind, text } = steps[this.at];
    const last = this.at === steps.length - 1;
    const next = last
      ? element("button", { type: "button", id: "story_end", text: say("story_end"), onclick: () => this.close() })
      : element("button", {
          type: "button",
          id: "story_next",
          className: "main",
          text: say("story_next"),
          onclick: () => this.go(this.at + 1),
        });
    const back = element("button", {
      type: "button",
      id: "story_back",
      text: say("story_back"),
      disabled: this.at === 0,
      onclick: () => this.go(this.at - 1),
    });
    const again =
      steps[this.at].play_to === undefined
        ? []
        : [
            element("button", {
              type: "button",
              id: "story_again",
              text: say("story_again"),
              onclick: () => this.go(this.at),
            }),
          ];
    refill(
      this.card,
      element(
        "div",
        { className: "head" },
        element("p", {
          className: "kind",
          text: `${named(title)} · ${say(`part_${kind}`)} ${number(this.at + 1)}/${number(steps.length)}`,
        }),
        button("close_story", "×", () => this.close()),
      ),
      element("p", { className: "text", text: filled(named(text), this.values) }),
      element("div", { className: "steps" }, back, ...again, next),
    );
    this.card.dataset.step = this.at;
  }

  close() {
    if (!this.told) return;
    this.told = null;
    this.card.hidden = true;
    this.does.point(null);
    this.does.closed();
  }
}
