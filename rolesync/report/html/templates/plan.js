/* The script of a plan's page: search, filters, groups, sorting and pages for each table, and the page's address.

   It uses no library, sends no request and stores nothing. It inserts every text as a text node, never as markup, and
   reads the rows from the JSON in the page. Its cells equal those of cells.html. */
"use strict";
(() => {
  const ROWS = 100; // of a page: fast to render, and few enough to read
  const PRINTED = 1000; // rows of each table that are printed
  const SEARCHED = 8; // a table with more rows has a search field
  const NO_ROLE = "no role";
  const PROBABLY_LOST = " (probably lost)";
  const SIGNS = { remove: "- ", add: "+ " };
  const NOUNS = { remove: "removal", add: "addition" };
  const CHIPS = { remove: "Removals", add: "Additions" };
  const collator = new Intl.Collator("en", { sensitivity: "base" });
  const number = new Intl.NumberFormat("en");
  const ofAll = (count, all) => (count < all ? `${number.format(count)} of ${number.format(all)}` : number.format(all));
  const many = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function button(text, attributes, action) {
    const element = make("button", { type: "button", ...attributes }, text);
    element.addEventListener("click", () => element.getAttribute("aria-disabled") !== "true" && action());
    return element;
  }

  /* The parts of a text, its commands as code. */
  const withCommands = (text) => text.split(/`(rolesync [^`]{1,200})`/).map((part, at) => (at % 2 ? make("code", {}, part) : part));

  /* Normalise a text for the search: without case, accents and differences of width. */
  function normalise(text) {
    // eslint-disable-next-line no-control-regex
    if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  /* One column: its values by row, and their texts for search, sorting and menus. */
  class Column {
    constructor({ key, title, kind, cells, words, all_label, hidden }) {
      Object.assign(this, { key, title, kind, cells, words, all_label, hidden });
    }

    value(row) {
      return this.words ? this.words[this.cells[row]] : this.cells[row];
    }

    text(value) {
      if (this.kind === "user") return [value[0], value[1] && `<${value[1]}>`, value[2] && `#${value[2]}`].filter(Boolean).join(" ");
      if (this.kind === "roles") return `${value[0] || NO_ROLE} → ${value[1] || NO_ROLE}`;
      if (this.kind === "media") return value[2];
      return this.kind === "number" && !value ? "" : String(value);
    }

    /* The normalised text of each row; a text that many rows share is normalised once. */
    searched() {
      if (this.kind === "number") return null;
      const searched = (value) => normalise(this.kind === "media" ? `${value[0]} ${value[1]}\n${value[2]}` : this.text(value)); // as shown, and in full
      if (!this.words) return this.cells.map(searched);
      const words = this.words.map(searched);
      return this.cells.map((place) => words[place]);
    }

    /* The rank of each row in ascending order, computed once; rows without a value come last. */
    ranks() {
      this.rankByRow ??= this.kind === "number" ? this.cells.map((value) => value || Infinity) : this.ranked();
      return this.rankByRow;
    }

    ranked() {
      const values = this.words ?? this.cells;
      const keys = values.map(MEDIA_RANKS[this.kind] ?? ((value) => (this.kind === "user" ? value[0] || value[1] || value[2] : this.text(value))));
      const compare = this.kind in MEDIA_RANKS ? (a, b) => a - b : collator.compare;
      const order = keys.map((_, at) => at).sort((a, b) => compare(keys[a], keys[b]));
      const rank = new Array(keys.length);
      let last = 0;
      order.forEach((at, place) => {
        if (place && compare(keys[order[place - 1]], keys[at]) !== 0) last = place;
        rank[at] = last;
      });
      return this.words ? this.cells.map((place) => rank[place]) : rank;
    }

    /* The cell of a row; `steps` are those of its roles. */
    cell(row, steps) {
      const value = this.value(row);
      const label = { "data-label": this.title };
      if (this.kind === "tag") return make("td", { ...label, class: `tag ${value}` }, make("span", {}, `${SIGNS[value] ?? ""}${value}`));
      if (this.kind === "number") return make("td", { ...label, class: "number" }, this.text(value));
      if (this.kind === "user") return make("th", { ...label, scope: "row", class: "user" }, userCell(value));
      if (this.kind === "roles") return make("td", { ...label, class: "roles" }, ...rolesCell(steps ?? value[2]));
      if (this.kind === "media") return make("td", { ...label, class: "media" }, ...mediaCell(value));
      return make("td", { ...label, class: this.key }, make("bdi", {}, ...withCommands(this.text(value))));
    }
  }

  function userCell([name, email, id]) {
    const parts = [];
    if (name) parts.push(make("bdi", { class: "name" }, name));
    if (email) parts.push(make("bdi", { class: "email" }, email));
    if (id) parts.push(make("span", { class: "id" }, `#${id}`));
    return make("span", {}, ...parts.flatMap((part, at) => (at ? [" ", part] : [part])));
  }

  function rolesCell(steps) {
    const shown = steps.map(([sign, role]) => {
      const name = make("bdi", {}, role);
      if (sign === "?") return make("span", { class: "warn" }, name, PROBABLY_LOST);
      return sign === "-" ? make("s", {}, name) : sign === "+" ? make("ins", {}, "+\u00a0", name) : name;
    });
    return [...shown.flatMap((part, at) => (at ? [", ", part] : [part])), ...(steps.some(([sign]) => sign !== "-") ? [] : [" ", make("strong", { class: "remove" }, `→ ${NO_ROLE}`)])];
  }

  function mediaCell([owned, viewed, , size]) {
    if (owned && size === null) return [make("span", { class: "dim" }, owned)];
    return owned ? [make("span", {}, make("b", {}, owned), ...(viewed ? [" ", make("small", {}, viewed)] : []))] : [];
  }

  /* What media are ranked by: the largest or the last viewed first, then those unknown, then nothing. */
  const MEDIA_RANKS = {
    media: ([, , , size]) => (size === null ? Number.MAX_VALUE : -size),
    viewed: ([, , , , day]) => (day ? -Date.parse(day) : Number.MAX_VALUE),
  };

  /* One section: controls, the table with its rows, and the pages. */
  class List {
    constructor(section, { key, columns, details, domains }) {
      Object.assign(this, { section, key, details, page: 0, sorted: null, lead: null, action: "", group: null, open: new Set() });
      this.columns = columns.map((column) => new Column(column));
      this.visible = this.columns.filter((column) => !column.hidden);
      const media = columns.find(({ kind }) => kind === "media");
      this.viewed = media && new Column({ ...media, key: "viewed", kind: "viewed", title: "Last viewed" });
      this.by = Object.fromEntries(this.columns.map((column) => [column.key, column]));
      this.size = this.columns[0].cells.length;
      this.shown = Array.from({ length: this.size }, (_, at) => at);
      this.groupings = globalThis.rolesyncGroupings(this.by, domains, collator);
      this.body = section.querySelector("tbody");
      section.querySelector(".first")?.remove();
      this.heads();
      this.controls();
      this.pager();
      if (this.details) this.grouping = this.grouped.value = this.groupings.domain?.empties ? "domain" : "";
      this.filter();
    }

    /* Add a first column: `lead` has a title, a head, the cells of rows and groups, text(row) for the search, `decided`,
       excluded(row), which is undefined or a reason, and a filter: matches(row), `picked`, clear(). */
    begin(lead) {
      this.lead = lead;
      this.heads();
      this.filter();
    }

    /* The change of a row, as text. */
    describe(row) {
      const { action, role, user } = this.by;
      return `${action.value(row)} ${role.value(row)}, ${user.text(user.value(row))}`;
    }

    heads() {
      const row = make("tr", {}, ...(this.lead ? [this.lead.head()] : []));
      this.sorts = [];
      for (const column of this.visible) {
        const head = make("th", { scope: "col", class: `${column.kind} ${column.key}`, "data-label": column.title });
        for (const by of column.kind === "media" ? [column, this.viewed] : [column]) {
          const sort = button(by.title, {}, () => this.sort(by));
          head.append(sort);
          this.sorts.push({ by, head, sort });
        }
        row.append(head);
      }
      if (this.details) row.append(make("th", { scope: "col", class: "more" }, make("span", { class: "unseen" }, "Details")));
      this.section.querySelector("thead").replaceChildren(row);
      this.showOrder();
    }

    /* Mark the column, and the button in its head, that the rows are sorted by. */
    showOrder() {
      const { column, down } = this.sorted ?? {};
      const order = down === column?.kind in MEDIA_RANKS ? "ascending" : "descending"; // media: the largest first
      for (const { head } of this.sorts) head.removeAttribute("aria-sort");
      for (const { by, head, sort } of this.sorts) {
        sort.dataset.sort = by === column ? order : "";
        if (by === column) head.setAttribute("aria-sort", order);
      }
    }

    controls() {
      const bar = make("div", { class: "controls", role: "search", "aria-label": `Search in ${this.key}` });
      this.search = make("input", { type: "search", id: `${this.key}-search`, autocomplete: "off", spellcheck: "false", placeholder: this.details ? "Search name, address …  ( / )" : "Search" });
      this.search.addEventListener("input", () => this.later());
      bar.append(make("div", { class: "wide" }, make("label", { for: this.search.id }, "Search"), this.search));
      this.chips = this.details ? this.actionChips(bar) : [];
      this.menus = this.columns.filter((column) => column.all_label && !(this.details && column.key === "action")).map((column) => this.menu(column, bar));
      if (this.details) this.groupMenu(bar);
      this.reset = button("Show all", { class: "plain" }, () => this.pick({}));
      bar.append(this.reset);
      this.count = make("p", { role: "status", class: "count" });
      this.chosen = make("p", { class: "chosen" });
      const scroll = this.section.querySelector(".scroll");
      if (this.size > SEARCHED || this.details) scroll.before(bar, this.count, this.chosen);
      this.bar = bar;
    }

    /* A button for each action of the table. */
    actionChips(bar) {
      const { words } = this.by.action;
      const chips = ["", ...words].map((action) => [action, button("", { class: "chip", "aria-pressed": "false" }, () => {
        this.action = action;
        this.lead?.clear();
        this.filter();
      })]);
      bar.append(...(words.length > 1 ? chips.map(([, chip]) => chip) : []));
      return chips;
    }

    /* How many rows there are of each action, and how many of them are not excluded: { remove: [38, 40], add: [10, 10] }. */
    tally(rows) {
      const { cells, words } = this.by.action;
      const counts = words.map(() => [0, 0]);
      for (const row of rows) {
        counts[cells[row]][1] += 1;
        if (this.excluded(row) === undefined) counts[cells[row]][0] += 1;
      }
      return Object.fromEntries(words.map((word, place) => [word, counts[place]]));
    }

    excluded(row) {
      return this.lead?.excluded?.(row);
    }

    /* The numbers of some rows, as in `38 of 40 removals, 10 additions`. */
    kinds(rows) {
      const counted = Object.entries(this.tally(rows)).filter(([, [, all]]) => all);
      return counted.map(([word, [count, all]]) => `${ofAll(count, all)} ${NOUNS[word]}${all === 1 ? "" : "s"}`).join(", ");
    }

    menu(column, bar) {
      const counts = new Array(column.words.length).fill(0);
      for (const place of column.cells) counts[place] += 1;
      const menu = make("select", { id: `${this.key}-${column.key}`, "data-column": column.key }, make("option", { value: "" }, column.all_label));
      const texts = column.words.map((word) => column.text(word));
      const order = texts.map((_, place) => place).sort((a, b) => collator.compare(texts[a], texts[b]));
      for (const place of order) menu.append(make("option", { value: place }, `${texts[place]} (${number.format(counts[place])})`));
      menu.addEventListener("change", () => this.filter());
      bar.append(make("div", { class: "pick" }, make("label", { for: menu.id }, column.title), menu));
      return menu;
    }

    groupMenu(bar) {
      const options = [["", "nothing"], ...Object.entries(this.groupings).map(([key, grouping]) => [key, grouping.title])];
      this.grouped = make("select", { id: `${this.key}-group` }, ...options.map(([value, text]) => make("option", { value }, text)));
      this.grouped.addEventListener("change", () => {
        this.grouping = this.grouped.value;
        this.filter();
      });
      if (options.length > 1) bar.append(make("div", { class: "pick" }, make("label", { for: this.grouped.id }, "Group by"), this.grouped));
    }

    pager() {
      this.pages = make("nav", { class: "pages", "aria-label": `Pages of ${this.key}` });
      const step = (text, label, to) => {
        const turn = button(text, { "aria-label": label }, () => this.turn(to()));
        this.pages.append(turn);
        return turn;
      };
      this.back = [step("« First", "First page", () => 0), step("‹ Previous", "Previous page", () => this.page - 1)];
      this.place = make("span");
      this.pages.append(this.place);
      this.forth = [step("Next ›", "Next page", () => this.page + 1), step("Last »", "Last page", () => this.last)];
      this.section.append(this.pages);
    }

    get width() {
      return this.visible.length + (this.lead ? 1 : 0) + (this.details ? 1 : 0);
    }

    get last() {
      return Math.max(0, Math.ceil(this.shown.length / ROWS) - 1);
    }

    /* Filter once before the next paint, however fast the typing. */
    later() {
      if (!this.waiting) requestAnimationFrame(() => this.flush());
      this.waiting = true;
    }

    /* Filter now if that is due. */
    flush() {
      if (this.waiting) this.filter();
    }

    filter() {
      this.waiting = false;
      const words = [...normalise(this.search.value).matchAll(/"([^"]+)"|\S+/g)].map(([word, phrase]) => phrase ?? word);
      if (words.length) this.texts ??= this.searchable();
      const picks = this.menus.filter((menu) => menu.value !== "").map((menu) => [this.by[menu.dataset.column].cells, Number(menu.value)]);
      if (this.action) picks.push([this.by.action.cells, this.by.action.words.indexOf(this.action)]);
      const shown = [];
      for (let row = 0; row < this.size; row += 1) {
        const matches = picks.every(([cells, place]) => cells[row] === place) && words.every((word) => this.texts[row].includes(word) || this.noted(row).includes(word));
        if (matches && (!this.lead || this.lead.matches(row))) shown.push(row);
      }
      this.shown = shown;
      this.page = 0;
      this.arrange();
      this.render();
      this.changed?.();
    }

    /* The normalised text that the first column has for a row. */
    noted(row) {
      return normalise(this.lead?.text(row) ?? "");
    }

    searchable() {
      const columns = this.columns.map((column) => column.searched()).filter(Boolean);
      return Array.from({ length: this.size }, (_, row) => columns.map((texts) => texts[row]).join("\n"));
    }

    /* Set the search, the action and the menus to these texts, group and order if they are named; clear the others. */
    pick(wanted) {
      this.search.value = wanted.q ?? "";
      this.action = this.by.action?.words.includes(wanted.action) && this.details ? wanted.action : "";
      this.lead?.clear();
      for (const menu of this.menus) {
        const column = this.by[menu.dataset.column];
        const place = column.key in wanted ? column.words.findIndex((word) => column.text(word) === wanted[column.key]) : -1;
        menu.value = place < 0 ? "" : String(place);
      }
      if (this.details && "group" in wanted) this.grouping = this.grouped.value = wanted.group in this.groupings ? wanted.group : "";
      if ("sort" in wanted) {
        const down = wanted.sort.startsWith("-");
        const by = this.sorts.map((sort) => sort.by).find(({ key }) => key === wanted.sort.slice(down));
        this.sorted = by ? { column: by, down } : null;
        this.showOrder();
      }
      this.filter();
    }

    /* What `pick` needs to show the same rows again. */
    get picked() {
      const menus = this.menus.filter((menu) => menu.value !== "").map((menu) => [menu.dataset.column, this.menuText(menu)]);
      const search = this.search.value.trim();
      return { ...(search && { q: search }), ...(this.action && { action: this.action }), ...Object.fromEntries(menus), ...(this.details && { group: this.grouping }), ...(this.sorted && { sort: `${this.sorted.down ? "-" : ""}${this.sorted.column.key}` }) };
    }

    menuText(menu) {
      const column = this.by[menu.dataset.column];
      return column.text(column.words[Number(menu.value)]);
    }

    /* Sort ascending, then descending, then in the plan's order; in groups, if there are any. */
    sort(column) {
      const down = this.sorted?.column === column && !this.sorted.down;
      const off = this.sorted?.column === column && this.sorted.down;
      this.sorted = off ? null : { column, down };
      this.showOrder();
      this.page = 0;
      this.arrange();
      this.render();
      this.changed?.();
    }

    arrange() {
      const ranks = this.sorted?.column.ranks();
      const direction = this.sorted?.down ? -1 : 1;
      const inOrder = ranks ? (a, b) => (ranks[a] === ranks[b] ? a - b : direction * (ranks[a] < ranks[b] ? -1 : 1)) : (a, b) => a - b;
      this.group = this.grouping ? this.groupings[this.grouping].over(this.shown) : null;
      if (!this.group) this.shown.sort(inOrder);
      else {
        const { places, rank } = this.group;
        this.shown.sort((a, b) => rank[places[a]] - rank[places[b]] || inOrder(a, b));
      }
    }

    turn(page) {
      this.page = page;
      this.render();
      this.section.querySelector("h2").scrollIntoView();
    }

    render(printing = false) {
      const from = printing ? 0 : this.page * ROWS;
      const rows = this.shown.slice(from, from + (printing ? PRINTED : ROWS));
      const lines = document.createDocumentFragment();
      let group = null;
      for (const row of rows) {
        if (this.group && this.group.places[row] !== group) {
          group = this.group.places[row];
          lines.append(this.groupLine(group));
        }
        lines.append(...this.rows(row));
      }
      if (!rows.length) lines.append(make("tr", {}, make("td", { colspan: this.width, class: "none" }, "No row matches the search and the filters.")));
      this.body.replaceChildren(lines);
      this.showCounts(from, rows.length, printing);
    }

    groupLine(group) {
      const { names, all, starts, sizes } = this.group;
      const rows = this.shown.slice(starts[group], starts[group] + sizes[group]);
      const note = all[group] && rows.every((row) => this.excluded(row) === undefined);
      const head = make("th", { colspan: this.width, scope: "rowgroup" }, make("bdi", {}, names[group]), " ", make("small", {}, this.kinds(rows)), ...(note ? [" ", make("small", { class: "remove" }, all[group])] : []));
      if (this.lead?.group) head.prepend(this.lead.group(rows, names[group]));
      return make("tr", { class: "group" }, head);
    }

    /* Show a decision on a row everywhere else: in the line of its group, in the other lines of its user, in the counts. */
    update(row) {
      if (!this.details) return;
      const id = this.by.user.value(row)[2];
      for (const line of this.body.querySelectorAll("tr[data-row]")) {
        const other = Number(line.dataset.row);
        if (this.by.user.value(other)[2] !== id) continue;
        line.querySelector("td.roles").replaceWith(this.by.roles.cell(other, this.steps(other)));
        if (this.open.has(other)) line.nextSibling.replaceWith(this.more(other, line.nextSibling.id));
      }
      let head = this.body.querySelector(`tr[data-row="${row}"]`);
      while (head && !head.classList.contains("group")) head = head.previousElementSibling;
      head?.replaceWith(this.groupLine(this.group.places[row]));
      this.showTotals();
    }

    /* Count the rows on the buttons and of the filter. */
    showTotals() {
      const all = this.shown.length === this.size;
      const kinds = this.details && this.shown.length ? `: ${this.kinds(this.shown)}` : "";
      this.count.textContent = all && !this.range ? "" : `${all ? many(this.size, "row") : `${number.format(this.shown.length)} of ${many(this.size, "row")} match${kinds}`}${this.range}.`;
      if (!this.details) return;
      const counts = this.tally(this.by.action.cells.keys());
      const sum = Object.values(counts).reduce((total, [count]) => total + count, 0);
      for (const [action, chip] of this.chips) chip.textContent = action ? `${CHIPS[action]} ${ofAll(...counts[action])}` : `All ${ofAll(sum, this.size)}`;
    }

    showCounts(from, length, printing) {
      this.range = length < this.shown.length ? `, ${printing ? "printed" : "shown"}: ${number.format(from + 1)} to ${number.format(from + length)}` : "";
      this.showTotals();
      const picked = this.menus.filter((menu) => menu.value !== "").map((menu) => `${this.by[menu.dataset.column].title}: ${this.menuText(menu)}`);
      if (this.action) picked.unshift(CHIPS[this.action].toLowerCase());
      if (this.search.value.trim()) picked.unshift(`search: ${this.search.value.trim()}`);
      if (this.lead?.picked) picked.push(this.lead.picked);
      this.chosen.textContent = picked.length ? `Filter: ${picked.join("; ")}.` : "";
      for (const [action, chip] of this.chips) chip.setAttribute("aria-pressed", String(action === this.action && !this.lead?.picked));
      this.reset.setAttribute("aria-disabled", String(!picked.length));
      this.lead?.rendered?.();
      this.pages.hidden = this.shown.length <= ROWS;
      this.place.textContent = `Page ${number.format(this.page + 1)} of ${number.format(this.last + 1)}`;
      for (const turn of this.back) turn.setAttribute("aria-disabled", String(this.page === 0));
      for (const turn of this.forth) turn.setAttribute("aria-disabled", String(this.page === this.last));
    }

    /* The steps of the roles of a row's user, without the changes that are excluded. */
    steps(row) {
      const steps = this.by.roles?.value(row)[2];
      if (!steps || !this.lead?.decided.size) return steps;
      const undone = new Set(this.rowsByUser().get(this.by.user.value(row)[2]).filter((change) => this.excluded(change) !== undefined).map((change) => this.by.role.value(change)));
      const kept = steps.filter(([sign, role]) => sign !== "+" || !undone.has(role));
      return kept.map(([sign, role, rival]) => (undone.has(sign === "?" ? rival : role) ? ["", role] : [sign, role, rival]));
    }

    /* The line of a row, followed by its details if they are open. */
    rows(row) {
      const steps = this.steps(row);
      const line = make("tr", { "data-row": row }, ...this.visible.map((column) => column.cell(row, steps)));
      if (this.lead) line.prepend(this.lead.cell(row, line));
      if (!this.details) return [line];
      const id = `${this.key}-more-${row}`;
      const open = this.open.has(row);
      const more = button("›", { "aria-expanded": String(open), "aria-controls": id, "aria-label": `Details: ${this.by.user.text(this.by.user.value(row))}` }, () => this.toggle(row, line, more));
      line.append(make("td", { class: "more" }, more));
      return open ? [line, this.more(row, id)] : [line];
    }

    toggle(row, line, more) {
      const open = !this.open.delete(row);
      if (open) this.open.add(row);
      more.setAttribute("aria-expanded", String(open));
      if (open) line.after(this.more(row, more.getAttribute("aria-controls")));
      else line.nextSibling.remove();
    }

    more(row, id) {
      const list = make("dl");
      for (const [label, ...texts] of this.facts(row)) {
        list.append(make("dt", {}, label), make("dd", {}, ...texts.flatMap((text, at) => [...(at ? [make("br")] : []), typeof text === "string" ? make("bdi", {}, ...withCommands(text)) : text])));
      }
      return make("tr", { class: "details", id }, make("td", { colspan: this.width }, list));
    }

    facts(row) {
      const { user, roles, why, row: line, action, role, impact } = this.by;
      const [, , id] = user.value(row);
      const [before] = roles.value(row);
      const after = this.steps(row).filter(([sign]) => sign !== "-").map(([sign, name]) => (sign === "?" ? `${name}${PROBABLY_LOST}` : name));
      const source = line.value(row) ? `row ${line.value(row)} of ${this.details.source}` : this.details.source;
      const media = impact?.value(row)[2];
      return [
        ["User", userCell(user.value(row))],
        ["All changes of this plan", ...this.rowsByUser().get(id).map((change) => `${action.value(change)} ${role.value(change)}${this.exclusion(change)}`)],
        ["Roles before", before || NO_ROLE],
        ["Roles after this plan", after.sort().join(", ") || NO_ROLE],
        ...(media ? [["Has in Studio", media]] : []),
        ["Why", why.value(row)],
        [this.details.undoes ? "Undoes" : "Source", line.value(row) || this.details.undoes ? source : `no row of ${this.details.source}`],
        ["Last run that changed this user", ...this.lastRun(id)],
      ];
    }

    /* Why a change is excluded; "" if it is not. */
    exclusion(change) {
      const reason = this.excluded(change);
      return reason === undefined ? "" : ` (excluded: ${reason.trim() || "no reason yet"})`;
    }

    /* The rows of each user, by id. */
    rowsByUser() {
      if (!this.userRows) {
        this.userRows = new Map();
        this.by.user.cells.forEach(([, , id], row) => (this.userRows.has(id) ? this.userRows.get(id).push(row) : this.userRows.set(id, [row])));
      }
      return this.userRows;
    }

    lastRun(id) {
      const known = this.details.last_changes;
      if (!known) return ["unknown: this page was made without the record"];
      if (!Object.hasOwn(known, id)) return ["none in the record"];
      const { run, time, sent } = known[id];
      return [`${run}, ${time}`, ...sent];
    }
  }

  const data = JSON.parse(document.getElementById("data").textContent);
  const sections = [...document.querySelectorAll("section[data-table]")];
  const lists = new Map(data.map((table) => [table.key, new List(sections.find((section) => section.dataset.table === table.key), table)]));

  // Paper has no page buttons.
  const print = (printing) => () => lists.forEach((list) => list.render(printing));
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));

  globalThis.rolesync = { lists, make, button, many, number, withCommands }; // for the other scripts
})();
