/** Searching in what stands in order. */

/** How many of some numbers in order are no greater than one. */
export function countUntil(sorted, value, from = 0, to = sorted.length) {
  let low = from,
    high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - from;
}

/** What belongs together, one after the other: `of` gives for each its group; the places of group g are `part(g)`. */
export class Grouped {
  constructor(count, of, groupsCount) {
    this.firsts = new Int32Array(groupsCount + 1);
    for (let each = 0; each < count; each++) if (of(each) >= 0) this.firsts[of(each) + 1]++;
    for (let group = 0; group < groupsCount; group++) this.firsts[group + 1] += this.firsts[group];
    const next = this.firsts.slice();
    this.places = new Int32Array(this.firsts[groupsCount]);
    for (let each = 0; each < count; each++) if (of(each) >= 0) this.places[next[of(each)]++] = each;
  }

  part(group) {
    return this.places.subarray(this.firsts[group], this.firsts[group + 1]);
  }
}
