/** Where histories and texts come from: from inside the file, or from the server that handed out the page. */

import { bytesOf, decode } from "page/history.js";

const inside = JSON.parse(document.getElementById("inside")?.textContent ?? "null");

/** A request was refused; the message says why. */
export class Refused extends Error {}

async function fetched(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Refused((await answer.json()).problems.join("\n"));
  return answer;
}

export async function texts(languages) {
  if (inside) return inside.texts;
  const files = await Promise.all(languages.map(async (language) => (await fetched(`/static/${language}.json`)).json()));
  return Object.fromEntries(languages.map((language, place) => [language, files[place]]));
}

/** Which scenarios there are to choose from, and which is the first; none in a file. */
export async function scenarios() {
  return inside ? { scenarios: [], first: null } : (await fetched("/api/scenarios")).json();
}

export async function history(scenario, language) {
  if (inside) return decode(bytesOf(inside.history));
  const body = JSON.stringify({ scenario, language });
  const answer = await fetched("/api/history", { method: "POST", headers: { "content-type": "application/json" }, body });
  return decode(await answer.arrayBuffer());
}
