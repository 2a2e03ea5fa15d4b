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

    /* Count each group's rows among those shown, and rank the groups. */
    over(shown) {
      const count = (wanted) => {
        const place = by.action.words.indexOf(wanted);
        const counts = new Array(this.names.length).fill(0);
        for (const row of shown) if (by.action.cells[row] === place) counts[this.places[row]] += 1;
        return counts;
      };
      const [removals, additions] = [count("remove"), count("add")];
      const order = this.names.map((_, at) => at).sort((a, b) => Boolean(this.all[b]) - Boolean(this.all[a]) || removals[b] - removals[a] || collator.compare(this.names[a], this.names[b]));
      const rank = new Array(order.length);
      order.forEach((at, place) => { rank[at] = place; });
      return { places: this.places, names: this.names, all: this.all, removals, additions, rank };
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
