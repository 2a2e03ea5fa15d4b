/* Decisions and approval on the page that `rolesync review` serves.

   The server stores the decisions, applies them to the plan and renders the summary above the tables. This script only
   sends what was ticked, typed and pressed. The counts change with each tick; "saved" says that the server has it. */
"use strict";
(() => {
  const LATER = 300; // milliseconds after the last key in a reason
  const ALIVE = 60_000; // milliseconds between two signs of activity
  const LONGEST = 1000; // characters of a reason
  const { lists, make, button, many, number, withCommands } = globalThis.rolesync;
  const draft = JSON.parse(document.getElementById("draft").textContent);
  const [form, refusal, over, problem, undo, go] = ["approval", "refusal", "over", "problem", "undo", "go"].map((id) => document.getElementById(id));
  const [main, bar, dialog, keys] = [document.querySelector("main"), document.querySelector("#bar [role=status]"), document.getElementById("approve"), document.getElementById("keys")];
  const [reviewer, sees] = [form.querySelector("#reviewer"), form.querySelector("#sees")];
  const parser = new DOMParser();
  const decisions = { excluded: new Map(Object.entries(draft.excluded).map(entry)), released: new Map(Object.entries(draft.released).map(entry)) };
  const past = []; // for each decision that can be undone, the rows with their reasons before it
  const [changes, held] = [lists.get("changes"), lists.get("held")];
  let { revision, effect } = draft;
  let ended = Boolean(draft.ended);
  let finishing = false;
  let state = "saved";
  let excludedChip = null;

  function entry([row, place]) {
    return [Number(row), draft.reasons[place]];
  }

  /* Decide on rows: a reason for each, or null for as planned. One call is one step of undo. */
  function decide(decided, rows, reason) {
    past.push([decided, rows.map((row) => [row, decided.has(row) ? decided.get(row) : null])]);
    for (const row of rows) put(decided, row, reason);
    dismiss();
    save();
  }

  function put(decided, row, reason) {
    if (reason === null) decided.delete(row);
    else decided.set(row, reason);
  }

  /* One key takes back a decision on one change only: it is also a letter of a reason that was typed beside its field. */
  function takeBackOne() {
    const rows = past.at(-1)?.[1].length ?? 0;
    if (rows <= 1) takeBack();
    else refuse({ message: `The last decision is on ${many(rows, "change")}`, hint: "To take it back, press the button Undo." });
  }

  function takeBack() {
    const step = past.pop();
    if (!step || ended || finishing) return;
    const [decided, rows] = step;
    for (const [row, reason] of rows) put(decided, row, reason);
    bulk = { ...bulk, rows: [] };
    lists.forEach((list) => list.render());
    dismiss();
    save();
  }

  /* The first column of a table: a box in each row, and a reason where the box differs from the plan. */
  class Lead {
    constructor(list, decided, { title, planned, allowed, needsReason }) {
      Object.assign(this, { list, decided, title, planned, allowed, needsReason, only: false });
      list.begin(this);
    }

    matches(row) {
      return !this.only || this.decided.has(row);
    }

    /* What the search finds beside the cells of a row. */
    text(row) {
      return this.decided.get(row) ?? "";
    }

    excluded(row) {
      return this.planned ? this.decided.get(row) : undefined;
    }

    get picked() {
      return this.only ? "excluded" : "";
    }

    clear() {
      this.only = false;
    }

    head() {
      if (!this.planned) return make("th", { scope: "col", class: "lead" }, make("span", { class: "unseen" }, this.title));
      this.all = this.box(() => this.list.shown, "");
      return make("th", { scope: "col", class: "lead" }, this.all);
    }

    group(rows, name) {
      const box = this.box(() => rows, `${this.title} all of ${name}`);
      this.state(box, rows);
      return box;
    }

    /* A box for many rows, on every page of the table. It includes them again only if all are excluded. */
    box(rows, label) {
      const box = make("input", { type: "checkbox", "aria-label": label });
      box.disabled = ended;
      box.addEventListener("change", () => {
        this.list.flush(); // what was typed last counts, also before the next paint
        together(this, rows(), rows().every((row) => this.decided.has(row)));
      });
      return box;
    }

    state(box, rows) {
      const out = rows.reduce((sum, row) => sum + this.decided.has(row), 0);
      box.checked = !out && rows.length > 0;
      box.indeterminate = out > 0 && out < rows.length;
    }

    rendered() {
      if (!this.all) return;
      const { shown } = this.list;
      this.state(this.all, shown);
      const label = `${this.title} ${shown.length === 1 ? "the 1 change" : `all ${many(shown.length, "change")}`} shown`;
      this.all.setAttribute("aria-label", label);
      this.all.title = `${label}, on all pages`;
      excludedChip?.setAttribute("aria-pressed", String(this.only));
      showWhy();
    }

    cell(row, line) {
      const cell = make("td", { class: "lead", "data-label": this.title });
      line.tabIndex = -1;
      if (this.allowed(row)) this.fill(row, cell, line);
      return cell;
    }

    fill(row, cell, line) {
      const box = make("input", { type: "checkbox", "aria-label": `${this.title}: ${this.list.describe(row)}` });
      box.checked = this.decided.has(row) !== this.planned;
      box.disabled = ended;
      box.addEventListener("change", () => this.toggle(row, cell, line));
      cell.replaceChildren(make("label", {}, box));
      line.querySelector(".why input")?.remove();
      if (this.decided.has(row)) line.querySelector(".why").append(this.reason(row, line));
      line.classList.toggle("out", this.planned && this.decided.has(row));
      line.classList.toggle("let", !this.planned && this.decided.has(row));
    }

    reason(row, line) {
      const label = this.needsReason ? "Reason" : "Reason (optional)";
      const field = make("input", { type: "text", list: reasons.id, maxlength: LONGEST, placeholder: this.needsReason ? "Why exclude it?" : label, "aria-label": `${label}: ${this.list.describe(row)}` });
      field.value = this.decided.get(row);
      field.disabled = ended;
      const mark = () => field.setAttribute("aria-invalid", String(this.needsReason && !field.value.trim()));
      mark();
      field.addEventListener("input", () => {
        this.decided.set(row, field.value);
        this.list.update(row);
        mark();
        later();
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") line.focus();
      });
      return field;
    }

    toggle(row, cell, line) {
      decide(this.decided, [row], this.decided.has(row) ? null : "");
      this.fill(row, cell, line);
      this.list.update(row);
      this.rendered();
      const field = line.querySelector(".why input");
      (field && !field.value ? field : cell.querySelector("input")).focus();
    }
  }

  /* Decisions on many rows, and one reason for all of them. */
  const reasons = make("datalist", { id: "reasons" }); // those that were typed before
  const why = make("input", { type: "text", id: "why", list: reasons.id, maxlength: LONGEST, placeholder: "One reason for all of them" });
  const whyLabel = make("label", { for: "why" });
  const whyRow = make("div", { class: "controls deciding together" }, whyLabel, why, reasons);
  let bulk = { decided: decisions.excluded, rows: [], shown: null }; // `shown` are the rows that the table had then
  whyRow.hidden = true;

  function together(lead, rows, included) {
    const { list, decided } = lead;
    const wanted = rows.filter((row) => decided.has(row) === included); // those excluded before keep their reasons
    decide(decided, wanted, included ? null : "");
    askWhy(included ? [] : wanted, list);
    list.render();
    if (!included) why.focus();
  }

  /* Ask for one reason for rows, until the table shows other rows. */
  function askWhy(rows, list) {
    bulk = { decided: decisions.excluded, rows, shown: list.shown };
    why.value = "";
  }

  function showWhy() {
    const rows = bulk.shown === changes.shown ? bulk.rows.filter((row) => bulk.decided.has(row)) : [];
    whyRow.hidden = !rows.length;
    whyLabel.textContent = `Reason for excluding ${many(rows.length, "change")}`;
    why.setAttribute("aria-invalid", String(rows.length > 0 && !why.value.trim()));
  }

  why.addEventListener("input", () => {
    for (const row of bulk.rows) if (bulk.decided.has(row)) bulk.decided.set(row, why.value);
    changes.render();
    later();
  });

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
    dismiss();
    timer = setTimeout(save, LATER);
    unsaved = true;
    showStatus("saving …");
  }

  /* Send the decisions, one request at a time; resolves to whether the server has stored them all. */
  function save() {
    stop();
    unsaved = true;
    showStatus("saving …");
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
          showStatus("not saved: see the message");
          refuse(answer);
          return false;
        }
        ({ revision, effect } = answer);
        if (!unsaved) show(answer.overview);
      } catch {
        lost();
        return false;
      }
    }
    showStatus("saved");
    const kept = new Set([...decisions.excluded.values()].map((reason) => reason.trim()).filter(Boolean));
    reasons.replaceChildren(...[...kept].map((reason) => make("option", { value: reason })));
    return true;
  }

  function show(overview) {
    for (const part of parser.parseFromString(overview, "text/html").querySelectorAll("[data-part]")) {
      const shown = document.querySelector(`[data-part="${part.dataset.part}"]`);
      shown.querySelectorAll("details[open]").forEach(({ id }) => { part.querySelector(`#${id}`).open = true; });
      shown.replaceWith(part);
    }
  }

  /* The numbers of the plan with the decisions, as ticked. */
  function counts() {
    const { remove: [kept] = [0], add: [additions] = [0] } = changes?.tally(changes.by.action.cells.keys()) ?? {};
    return { removals: kept + decisions.released.size, additions, excluded: decisions.excluded.size, released: decisions.released.size };
  }

  /* The bar, and the same numbers above; `state` tells whether the server has them. */
  function showStatus(next = state) {
    state = next;
    const { removals, additions, excluded, released } = counts();
    const [ofRoles, toRoles] = [many(removals, "removal"), many(additions, "addition")];
    const effects = `${ofRoles}, ${toRoles}`;
    const included = `${ofRoles}${released ? ` (${number.format(released)} released)` : ""}, ${toRoles}`;
    const missing = [...decisions.excluded.values()].filter((reason) => !reason.trim()).length;
    const text = make("span", {}, make("b", {}, `${included}${excluded ? `, ${number.format(excluded)} excluded` : ""}`), " ", ...(missing ? [make("strong", { class: "remove" }, `${many(missing, "reason")} missing `)] : []), make("span", { class: "dim" }, state));
    if (text.textContent !== bar.textContent) bar.replaceChildren(text); // screen readers read out every replacement
    const title = document.querySelector("[data-effect]");
    if (title && removals + additions) title.textContent = effects;
    go.textContent = `Approve ${many(removals + additions, "change")}…`;
    undo.setAttribute("aria-disabled", String(!past.length));
    undo.title = past.length ? `Undo the decision on ${many(past.at(-1)[1].length, "change")}` : "";
    if (excludedChip) {
      excludedChip.textContent = `Excluded ${number.format(excluded)}`;
      excludedChip.hidden = !excluded && !lead.only;
    }
    form.querySelector("#left-out").textContent = excluded ? `${many(excluded, "change")} ${excluded === 1 ? "is" : "are"} excluded.` : "";
    const tick = `I approve ${ofRoles} and ${toRoles}`;
    const shown = form.querySelector(".tick span");
    if (shown.textContent !== tick) sees.checked = false; // a tick is for the numbers beside it
    shown.textContent = tick;
  }

  /* Show an error where the reviewer looks: in the dialog if it is open, else above the bar. */
  function refuse({ message, hint }) {
    const place = dialog.open ? problem : refusal;
    for (const other of [problem, refusal]) other.replaceChildren();
    if (!message) return;
    place.replaceChildren(make("strong", {}, `${message}. `), ...withCommands(hint ?? ""));
    if (place === refusal) refusal.focus();
  }

  /* A message above the bar is about the decisions before it: the next one removes it. An answer to a request doesn't,
     since the message may be newer than the request. */
  function dismiss() {
    refusal.replaceChildren();
  }

  function lost() {
    if (ended) return; // an ended server leaves earlier requests unanswered
    ended = true;
    dialog.close();
    refuse({ message: "The review does not answer", hint: "Its terminal shows whether it has ended, and where the decisions are. If it still runs, reload this page to see the saved decisions. Those made since the last answer may be lost." });
    close();
  }

  function close() {
    stop();
    whyRow.remove();
    document.documentElement.classList.add("ended");
    for (const list of lists.values()) {
      list.heads();
      list.render();
    }
  }

  /* Show how the review ended; a page that is saved now still shows it. */
  function end(answer) {
    const { word, sentence, command } = answer;
    ended = true;
    dialog.close();
    refuse({ message: "" });
    const approved = word === "Approved";
    over.classList.toggle("left", !approved);
    over.replaceChildren(make("h2", {}, approved ? "APPROVED" : word), make("p", {}, sentence), ...(approved ? [make("p", {}, "Nothing has changed in Studio yet. This command applies the plan:")] : []), ...(command ? [make("pre", {}, command)] : []), make("p", {}, ...(draft.parent ? [make("a", { href: "../" }, `Back to ${draft.parent}`)] : ["You can close this page."])));
    over.hidden = false;
    const banner = document.querySelector(".banner.ready");
    if (approved && banner) {
      banner.classList.remove("to-check");
      banner.querySelector(".badge").textContent = "APPROVED";
    }
    const { reasons, excluded, released } = encoded();
    document.getElementById("draft").textContent = JSON.stringify({ ...draft, revision, effect, reasons, excluded, released, ended: answer }).replaceAll("<", "\\u003c");
    close();
    scrollTo(0, 0);
    over.focus();
  }

  async function finish(path, content) {
    if (finishing || ended) return;
    finishing = true; // the approval is for what the page shows now
    main.inert = true;
    try {
      if (!(await (unsaved ? save() : sending ?? true))) return;
      const [accepted, answer] = await post(path, { revision, ...content() });
      if (accepted) end(answer);
      else refuse(answer);
    } catch {
      lost();
    } finally {
      finishing = false;
      main.inert = false;
    }
  }

  function openApproval() {
    if (ended || finishing) return;
    refuse({ message: "" });
    document.getElementById("still").hidden = !document.querySelector(".banner.blocked");
    const missing = [...decisions.excluded].filter(([, reason]) => !reason.trim()).map(([row]) => row);
    if (missing.length) {
      changes.pick({});
      changes.page = Math.floor(changes.shown.indexOf(missing[0]) / 100);
      if (missing.length > 1) askWhy(missing, changes);
      changes.render();
      const hint = missing.length > 1 ? "Type one reason for all of them, or one for each." : "Type why it is excluded, then approve.";
      refuse({ message: `${many(missing.length, "excluded change")} without a reason`, hint });
      (missing.length > 1 ? why : changes.section.querySelector(`tr[data-row="${missing[0]}"] .why input`)).focus();
      return;
    }
    const standingOut = [...document.querySelectorAll(".standing-out > li")].map((line) => line.textContent);
    const toCheck = [...document.querySelectorAll(".note.warn strong > bdi")].map((sentence) => `To check: ${sentence.textContent}`);
    form.querySelector("#effects").replaceChildren(...[...standingOut, ...toCheck].map((text) => make("li", {}, text)));
    dialog.showModal();
    reviewer.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (finishing) return;
    const ready = reviewer.value.trim() && sees.checked;
    const { removals, additions } = counts(); // as ticked: the server refuses other numbers than its own
    if (ready) finish("approve", () => ({ reviewer: reviewer.value, sees: `remove ${removals}, add ${additions}` }));
    else {
      const [field, message, hint] = reviewer.value.trim() ? [sees, "The numbers are not ticked", "Tick that you approve them."] : [reviewer, "The name is missing", "Type your name: it is kept with the plan."];
      refuse({ message, hint });
      field.focus();
    }
  });
  dialog.addEventListener("cancel", (event) => { if (finishing) event.preventDefault(); });
  for (const closing of document.querySelectorAll("[data-close]")) closing.addEventListener("click", () => finishing || closing.closest("dialog").close());
  go.addEventListener("click", openApproval);
  undo.addEventListener("click", () => undo.getAttribute("aria-disabled") !== "true" && takeBack());
  document.getElementById("leave").addEventListener("click", () => finish("leave", () => ({})));
  document.getElementById("help").addEventListener("click", () => keys.showModal());

  const lead = changes && new Lead(changes, decisions.excluded, { title: "Include", planned: true, allowed: () => true, needsReason: true });
  if (changes) {
    excludedChip = button("", { class: "chip" }, () => {
      lead.only = !lead.only;
      changes.action = "";
      changes.filter();
      showStatus();
    });
    changes.bar.querySelector(".wide").after(...(changes.chips.length > 2 ? [] : changes.chips.slice(0, 1).map(([, chip]) => chip)));
    (changes.chips.at(-1)[1].isConnected ? changes.chips.at(-1)[1] : changes.chips[0][1]).after(excludedChip);
    changes.bar.after(whyRow);
  }
  const releasable = new Set(draft.releasable);
  if (held && releasable.size) new Lead(held, decisions.released, { title: "Release", planned: false, allowed: (row) => releasable.has(row), needsReason: false });
  showStatus();
  if (draft.ended) end(draft.ended);

  /* Keys for the changes: the current row is the one with the focus, or that contains it. */
  function move(step) {
    const lines = [...changes.body.querySelectorAll("tr[data-row]")];
    const at = lines.indexOf(document.activeElement.closest("tr[data-row]"));
    const next = at < 0 ? (step > 0 ? 0 : lines.length - 1) : at + step;
    if (next >= lines.length && changes.page < changes.last) {
      changes.turn(changes.page + 1);
      changes.body.querySelector("tr[data-row]").focus();
    } else if (next < 0 && at === 0 && changes.page > 0) {
      changes.turn(changes.page - 1);
      [...changes.body.querySelectorAll("tr[data-row]")].at(-1).focus();
    } else lines[next]?.focus();
  }

  const actions = {
    j: () => move(1),
    k: () => move(-1),
    x: (line) => line?.querySelector(".lead input")?.click(),
    u: takeBackOne,
    "?": () => keys.showModal(),
    Enter: (line) => document.activeElement === line && line?.querySelector(".more button").click(),
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(actions, event.key) || !changes) return;
    if (event.key !== "Enter") event.preventDefault();
    actions[event.key](document.activeElement.closest("tr[data-row]"));
  });

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
