/** Where histories and texts come from: from inside the file, or from the server that handed out the page. */

import { bytesOf, decode } from "page/history.js";

const inside = JSON.parse(document.getElementById("inside")?.textContent ?? "null");
/** Whether the page is a file with its histories inside: nothing further can be asked for. */
export const isFile = inside !== null;
/** Packed, of all histories that are kept: unpacked it is about three times as much. */
const MOST_KEPT_BYTES = 48e6;
const kept = new Map();

/** There is no server that answers. */
export class Unanswered extends Error {}

/** A request was refused; `problems` says why, a line each. */
export class Refused extends Error {
  constructor(problems) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

export async function fetched(address, options) {
  const answer = await fetch(address, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Unanswered(error.message);
  });
  if (answer.ok) return answer;
  let problems;
  try {
    ({ problems } = await answer.json());
  } catch {
    problems = [`${answer.status}`];
  }
  throw new Refused(problems);
}

/** Ask with a body of JSON. */
export function posted(address, content, signal) {
  return fetched(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content),
    signal,
  });
}

export async function texts(languages) {
  if (inside) return inside.texts;
  const files = await Promise.all(
    languages.map(async (language) => (await fetched(`/static/${language}.json`)).json()),
  );
  return Object.fromEntries(languages.map((language, place) => [language, files[place]]));
}

/** What there is to choose from: scenarios, stories, and what the page begins with; nothing in a file. */
export async function offered() {
  if (inside)
    return {
      scenarios: [],
      stories: [],
      first: { scenario: 0, against: inside.histories.length > 1 ? { scenario: 1 } : null },
    };
  return (await fetched("/api/scenarios")).json();
}

export async function levers(scenario) {
  return inside ? [] : (await (await fetched(`/api/levers?scenario=${encodeURIComponent(scenario)}`)).json()).levers;
}

/** The history that is wanted: of a scenario with overrides and a seed. The last are kept, as far as there is room. */
export async function history({ scenario, overrides = {}, seed = 1 }, language, signal) {
  const key = JSON.stringify([scenario, Object.entries(overrides).sort(), seed]);
  if (!kept.has(key)) {
    const body = inside
      ? bytesOf(inside.histories[scenario])
      : await (await posted("/api/history", { scenario, overrides, seed, language }, signal)).arrayBuffer();
    kept.set(key, { history: await decode(body), bytes: body.byteLength ?? body.length });
  }
  const found = kept.get(key);
  kept.delete(key);
  kept.set(key, found); // the last that was wanted goes last
  let bytes = 0;
  for (const [each, { bytes: more }] of Array.from(kept).reverse()) {
    bytes += more;
    if (bytes > MOST_KEPT_BYTES && each !== key) kept.delete(each);
  }
  return found.history;
}
