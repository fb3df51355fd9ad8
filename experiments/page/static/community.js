/** My community: a planner's list goes in; grids, people and what a change does come out. Nothing leaves the machine. */

import { CommunityMap, mapHint } from "page/communitymap.js";
import { button, element, refill } from "page/elements.js";
import { Refused, fetched, posted } from "page/source.js";
import { Wishes } from "page/wishes.js";
import { duration, number, percent, say, spoken } from "page/words.js";

/** As the key under the table has them. */
const ROLES = { recommended: "★", runner_up: "☆" };
/** What most people want of all that can be taken home. */
const MAIN = new Set(["report.html", "plan.xlsx"]);
const CHUNK = 0x8000,
  CRS = ["", "metres", "wgs84", "gcj02", "bd09"];

async function sent(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { name: file.name, content: btoa(text) };
}

export class MyCommunity {
  constructor(root) {
    Object.assign(this, {
      root,
      files: {},
      crs: null,
      read: null,
      answer: null,
      plan: null,
      moves: [],
      asking: null,
      urls: [],
    });
    this.about = element("div", { className: "about" });
    this.asked = element("div", { className: "asked" });
    this.told = element("div", { className: "told_plans" });
    this.said = element("p", { className: "refusal", role: "alert" });
    this.mapRoot = element("div", { className: "community_map" });
    this.under = element("div", { className: "effect", role: "status" });
    this.map = new CommunityMap(this.mapRoot, {
      changed: (grids) => this.move(grids),
      picked: (place) => this.pick(place),
    });
    this.wishes = new Wishes(this.asked, () => this.size());
    this.hearDrops();
  }

  /** Say everything in the language that is spoken now; what was read, wished for, answered and moved stays. */
  relabel() {
    refill(
      this.root,
      element("section", { className: "steps_in" }, ...this.beginning(), this.said, this.about, this.told, this.asked),
      element("section", { className: "map_side" }, this.mapRoot, this.under),
    );
    if (!this.read) return;
    this.wishes.relabel();
    if (this.answer && !this.working) this.showAnswer();
    this.readAgain();
  }

  beginning() {
    const input = (id, accept) =>
      element("input", { type: "file", id, accept, className: "hidden", ariaLabel: say(id) });
    const list = input("list_file", ".csv,.tsv,.txt,.xlsx,.xlsm,.geojson,.json"),
      further = input("barriers_file", ".geojson,.json");
    list.addEventListener("change", () => list.files[0] && this.take("file", list.files[0]));
    further.addEventListener("change", () => further.files[0] && this.take("barriers", further.files[0]));
    this.drop = element(
      "label",
      { className: "drop", htmlFor: "list_file" },
      element("b", { text: say("drop_list") }),
      element("span", { text: say("drop_kinds") }),
    );
    const other = element(
      "p",
      { className: "row" },
      element("button", { type: "button", id: "try_example", text: say("try_example"), onclick: () => this.example() }),
      element("label", { htmlFor: "barriers_file", className: "link", text: say("add_barriers") }),
    );
    const crs = element("label", { className: "row" }, say("crs"), this.chooseCrs());
    return [element("p", { className: "hint", text: say("stays_here") }), list, further, this.drop, crs, other];
  }

  /** What the coordinates are; what the file says of itself (GeoJSON), or else metres, unless somebody says otherwise. */
  chooseCrs() {
    const select = element(
      "select",
      { id: "crs" },
      ...CRS.map((crs) => new Option(say(`crs_${crs || "unsaid"}`), crs, false, crs === (this.crs ?? ""))),
    );
    select.addEventListener("change", () => {
      this.crs = select.value || null;
      if (this.files.file) this.readIt();
    });
    return select;
  }

  /** A file may be dropped anywhere: the browser would leave the page for it. */
  hearDrops() {
    for (const kind of ["dragover", "dragleave", "drop"]) {
      this.root.addEventListener(kind, (event) => {
        event.preventDefault();
        this.drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files[0]) this.take("file", event.dataTransfer.files[0]);
      });
    }
  }

  // Reading ------------------------------------------------------------------------------------------------------------

  /** From now on this is what is asked for, and nothing else; gives what ends it. */
  begin() {
    this.asking?.abort();
    this.asking = new AbortController();
    return this.asking.signal;
  }

  async take(kind, file) {
    const signal = this.begin();
    if (kind === "file") this.files = {};
    this.files[kind] = await sent(file);
    if (this.files.file && !signal.aborted) this.readIt();
  }

  async example() {
    const signal = this.begin();
    try {
      const { language, ...files } = await (
        await fetched(`/api/community/example?language=${spoken()}`, { signal })
      ).json();
      this.files = files;
    } catch (error) {
      return this.refused(error);
    }
    return this.readIt();
  }

  get body() {
    const { wishes_file: file, ...files } = this.files,
      { value: wishes } = this.wishes;
    return {
      ...files,
      ...(wishes ? { wishes } : file ? { wishes_file: file } : {}),
      crs: this.crs,
      language: spoken(),
    };
  }

  async readIt() {
    const signal = this.begin();
    this.say(say("reading"));
    Object.assign(this, { read: null, answer: null, plan: null, moves: [] });
    this.map.movable = false;
    for (const each of [this.about, this.asked, this.told, this.under]) each.replaceChildren();
    this.wishes.forget();
    let read;
    try {
      read = await (await posted("/api/community/read", this.body, signal)).json();
    } catch (error) {
      return this.refused(error);
    }
    this.read = read;
    this.say("");
    this.tellRead();
    this.wishes.show(read.wishes, read.given);
    this.map.show(read.sites, read.barriers);
    if (read.today) this.map.paint({ grid_of: read.today.grid_of, grids: read.today.grids });
    document.body.dataset.community = "read";
    return null;
  }

  /** What was said of the list, in another language. */
  async readAgain() {
    const body = this.body,
      { files } = this;
    try {
      const read = await (await posted("/api/community/read", body)).json();
      if (this.files === files && spoken() === body.language) this.read = read;
      this.tellRead();
    } catch {
      // what was said in the other language stays
    }
  }

  tellRead() {
    const { title, sites, households, notes } = this.read,
      lived = sites.filter((site) => site.households > 0).length;
    this.about.replaceChildren(
      element("h3", { text: title }),
      element("p", { text: say("read_as", { buildings: number(lived), households: number(households) }) }),
      ...(notes.length ? [element("ul", { className: "notes" }, ...notes.map((text) => element("li", { text })))] : []),
    );
  }

  say(text) {
    this.said.textContent = text;
    this.said.classList.toggle("telling", Boolean(text));
  }

  refused(error) {
    if (error.name === "AbortError") return;
    const rest = error instanceof Refused ? this.wishes.refuse(error.problems) : [say("no_answer")];
    this.say(rest.join("\n"));
    this.said.classList.remove("telling");
    if (rest.length) this.said.scrollIntoView({ block: "nearest" });
    document.body.dataset.community = "refused";
  }

  // Sizing -------------------------------------------------------------------------------------------------------------

  async size() {
    const signal = this.begin(),
      bar = element("progress", { max: 1 }),
      stage = element("p", { className: "hint", text: say("sizing") });
    const stop = element("button", {
      type: "button",
      id: "stop_sizing",
      text: say("stop"),
      onclick: () => this.asking.abort(),
    });
    this.told.replaceChildren(element("div", { className: "progress" }, stage, bar, stop));
    this.told.scrollIntoView({ block: "start" });
    this.say("");
    this.wishes.refuse([]);
    this.working = true;
    this.wishes.wait(true);
    let found = null;
    const language = spoken();
    try {
      const answer = await posted("/api/community/size", this.body, signal);
      for await (const line of linesOf(answer.body)) {
        if (line.progress) tellProgress(line.progress, bar, stage);
        if (line.problems) throw new Refused(line.problems);
        if (line.answer) found = line.answer;
      }
      if (!found) throw new Refused([say("broke_off")]);
    } catch (error) {
      this.told.replaceChildren();
      this.refused(error);
      if (this.answer) this.showAnswer(); // what was answered before still holds
      return;
    } finally {
      this.working = false;
      this.wishes.wait(false);
    }
    Object.assign(this, { answer: found, language, plan: found.plans[0], moves: [] });
    this.map.movable = true;
    this.showAnswer();
    this.showPlan();
    this.wishes.fold();
    this.told.scrollIntoView({ block: "start" });
    document.body.dataset.community = "sized";
  }

  showAnswer() {
    const { says, further, pilot, key } = this.answer,
      [first, ...rest] = says;
    const other = this.language === spoken() ? [] : [element("p", { className: "hint", text: say("other_language") })];
    const more = (heading, lines) =>
      lines.length
        ? [
            element(
              "details",
              {},
              element("summary", { text: say(heading) }),
              ...lines.map((text) => element("p", { text })),
            ),
          ]
        : [];
    refill(
      this.told,
      ...other,
      element("p", { className: "first", text: first }),
      ...rest.map((text) => element("p", { text })),
      this.plansTable(),
      element("p", { className: "hint", text: key }),
      ...more("and_if", further),
      ...more("by_pilot", pilot),
      element("h3", { text: say("take_home") }),
      this.home(),
    );
  }

  plansTable() {
    const row = (plan) =>
      element(
        "tr",
        { className: plan === this.plan ? "chosen" : "" },
        element(
          "td",
          {},
          element("button", {
            type: "button",
            className: "link",
            text: `${ROLES[plan.role] ?? ""} ${plan.name}`.trim(),
            onclick: () => this.choose(plan),
          }),
        ),
        element("td", { text: percent(plan.probability) }),
        element("td", { text: number(Math.round(plan.hours)) }),
        element("td", { text: plan.right_at?.says ?? "" }),
      );
    return tableOf(["plan", "surely", "problem_hours", "right_at"], this.answer.plans.map(row));
  }

  /** The files, to be taken home. */
  home() {
    for (const url of this.urls) URL.revokeObjectURL(url);
    const links = Object.entries(this.answer.files).map(([name, content]) => {
      const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
      return element("a", {
        href: URL.createObjectURL(new Blob([bytes])),
        download: name,
        title: name,
        className: MAIN.has(name) ? "large" : "",
        text: say(`home_${name.replace(".", "_")}`),
      });
    });
    this.urls = links.map(({ href }) => href);
    return element("p", { className: "row home" }, ...links);
  }

  choose(plan) {
    this.asking?.abort();
    this.plan = plan;
    this.moves = [];
    this.showAnswer();
    this.showPlan();
  }

  // What a change does -------------------------------------------------------------------------------------------------

  get cut() {
    return this.answer.maps[this.plan.map];
  }

  get moved() {
    return this.moves.at(-1) ?? this.cut.grid_of;
  }

  /** The plan on the map, with what was moved; households are null while they are not known. */
  showPlan(outlines = this.cut.outlines, households = this.cut.households) {
    const { cut, moved } = this,
      others = new Set(moved.flatMap((grid, place) => (grid === cut.grid_of[place] ? [] : [place])));
    this.map.paint({ ...cut, grid_of: moved, outlines, households }, others);
    if (!this.moves.length) refill(this.under, mapHint());
  }

  move(grids) {
    if (grids.every((grid, place) => grid === this.moved[place])) return this.map.repaint();
    this.moves.push(grids);
    return this.tellEffect();
  }

  back(all = false) {
    this.asking?.abort();
    if (all) this.moves = [];
    else this.moves.pop();
    if (this.moves.length) this.tellEffect();
    else this.showPlan();
  }

  /** A building that was clicked: which grid it is to belong to. */
  pick(place) {
    if (!this.answer) return;
    const { grids } = this.cut,
      select = element(
        "select",
        { ariaLabel: say("to_grid") },
        ...grids.map((name, grid) => new Option(name, grid, false, grid === this.moved[place])),
      );
    select.addEventListener("change", () => {
      const after = this.moved.slice();
      after[place] = Number(select.value);
      this.move(after);
    });
    const name = element("b", { text: this.read.sites[place].name });
    this.under.querySelector(".picked")?.remove(); // what was said of the last change stays
    this.under.prepend(element("p", { className: "row picked" }, name, ` ${say("in_grid")} `, select));
    select.focus();
  }

  async tellEffect() {
    const signal = this.begin(),
      { plan, cut, moved } = this;
    this.showPlan(null, null);
    refill(this.under, element("p", { className: "hint", text: say("reckoning") }), ...this.undo());
    document.body.dataset.effect = "";
    let told;
    try {
      const people = {
        grid_of: cut.grid_of,
        people: plan.people,
        members: plan.members,
        escalation: plan.escalation,
        today: plan.today,
      };
      told = await (
        await posted("/api/community/effect", { ...this.body, plan: people, moved: { grid_of: moved } }, signal)
      ).json();
    } catch (error) {
      const text = error instanceof Refused ? error.message : say("no_answer");
      if (error.name !== "AbortError") refill(this.under, element("p", { className: "refusal", text }), ...this.undo());
      return;
    }
    if (signal.aborted) return;
    this.showPlan(told.outlines, told.households.after);
    this.showEffect(told);
    document.body.dataset.effect = told.verdict;
  }

  undo() {
    return [
      element(
        "p",
        { className: "row" },
        button("undo", say("undo"), () => this.back()),
        button("back_to_plan", say("back_to_plan"), () => this.back(true)),
      ),
    ];
  }

  showEffect({ says, about, measures, warnings }) {
    const row = ({ name, before, after, unit, difference, verdict }) =>
      element(
        "tr",
        { className: verdict },
        element("td", { text: name }),
        element("td", { text: amount(before, unit) }),
        element("td", { text: amount(after, unit) }),
        element("td", { text: difference ? differenceOf(difference, unit) : "" }),
        element("td", { text: say(`verdict_${verdict}`) }),
      );
    const table = tableOf(["measure", "before", "after", "difference", "verdict"], measures.map(row));
    refill(
      this.under,
      ...[says].flat().map((text, place) => element("p", { className: place ? "" : "first", text })),
      ...warnings.map((text) => element("p", { className: "refusal", text })),
      ...this.undo(),
      element(
        "details",
        { open: true },
        element("summary", { text: say("in_numbers") }),
        table,
        ...[about].flat().map((text) => element("p", { className: "hint", text })),
      ),
    );
  }
}

function tableOf(heads, rows) {
  const head = element("tr", {}, ...heads.map((name) => element("th", { text: say(`head_${name}`) })));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

function tellProgress({ stage, done, of, left_s: left }, bar, told) {
  if (of) bar.value = done / of;
  else bar.removeAttribute("value");
  told.textContent =
    left === null ? say("at_stage", { stage }) : say("at_stage_left", { stage, time: duration(left / 3600) });
}

const differenceOf = ({ mean, lo, hi }, unit) =>
  `${apart(mean, unit)} (${apart(lo, unit)} … ${apart(hi, unit)})${unit === "share" ? say("points") : ""}`;
const amount = (value, unit) =>
  value === null ? say("none") : unit === "share" ? percent(value) : number(Math.round(value));
/** A difference with its sign; of shares in points of per cent. */
function apart(value, unit) {
  const shown = unit === "share" ? Math.round(value * 1e4) / 100 : Math.round(value);
  return `${shown > 0 ? "+" : shown < 0 ? "−" : ""}${number(Math.abs(shown))}`;
}

/** Objects of JSON, a line each, as they come. */
async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop();
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
    if (done) return;
  }
}
