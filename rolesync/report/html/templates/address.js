/* The part of the page and the filters in the page's address, behind `#`: a reload, a bookmark and a link keep them. */
"use strict";
(() => {
  const { lists } = globalThis.rolesync;
  const links = [...document.querySelectorAll(".parts a")];
  const changes = lists.get("changes");
  const start = changes?.picked.group;
  let part = "";

  function read() {
    const [key, query] = location.hash.slice(1).split("?", 2);
    return [key, query === undefined ? null : Object.fromEntries(new URLSearchParams(query))];
  }

  function write() {
    const picked = changes?.picked ?? {};
    if (picked.group === start) delete picked.group; // what the page starts with needs no words
    const query = new URLSearchParams(picked).toString();
    const hash = part || query ? `#${part || "changes"}${query ? `?${query}` : ""}` : location.pathname + location.search;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }

  function show(key) {
    const target = key && document.getElementById(key);
    if (!target) return;
    part = key;
    for (const link of links) link.toggleAttribute("aria-current", link.hash === `#${key}`);
    for (const link of links) if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
    if (target instanceof HTMLDetailsElement) target.open = true;
    target.scrollIntoView();
    (target.querySelector("summary") ?? target).focus({ preventScroll: true });
  }

  function follow() {
    const [key, wanted] = read();
    if (wanted && changes) changes.pick({ group: start, ...wanted });
    show(key);
    write();
  }

  // The tables are below the links that stay in view.
  const nav = document.querySelector(".parts");
  document.documentElement.style.setProperty("--top", `${nav.offsetHeight + 8}px`);
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    event.preventDefault();
    history.replaceState(null, "", link.getAttribute("href"));
    follow();
  });
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, textarea, dialog") || !changes) return;
    event.preventDefault();
    changes.search.focus();
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details.fold").forEach((fold) => { fold.open = true; }));
  if (location.hash) follow();
  if (changes) changes.changed = write;
})();
