/* The page of a night under review: shows the newest state whenever it is looked at again, and ends the review. */
"use strict";
(() => {
  const ALIVE = 60_000; // milliseconds between two signs of activity
  const [done, after, refusal] = ["done", "after", "refusal"].map((id) => document.getElementById(id));
  let ended = false; // or about to end

  const post = (path) => fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });

  function lost() {
    if (ended) return;
    refusal.textContent = "The review does not answer. Its terminal shows whether it has ended; approvals so far are saved.";
    refusal.hidden = false;
  }

  // A plan may have been approved in another tab, or on the page that "back" leads away from.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !ended && location.reload());
  addEventListener("pageshow", (event) => event.persisted && !ended && location.reload());

  done.addEventListener("click", async () => {
    if (ended) return;
    ended = true;
    try {
      const answer = await post("leave");
      if (!answer.ok) throw new Error(answer.statusText);
      done.remove();
      after.textContent = "The review has ended; the terminal shows what comes next. You can close this page.";
      for (const link of document.querySelectorAll("tbody a")) link.removeAttribute("href");
    } catch {
      ended = false;
      lost();
    }
  });

  let last = Date.now(); // the server ends after a long time without activity
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(kind, () => {
      if (ended || Date.now() - last < ALIVE) return;
      last = Date.now();
      post("here").catch(lost);
    }, { passive: true });
  }
})();
