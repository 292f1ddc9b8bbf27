// Filters, keyboard and links for both pages: the one that pytest-html writes and the one of `render`.
(() => {
  "use strict";
  document.documentElement.lang = "en";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const slots = new Map();
  const opened = new Set();
  let refocus = null;

  const rows = () => all("details.case-row, tbody.results-table-row").filter((row) => verdictOf(row) !== undefined);
  const cell = (row) => row.querySelector(".ocpp-cell");
  const verdictOf = (row) => row.dataset.verdict ?? cell(row)?.dataset.verdict;
  const blockOf = (row) => row.dataset.block ?? cell(row)?.dataset.block;

  const filter = () => {
    const verdicts = new Set(all("input[name=ocpp-verdict]:checked").map((box) => box.value));
    const block = document.getElementById("ocpp-block")?.value ?? "";
    const words = (document.getElementById("ocpp-find")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    const every = rows();
    for (const row of every) {
      const line = row.querySelector("summary, tr.collapsible").textContent.toLowerCase();
      const keep = verdicts.has(verdictOf(row)) && (!block || blockOf(row) === block) &&
        words.every((word) => line.includes(word));
      row.hidden = !keep;
      shown += keep;
    }
    const output = document.getElementById("ocpp-shown");
    if (output) output.textContent = `${shown} of ${every.length} shown`;
  };

  // Open or closed as `opened` says; a case's details are made once, moved into its row, and kept with their state.
  const paint = (body) => {
    const name = cell(body)?.dataset.case;
    if (name === undefined) return;
    const open = opened.has(name);
    body.querySelector(".extras-row").classList.toggle("hidden", !open);
    body.querySelector("button.ocpp-toggle").setAttribute("aria-expanded", String(open));
    const slot = body.querySelector(".ocpp-slot");
    if (!slot || !open || slot.firstChild) return;
    if (!slots.has(name)) {
      const holder = document.createElement("div");
      const template = document.getElementById(`details-${name}`);
      if (template) holder.append(template.content.cloneNode(true));
      slots.set(name, holder);
    }
    slot.append(slots.get(name));
  };

  const set = (body, open) => {
    const name = cell(body)?.dataset.case;
    if (open) opened.add(name);
    else opened.delete(name);
    paint(body);
  };

  // pytest-html draws its whole table anew when it sorts, with every row closed and the focus lost.
  const dress = () => {
    for (const body of all("tbody.results-table-row")) paint(body);
    for (const head of all("#results-table-head th.sortable:not(.col-result)")) {
      if (head.tabIndex !== 0) {
        head.tabIndex = 0;
        head.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          refocus = head;
          head.click();
        });
      }
      const way = head.classList.contains("desc") ? "ascending" : head.classList.contains("asc") ? "descending" : "none";
      head.setAttribute("aria-sort", way);
    }
    filter();
    refocus?.focus({ preventScroll: true });
    refocus = null;
  };

  // In its place, before it sees the click: it would draw all rows again to open one.
  const toggle = (event) => {
    const row = event.target.closest?.("#results-table tr.collapsible");
    const body = row?.closest("tbody");
    if (!body || !cell(body)) return;
    event.stopPropagation();
    set(body, !opened.has(cell(body).dataset.case));
  };

  const follow = () => {
    const name = location.hash.slice(1);
    if (!/^case-[0-9a-f]+$/.test(name)) return;
    const reset = (row) => {
      if (!row.hidden) return;
      for (const box of all("input[name=ocpp-verdict]")) box.checked = true;
      document.getElementById("ocpp-block").value = "";
      document.getElementById("ocpp-find").value = "";
      filter();
    };
    const own = document.getElementById(name);
    if (own) {
      reset(own);
      own.open = true;
      own.scrollIntoView();
      own.querySelector("summary").focus({ preventScroll: true });
      return;
    }
    const body = document.querySelector(`.ocpp-cell[data-case="${name}"]`)?.closest("tbody");
    if (!body) return;
    reset(body);
    set(body, true);
    body.querySelector("button.ocpp-toggle").focus({ preventScroll: true });
    body.scrollIntoView();
  };

  const every = (open) => {
    for (const row of rows()) {
      if (open && row.hidden) continue;
      if (row.matches("details")) row.open = open;
      else set(row, open);
    }
  };

  const start = () => {
    for (const box of all("input[name=ocpp-verdict]")) box.addEventListener("change", filter);
    document.getElementById("ocpp-block")?.addEventListener("change", filter);
    document.getElementById("ocpp-find")?.addEventListener("input", filter);
    document.getElementById("ocpp-open")?.addEventListener("click", () => every(true));
    document.getElementById("ocpp-shut")?.addEventListener("click", () => every(false));
    if (document.getElementById("results-table")) {
      new MutationObserver(dress).observe(document.body, { childList: true });
      document.addEventListener("click", toggle, true);
      dress();
    }
    filter();
    follow();
    window.addEventListener("hashchange", follow);
    // A second click on the same link changes no hash.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href^='#case-']");
      if (link && link.getAttribute("href") === location.hash) follow();
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
