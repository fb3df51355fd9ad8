/** My community: a planner's list goes in; grids, people and what a change does come out. Nothing leaves the machine. */

import { CommunityMap, mapHint } from "page/communitymap.js";
import { Refused, fetched, posted } from "page/source.js";
import { Wishes } from "page/wishes.js";
import { button, duration, element, number, percent, say, spoken } from "page/words.js";

/** As the key under the table has them. */
const ROLES = { recommended: "★", runner_up: "☆", today: "△" };
const CHUNK = 0x8000, CRS = ["", "metres", "wgs84", "gcj02", "bd09"];

async function sent(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { name: file.name, content: btoa(text) };
}

export class MyCommunity {
  constructor(root) {
    Object.assign(this, { root, files: {}, crs: null, read: null, answer: null, plan: null, moves: [], asking: null });
  }

  /** Build the page, in the language that is spoken now; what was read and answered stays. */
  relabel() {
    const input = (id, accept) => element("input", { type: "file", id, accept, className: "hidden" });
    this.said = element("p", { className: "refusal", role: "alert" });
    this.drop = element("label", { className: "drop", htmlFor: "list_file" }, element("b", { text: say("drop_list") }), element("span", { text: say("drop_kinds") }));
    const list = input("list_file", ".csv,.tsv,.txt,.xlsx,.xlsm,.geojson,.json"), further = input("barriers_file", ".geojson,.json");
    list.addEventListener("change", () => list.files[0] && this.take("file", list.files[0]));
    further.addEventListener("change", () => further.files[0] && this.take("barriers", further.files[0]));
    this.hearDrops();
    const other = element("p", { className: "row" }, element("button", { type: "button", id: "try_example", text: say("try_example"), onclick: () => this.example() }),
      element("label", { htmlFor: "barriers_file", className: "link", text: say("add_barriers") }));
    const crs = element("label", { className: "row" }, say("crs"), this.chooseCrs());
    this.about = element("div", { className: "about" });
    this.asked = element("div", { className: "asked" });
    this.told = element("div", { className: "told_plans" });
    this.mapRoot = element("div", { className: "community_map" });
    this.under = element("div", { className: "effect", role: "status" });
    this.root.replaceChildren(
      element("section", { className: "steps_in" }, element("p", { className: "hint", text: say("stays_here") }), list, further, this.drop, crs, other, this.said, this.about, this.told, this.asked),
      element("section", { className: "map_side" }, this.mapRoot, this.under));
    this.map = new CommunityMap(this.mapRoot, { changed: (grids) => this.move(grids), picked: (place) => this.pick(place) });
    this.wishes = new Wishes(this.asked, () => this.size());
    if (this.read) this.showRead();
    if (this.answer) this.showAnswer();
  }

  /** What the coordinates are; what the file says of itself (GeoJSON), or else metres, unless somebody says otherwise. */
  chooseCrs() {
    const select = element("select", { id: "crs" }, ...CRS.map((crs) => new Option(say(`crs_${crs || "unsaid"}`), crs, false, crs === (this.crs ?? ""))));
    select.addEventListener("change", () => {
      this.crs = select.value || null;
      if (this.files.file) this.readIt();
    });
    return select;
  }

  hearDrops() {
    for (const kind of ["dragover", "dragleave", "drop"]) {
      this.drop.addEventListener(kind, (event) => {
        event.preventDefault();
        this.drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files[0]) this.take("file", event.dataTransfer.files[0]);
      });
    }
  }

  // Reading ------------------------------------------------------------------------------------------------------------

  async take(kind, file) {
    this.asking?.abort();
    if (kind === "file") this.files = {};
    this.files[kind] = await sent(file);
    if (this.files.file) this.readIt();
  }

  async example() {
    this.asking?.abort();
    const { language, ...files } = await (await fetched(`/api/community/example?language=${spoken()}`)).json();
    this.files = files;
    this.readIt();
  }

  get body() {
    const { wishes_file: file, ...files } = this.files, { value: wishes } = this.wishes;
    return { ...files, ...(wishes ? { wishes } : file ? { wishes_file: file } : {}), crs: this.crs, language: spoken() };
  }

  async readIt() {
    this.say(say("reading"));
    Object.assign(this, { read: null, answer: null, plan: null, moves: [] });
    for (const each of [this.about, this.asked, this.told, this.under]) each.replaceChildren();
    this.wishes.forget();
    try {
      this.read = await (await posted("/api/community/read", this.body)).json();
    } catch (error) {
      return this.refused(error);
    }
    this.say("");
    return this.showRead();
  }

  showRead() {
    const { title, sites, households, notes, barriers, today } = this.read;
    this.about.replaceChildren(element("h3", { text: title }), element("p", { text: say("read_as", { buildings: number(sites.filter((site) => site.households > 0).length), households: number(households) }) }),
      ...(notes.length ? [element("ul", { className: "notes" }, ...notes.map((text) => element("li", { text })))] : []));
    this.wishes.show(this.read.wishes, this.read.given);
    this.map.show(sites, barriers);
    if (today) this.map.paint({ grid_of: today.grid_of, grids: today.grids });
    document.body.dataset.community = "read";
  }

  say(text) {
    this.said.textContent = text;
    this.said.classList.toggle("telling", Boolean(text));
  }

  refused(error) {
    if (error.name === "AbortError") return;
    this.say(error instanceof Refused ? error.message : say("no_answer"));
    this.said.classList.remove("telling");
    document.body.dataset.community = "refused";
  }

  // Sizing -------------------------------------------------------------------------------------------------------------

  async size() {
    this.asking?.abort();
    const mine = this.asking = new AbortController();
    const bar = element("progress", { max: 1 }), stage = element("p", { className: "hint", text: say("sizing") });
    const stop = element("button", { type: "button", id: "stop_sizing", text: say("stop"), onclick: () => mine.abort() });
    this.told.replaceChildren(element("div", { className: "progress" }, stage, bar, stop));
    this.say("");
    try {
      const answer = await posted("/api/community/size", this.body, mine.signal);
      for await (const line of linesOf(answer.body)) {
        if (line.progress) this.tellProgress(line.progress, bar, stage);
        if (line.problems) throw new Refused(line.problems);
        if (line.answer) this.answer = line.answer;
      }
      if (!this.answer) throw new Error("the answer broke off");
    } catch (error) {
      this.told.replaceChildren();
      return this.refused(error);
    }
    this.plan = this.answer.plans[0];
    this.moves = [];
    this.showAnswer();
    return this.told.scrollIntoView({ block: "start" });
  }

  tellProgress({ stage, done, of, left_s: left }, bar, told) {
    if (of) bar.value = done / of;
    else bar.removeAttribute("value");
    told.textContent = left === null ? say("at_stage", { stage }) : say("at_stage_left", { stage, time: duration(left / 3600) });
  }

  showAnswer() {
    const { says, further, pilot, plans, key, files, title } = this.answer;
    const [first, ...rest] = says;
    const rows = plans.map((plan) => element("tr", { className: plan === this.plan ? "chosen" : "" },
      element("td", {}, element("button", { type: "button", className: "link", text: `${ROLES[plan.role] ?? ""} ${plan.name}`.trim(), onclick: () => this.choose(plan) })),
      element("td", { text: percent(plan.probability) }), element("td", { text: number(Math.round(plan.hours)) }), element("td", { text: plan.right_at?.says ?? "" })));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...["plan", "surely", "problem_hours", "right_at"].map((name) => element("th", { text: say(`head_${name}`) })))), element("tbody", {}, ...rows));
    const home = element("p", { className: "row home" }, ...Object.entries(files).map(([name, content]) => this.download(`${title} ${name}`, name, content)));
    const more = (heading, lines) => (lines.length ? [element("details", {}, element("summary", { text: say(heading) }), ...lines.map((text) => element("p", { text })))] : []);
    this.told.replaceChildren(element("p", { className: "first", text: first }), ...rest.map((text) => element("p", { text })), table, element("p", { className: "hint", text: key }),
      ...more("and_if", further), ...more("by_pilot", pilot), element("h3", { text: say("take_home") }), home);
    this.wishes.fold();
    this.showPlan();
    document.body.dataset.community = "sized";
  }

  download(name, text, content) {
    const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
    return element("a", { href: URL.createObjectURL(new Blob([bytes])), download: name, text });
  }

  choose(plan) {
    this.plan = plan;
    this.moves = [];
    this.showAnswer();
  }

  // What a change does -------------------------------------------------------------------------------------------------

  get cut() {
    return this.answer.maps[this.plan.map];
  }

  get moved() {
    return this.moves.at(-1) ?? this.cut.grid_of;
  }

  showPlan(outlines = this.cut.outlines, households = this.cut.households) {
    const { cut, moved } = this, others = new Set(moved.flatMap((grid, place) => (grid === cut.grid_of[place] ? [] : [place])));
    this.map.paint({ ...cut, grid_of: moved, outlines, households }, others);
    if (!this.moves.length) this.under.replaceChildren(mapHint());
  }

  move(grids) {
    if (!this.answer || grids.every((grid, place) => grid === this.moved[place])) return this.answer && this.showPlan();
    this.moves.push(grids);
    return this.tellEffect();
  }

  back() {
    this.moves.pop();
    if (this.moves.length) this.tellEffect();
    else this.showPlan();
  }

  /** A building that was clicked: which grid it is to belong to. */
  pick(place) {
    if (!this.answer) return;
    const { grids } = this.cut, select = element("select", { ariaLabel: say("to_grid") }, ...grids.map((name, grid) => new Option(name, grid, false, grid === this.moved[place])));
    select.addEventListener("change", () => {
      const after = this.moved.slice();
      after[place] = Number(select.value);
      this.move(after);
    });
    this.under.replaceChildren(element("p", { className: "row" }, element("b", { text: this.read.sites[place].name }), ` ${say("in_grid")} `, select));
  }

  async tellEffect() {
    this.asking?.abort();
    const mine = this.asking = new AbortController(), { plan, cut, moved } = this;
    this.showPlan(null, undefined);
    this.under.replaceChildren(element("p", { className: "hint", text: say("reckoning") }), ...this.undo());
    document.body.dataset.effect = "";
    let told;
    try {
      const people = { grid_of: cut.grid_of, people: plan.people, members: plan.members, escalation: plan.escalation, today: plan.today };
      told = await (await posted("/api/community/effect", { ...this.body, plan: people, moved: { grid_of: moved } }, mine.signal)).json();
    } catch (error) {
      if (error.name !== "AbortError") this.under.replaceChildren(element("p", { className: "refusal", text: error instanceof Refused ? error.message : say("no_answer") }), ...this.undo());
      return;
    }
    this.showPlan(told.outlines, told.households.after);
    this.showEffect(told);
    document.body.dataset.effect = told.verdict;
  }

  undo() {
    return [element("p", { className: "row" }, button("undo", say("undo"), () => this.back()), button("back_to_plan", say("back_to_plan"), () => { this.moves = []; this.showPlan(); }))];
  }

  showEffect({ says, about, measures, warnings }) {
    const rows = measures.map(({ name, before, after, unit, difference, verdict }) => element("tr", { className: verdict }, element("td", { text: name }), element("td", { text: amount(before, unit) }), element("td", { text: amount(after, unit) }),
      element("td", { text: difference ? `${apart(difference.mean, unit)} (${apart(difference.lo, unit)} … ${apart(difference.hi, unit)})${unit === "share" ? say("points") : ""}` : "" }), element("td", { text: say(`verdict_${verdict}`) })));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...["measure", "before", "after", "difference", "verdict"].map((name) => element("th", { text: say(`head_${name}`) })))), element("tbody", {}, ...rows));
    this.under.replaceChildren(...[says].flat().map((text, place) => element("p", { className: place ? "" : "first", text })), ...warnings.map((text) => element("p", { className: "refusal", text })),
      ...this.undo(), element("details", { open: true }, element("summary", { text: say("in_numbers") }), table, ...[about].flat().map((text) => element("p", { className: "hint", text }))));
  }
}

const amount = (value, unit) => (value === null ? say("none") : unit === "share" ? percent(value) : number(Math.round(value)));
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
