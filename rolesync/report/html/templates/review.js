/* Decisions and approval on the page that `rolesync review` serves.

   The server stores the decisions, applies them to the plan and renders the summary above the tables. This script only
   sends what was ticked, typed and pressed. A decision counts once the server has confirmed it. */
"use strict";
(() => {
  const LATER = 300; // milliseconds after the last key in a reason
  const ALIVE = 60_000; // milliseconds between two signs of activity
  const LONGEST = 1000; // characters of a reason
  const { lists, make, many } = globalThis.rolesync;
  const draft = JSON.parse(document.getElementById("draft").textContent);
  const [form, refusal, over] = ["approval", "refusal", "over"].map((id) => document.getElementById(id));
  const [main, bar] = [document.querySelector("main"), document.querySelector("#bar [role=status]")];
  const [reviewer, sees] = [form.querySelector("#reviewer"), form.querySelector("#sees")];
  const parser = new DOMParser();
  const decisions = { excluded: new Map(Object.entries(draft.excluded).map(entry)), released: new Map(Object.entries(draft.released).map(entry)) };
  let { revision, effect } = draft;
  let ended = false;

  function entry([row, place]) {
    return [Number(row), draft.reasons[place]];
  }

  /* The first column of a table: a box in each row, and a reason where the box differs from the plan. */
  class Lead {
    constructor(list, decided, { title, planned, allowed, needsReason }) {
      Object.assign(this, { list, decided, title, planned, allowed, needsReason, menu: null });
      list.begin(this);
    }

    matches(row) {
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
      if (this.allowed(row)) this.fill(row, cell, line);
      return cell;
    }

    fill(row, cell, line) {
      const box = make("input", { type: "checkbox", "aria-label": `${this.title}: ${this.list.describe(row)}` });
      box.checked = this.decided.has(row) !== this.planned;
      box.disabled = ended;
      box.addEventListener("change", () => this.toggle(row, cell, line));
      const label = make("label", {}, box, make("span", { class: "word", "aria-hidden": "true" }, box.checked ? "yes" : "no"));
      cell.replaceChildren(label, ...(this.decided.has(row) ? [this.reason(row)] : []));
      line.classList.toggle("out", this.planned && this.decided.has(row));
      line.classList.toggle("let", !this.planned && this.decided.has(row));
    }

    reason(row) {
      const label = this.needsReason ? "Reason" : "Reason (optional)";
      const field = make("input", { type: "text", maxlength: LONGEST, placeholder: label, "aria-label": `${label}: ${this.list.describe(row)}` });
      field.value = this.decided.get(row);
      field.disabled = ended;
      const mark = () => field.setAttribute("aria-invalid", String(this.needsReason && !field.value.trim()));
      mark();
      field.addEventListener("input", () => {
        this.decided.set(row, field.value);
        mark();
        later();
      });
      return field;
    }

    toggle(row, cell, line) {
      if (!this.decided.delete(row)) this.decided.set(row, this.needsReason ? why.value.trim() : "");
      this.fill(row, cell, line);
      const field = cell.querySelector("input[type=text]");
      (field && !field.value ? field : cell.querySelector("input")).focus();
      save();
    }
  }

  /* Decisions on all rows that match the search and the filters, on every page. */
  const why = make("input", { type: "text", id: "why", maxlength: LONGEST });

  function together(lead) {
    const { list, decided } = lead;
    const group = make("div", { class: "controls deciding", role: "group", "aria-label": "Decide on all matching rows" });
    const press = (text, action) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        if (!action()) return;
        list.filter();
        save();
      });
      return button;
    };
    const exclude = press("Exclude all matches", () => {
      const reason = why.value.trim();
      why.setAttribute("aria-invalid", String(!reason));
      if (reason) list.shown.forEach((row) => decided.set(row, reason));
      else why.focus();
      return reason;
    });
    const include = press("Include all matches", () => {
      list.shown.forEach((row) => decided.delete(row));
      return true;
    });
    lead.menu = make("select", { id: "decided" }, make("option", { value: "" }, "all"), make("option", { value: "planned" }, "included"), make("option", { value: "decided" }, "excluded"));
    lead.menu.addEventListener("change", () => list.filter());
    group.append(
      make("div", { class: "wide" }, make("label", { for: "why" }, "Reason for excluding"), why),
      exclude,
      include,
      make("div", {}, make("label", { for: "decided" }, "Show"), lead.menu),
    );
    list.count.before(group);
  }

  /* The decisions as they are sent: reasons by row number, each reason once. */
  function encoded() {
    const places = new Map();
    const encode = (decided) => Object.fromEntries([...decided].map(([row, reason]) => {
      if (!places.has(reason)) places.set(reason, places.size);
      return [row, places.get(reason)];
    }));
    const [excluded, released] = [encode(decisions.excluded), encode(decisions.released)];
    return { revision, reasons: [...places.keys()], excluded, released };
  }

  async function post(path, content) {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
    const known = answer.headers.get("Content-Type") === "application/json";
    return [answer.ok, known ? await answer.json() : { message: (await answer.text()).trim(), hint: "Reload this page to see the saved decisions; the terminal of the review may show more." }];
  }

  let [timer, sending, unsaved] = [0, null, false]; // unsaved: not sent yet, or refused by the server

  function stop() {
    clearTimeout(timer);
    timer = 0;
  }

  function later() {
    stop();
    timer = setTimeout(save, LATER);
    unsaved = true;
    showStatus("");
  }

  /* Send the decisions, one request at a time; resolves to whether the server has stored them all. */
  function save() {
    stop();
    unsaved = true;
    showStatus("");
    sending ??= send().finally(() => { sending = null; });
    return sending;
  }

  async function send() {
    while (unsaved) {
      stop(); // this request carries everything typed so far; a later one would come between an approval and its answer
      unsaved = false;
      try {
        const [accepted, answer] = await post("decisions", encoded());
        if (!accepted) {
          unsaved = true;
          showStatus("", "Not saved, see the message above. ");
          refuse(answer);
          return false;
        }
        ({ revision, effect } = answer);
        refusal.replaceChildren();
        if (!unsaved) show(answer.overview);
      } catch {
        lost();
        return false;
      }
    }
    showStatus(effect);
    return true;
  }

  function show(overview) {
    for (const part of parser.parseFromString(overview, "text/html").querySelectorAll("[data-part]")) {
      document.querySelector(`[data-part="${part.dataset.part}"]`).replaceWith(part);
    }
  }

  /* The text of the bar: the effect that the server confirmed, or `instead` while `known` is "". */
  function showStatus(known, instead = "Updating… ") {
    const unexplained = [...decisions.excluded.values()].filter((reason) => !reason.trim()).length;
    const counts = [`${many(decisions.excluded.size, "change")} excluded`, ...(decisions.released.size ? [`${many(decisions.released.size, "held removal")} released`] : [])];
    const missing = unexplained ? [make("strong", { class: "remove" }, ` ${many(unexplained, "reason")} missing.`)] : [];
    const text = make("span", {}, known ? `As decided: ${known}; ` : instead, `${counts.join(", ")}.`, ...missing);
    if (text.textContent !== bar.textContent) bar.replaceChildren(text); // screen readers read out every replacement
  }

  function refuse({ message, hint }) {
    main.inert = false;
    refusal.replaceChildren(make("strong", {}, `${message}. `), hint ?? "");
    refusal.focus();
  }

  function lost() {
    if (ended) return; // an ended server leaves earlier requests unanswered
    ended = true;
    refuse({ message: "The review does not answer", hint: "Its terminal shows whether it has ended, and where the decisions are. If it still runs, reload this page to see the saved decisions. Those made since the last answer may be lost." });
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
    over.replaceChildren(make("h2", {}, word), make("p", {}, sentence), ...(command ? [make("pre", {}, command)] : []), make("p", {}, "You can close this page."));
    over.hidden = false;
    refusal.replaceChildren();
    close();
    over.focus();
  }

  async function finish(path, content) {
    main.inert = true; // the approval is for what the page shows now
    try {
      if ((unsaved || sending) && !(await save())) return;
      const [accepted, answer] = await post(path, { revision, ...content });
      if (accepted) end(answer);
      else refuse(answer);
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
  if (changes) together(new Lead(changes, decisions.excluded, { title: "Include", planned: true, allowed: () => true, needsReason: true }));
  const held = lists.get("held");
  const releasable = new Set(draft.releasable);
  if (held && releasable.size) new Lead(held, decisions.released, { title: "Release", planned: false, allowed: (row) => releasable.has(row), needsReason: false });
  showStatus(effect);

  // Leaving with unsent decisions sends them, and the browser asks whether to wait.
  addEventListener("beforeunload", (event) => {
    if (ended || !(timer || sending)) return;
    save();
    event.preventDefault();
  });

  // The server ends after a long time without activity.
  let last = Date.now();
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(kind, () => {
      if (ended || Date.now() - last < ALIVE) return;
      last = Date.now();
      fetch("here", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(lost);
    }, { passive: true });
  }
})();
