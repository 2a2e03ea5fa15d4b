/* How the rows of a table can be grouped: by domain, reason or role. The groups that lose everybody come first, then
   those with the most removals. */
"use strict";
globalThis.rolesyncGroupings = (by, domains, collator) => {
  /* Texts of rows → the place of each row's text among the names. */
  function coded(texts) {
    const places = new Map();
    return { places: texts.map((text) => places.get(text) ?? places.set(text, places.size).get(text)), names: [...places.keys()] };
  }

  const domainOf = ([, email]) => (email.includes("@") ? email.slice(email.lastIndexOf("@") + 1).toLowerCase() : "no address");

  /* The sentence about each domain that loses all holders of a role. */
  const emptied = new Map((domains ?? []).map(([domain, text]) => [domain, text]));

  class Grouping {
    constructor(title, { places, names }, notes = new Map()) {
      Object.assign(this, { title, places, names, all: names.map((name) => notes.get(name) ?? "") });
      this.empties = this.all.some(Boolean);
    }

    /* Rank the groups by their removals among the rows shown; `starts` and `sizes` are where each group then is. */
    over(shown) {
      const remove = by.action.words.indexOf("remove");
      const [sizes, removals] = [1, 2].map(() => new Array(this.names.length).fill(0));
      for (const row of shown) {
        sizes[this.places[row]] += 1;
        if (by.action.cells[row] === remove) removals[this.places[row]] += 1;
      }
      const order = this.names.map((_, at) => at).sort((a, b) => Boolean(this.all[b]) - Boolean(this.all[a]) || removals[b] - removals[a] || collator.compare(this.names[a], this.names[b]));
      const [rank, starts] = [1, 2].map(() => new Array(order.length));
      let start = 0;
      order.forEach((at, place) => {
        rank[at] = place;
        starts[at] = start;
        start += sizes[at];
      });
      return { places: this.places, names: this.names, all: this.all, rank, starts, sizes };
    }
  }

  if (!by.user || !by.action || !by.why) return {};
  const choices = {
    domain: () => new Grouping("domain", coded(by.user.cells.map(domainOf)), emptied),
    why: () => new Grouping("reason", { places: by.why.cells, names: by.why.words }),
    role: () => new Grouping("role", { places: by.role.cells, names: by.role.words }),
  };
  return Object.fromEntries(Object.entries(choices).map(([key, choice]) => [key, choice()]).filter(([, { names }]) => names.length > 1));
};
