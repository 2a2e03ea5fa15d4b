/* Deciding on a plan, on the page that `rolesync review` serves: what goes ahead, why not, and who approves it.

   The server keeps the decisions, works out what is left with them, and says what stands above the tables; this script
   only tells it what was ticked, typed and pressed. Nothing counts before the server has said so. */
"use strict";
(() => {
  const LATER = 300; // milliseconds after the last letter of a reason
  const ALIVE = 60_000; // milliseconds between two signs that somebody is still at it
  const LONGEST = 1000; // characters of a reason
  const { lists, make, many } = globalThis.rolesync;
  const draft = JSON.parse(document.getElementById("draft").textContent);
  const [form, refusal, over] = ["approval", "refusal", "over"].map((id) => document.getElementById(id));
  const [main, bar] = [document.querySelector("main"), document.querySelector("#bar [role=status]")];
  const [reviewer, sees] = [form.querySelector("#reviewer"), form.querySelector("#sees")];
  const parser = new DOMParser();
  const touched = { excluded: new Map(Object.entries(draft.excluded).map(entry)), released: new Map(Object.entries(draft.released).map(entry)) };
  let { revision, effect } = draft;
  let ended = false;

  function entry([row, place]) {
    return [Number(row), draft.reasons[place]];
  }

  /* The cells before the rows of a table, each with a box, and with a reason where the box isn't as planned. */
  class Lead {
    constructor(list, decided, { title, planned, may, needs }) {
      Object.assign(this, { list, decided, title, planned, may, needs, menu: null });
      list.begin(this);
    }

    fits(row) {
      return !this.menu?.value || this.decided.has(row) === (this.menu.value === "decided");
    }

    get picked() {
      return this.menu?.value ? this.menu.selectedOptions[0].text : "";
    }

    clear() {
      if (this.menu) this.menu.value = "";
    }

    cell(row, line) {
      const cell = make("td", { class: "lead", "data-label": this.title });
      if (this.may(row)) this.fill(row, cell, line);
      return cell;
    }

    fill(row, cell, line) {
      const box = make("input", { type: "checkbox", "aria-label": `${this.title}: ${this.list.what(row)}` });
      box.checked = this.decided.has(row) !== this.planned;
      box.disabled = ended;
      box.addEventListener("change", () => this.toggle(row, cell, line));
      const label = make("label", {}, box, make("span", { class: "word", "aria-hidden": "true" }, box.checked ? "yes" : "no"));
      cell.replaceChildren(label, ...(this.decided.has(row) ? [this.reason(row)] : []));
      line.classList.toggle("out", this.planned && this.decided.has(row));
      line.classList.toggle("let", !this.planned && this.decided.has(row));
    }

    reason(row) {
      const must = this.needs ? "Why not" : "Why (may be empty)";
      const field = make("input", { type: "text", maxlength: LONGEST, placeholder: must, "aria-label": `${must}: ${this.list.what(row)}` });
      field.value = this.decided.get(row);
      field.disabled = ended;
      const mark = () => field.setAttribute("aria-invalid", String(this.needs && !field.value.trim()));
      mark();
      field.addEventListener("input", () => {
        this.decided.set(row, field.value);
        mark();
        later();
      });
      return field;
    }

    toggle(row, cell, line) {
      if (!this.decided.delete(row)) this.decided.set(row, this.needs ? why.value.trim() : "");
      this.fill(row, cell, line);
      const field = cell.querySelector("input[type=text]");
      (field && !field.value ? field : cell.querySelector("input")).focus();
      save();
    }
  }

  /* What is decided of all rows that fit the search and the filters, on whichever page they are. */
  const why = make("input", { type: "text", id: "why", maxlength: LONGEST });

  function together(lead) {
    const { list, decided } = lead;
    const group = make("div", { class: "controls deciding", role: "group", "aria-label": "Decide on all rows that fit" });
    const press = (text, action) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        if (!action()) return;
        list.filter();
        save();
      });
      return button;
    };
    const out = press("Take out all that fit", () => {
      const reason = why.value.trim();
      why.setAttribute("aria-invalid", String(!reason));
      if (reason) list.shown.forEach((row) => decided.set(row, reason));
      else why.focus();
      return reason;
    });
    const back = press("Put back all that fit", () => {
      list.shown.forEach((row) => decided.delete(row));
      return true;
    });
    lead.menu = make("select", { id: "decided" }, make("option", { value: "" }, "all"), make("option", { value: "planned" }, "what goes ahead"), make("option", { value: "decided" }, "what is taken out"));
    lead.menu.addEventListener("change", () => list.filter());
    group.append(
      make("div", { class: "wide" }, make("label", { for: "why" }, "Reason for what is taken out"), why),
      out,
      back,
      make("div", {}, make("label", { for: "decided" }, "Show"), lead.menu),
    );
    list.count.before(group);
  }

  /* The decisions as they are sent: rows by number, each reason once. */
  function spelled() {
    const places = new Map();
    const spell = (decided) => Object.fromEntries([...decided].map(([row, reason]) => {
      if (!places.has(reason)) places.set(reason, places.size);
      return [row, places.get(reason)];
    }));
    const [excluded, released] = [spell(touched.excluded), spell(touched.released)];
    return { revision, reasons: [...places.keys()], excluded, released };
  }

  async function post(what, content) {
    const answer = await fetch(what, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
    const known = answer.headers.get("Content-Type") === "application/json";
    return [answer.ok, known ? await answer.json() : { message: (await answer.text()).trim(), hint: "Reload this page to see what counts; the terminal that began the review may say more." }];
  }

  let [timer, sending, unsaved] = [0, null, false]; // unsaved: the server hasn't been told, or hasn't taken it

  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  function later() {
    stop();
    timer = setTimeout(save, LATER);
    unsaved = true;
    tell("");
  }

  /* Send the decisions, one request at a time; resolves when that is over, with whether the server has taken them all. */
  function save() {
    stop();
    unsaved = true;
    tell("");
    sending ??= send().finally(() => { sending = null; });
    return sending;
  }

  async function send() {
    while (unsaved) {
      stop(); // what was typed meanwhile goes with this: sent again later, it would come between an approval and its answer
      unsaved = false;
      try {
        const [done, said] = await post("decisions", spelled());
        if (!done) {
          unsaved = true;
          tell("", "Not taken, as said above. ");
          refuse(said);
          return false;
        }
        ({ revision, effect } = said);
        refusal.replaceChildren();
        if (!unsaved) show(said.overview);
      } catch {
        lost();
        return false;
      }
    }
    tell(effect);
    return true;
  }

  function show(overview) {
    for (const part of parser.parseFromString(overview, "text/html").querySelectorAll("[data-part]")) {
      document.querySelector(`[data-part="${part.dataset.part}"]`).replaceWith(part);
    }
  }

  /* What the bar says: what is left by the server's word, or "" while that is worked out. */
  function tell(known, instead = "Working out what is left… ") {
    const bare = [...touched.excluded.values()].filter((reason) => !reason.trim()).length;
    const counts = [many(touched.excluded.size, "change") + " taken out", ...(touched.released.size ? [`${many(touched.released.size, "held removal")} let through`] : [])];
    const missing = bare ? [make("strong", { class: "remove" }, ` ${bare === 1 ? "One has" : `${bare} have`} no reason yet.`)] : [];
    const said = make("span", {}, known ? `As decided: ${known}; ` : instead, `${counts.join(", ")}.`, ...missing);
    if (said.textContent !== bar.textContent) bar.replaceChildren(said); // what is put there is read out, however often
  }

  function refuse({ message, hint }) {
    main.inert = false;
    refusal.replaceChildren(make("strong", {}, `${message}. `), hint ?? "");
    refusal.focus();
  }

  function lost() {
    if (ended) return; // a server that has ended answers nothing that was asked before
    ended = true;
    refuse({ message: "The review doesn't answer", hint: "The terminal that began it says whether it has ended, and what became of the decisions. If it still runs there, reload this page: it shows what was decided. What was done since its last answer may be lost." });
    close();
  }

  function close() {
    stop();
    document.documentElement.classList.add("ended");
    for (const list of lists.values()) list.render();
  }

  function end({ word, sentence, command }) {
    ended = true;
    main.inert = false;
    over.replaceChildren(make("h2", {}, word), make("p", {}, sentence), ...(command ? [make("pre", {}, command)] : []), make("p", {}, "This page can be closed."));
    over.hidden = false;
    refusal.replaceChildren();
    close();
    over.focus();
  }

  async function finish(what, content) {
    main.inert = true; // what is seen now is what is approved, once
    try {
      if ((unsaved || sending) && !(await save())) return;
      const [done, said] = await post(what, { revision, ...content });
      if (done) end(said);
      else refuse(said);
    } catch {
      lost();
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const empty = [reviewer, sees].find((field) => !field.value.trim());
    if (empty) empty.focus();
    else finish("approve", { reviewer: reviewer.value, sees: sees.value });
  });
  document.getElementById("leave").addEventListener("click", () => finish("leave", {}));

  const changes = lists.get("changes");
  if (changes) together(new Lead(changes, touched.excluded, { title: "Goes ahead", planned: true, may: () => true, needs: true }));
  const held = lists.get("held");
  const may = new Set(draft.releasable);
  if (held && may.size) new Lead(held, touched.released, { title: "Let through", planned: false, may: (row) => may.has(row), needs: false });
  tell(effect);

  // Nothing typed is lost by leaving too early: it is sent, and the browser asks whether to wait for that.
  addEventListener("beforeunload", (event) => {
    if (ended || !(timer || sending)) return;
    save();
    event.preventDefault();
  });

  // The server ends when nobody has done anything for long.
  let last = Date.now();
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(kind, () => {
      if (ended || Date.now() - last < ALIVE) return;
      last = Date.now();
      fetch("here", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(lost);
    }, { passive: true });
  }
})();
