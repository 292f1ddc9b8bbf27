// Filters, keyboard and links for both pages: the one that pytest-html writes and the one of `render`.
(() => {
  "use strict";
  document.documentElement.lang = "en";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const slots = new Map();
  let focused = null;

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

  // pytest-html draws its whole table anew at every click. What a row shows when it is open is kept here and put back.
  const dress = () => {
    for (const body of all("tbody.results-table-row")) {
      const open = !body.querySelector(".extras-row").classList.contains("hidden");
      const slot = body.querySelector(".ocpp-slot");
      if (slot && open && !slot.firstChild) {
        const name = slot.dataset.case;
        if (!slots.has(name)) {
          const holder = document.createElement("div");
          const template = document.getElementById(`details-${name}`);
          if (template) holder.append(template.content.cloneNode(true));
          slots.set(name, holder);
        }
        slot.append(slots.get(name));
      }
      const button = body.querySelector("button.ocpp-toggle");
      if (button && !button.dataset.ready) {
        button.dataset.ready = "1";
        button.setAttribute("aria-expanded", String(open));
        button.addEventListener("click", (event) => {
          event.stopPropagation();
          button.closest("td").click();
        });
        button.addEventListener("focus", () => { focused = cell(body).dataset.case; });
      }
    }
    for (const head of all("#results-table-head th.sortable:not(.col-result)")) {
      if (head.tabIndex !== 0) {
        head.tabIndex = 0;
        head.addEventListener("keydown", (event) => {
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            head.click();
          }
        });
      }
      const way = head.classList.contains("desc") ? "ascending" : head.classList.contains("asc") ? "descending" : "none";
      head.setAttribute("aria-sort", way);
    }
    filter();
    if (focused && document.activeElement === document.body) {
      document.querySelector(`.ocpp-cell[data-case="${focused}"] button`)?.focus({ preventScroll: true });
    }
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
    const find = () => document.querySelector(`.ocpp-cell[data-case="${name}"]`);
    if (!find()) return;
    reset(find().closest("tbody"));
    focused = name;
    if (find().closest("tbody").querySelector(".extras-row").classList.contains("hidden")) find().click();
    dress();
    find().querySelector("button")?.focus({ preventScroll: true });
    find().closest("tbody").scrollIntoView();
  };

  const every = (open) => {
    const theirs = document.getElementById(open ? "show_all_details" : "hide_all_details");
    if (theirs) theirs.click();
    else for (const row of rows()) if (!open || !row.hidden) row.open = open;
  };

  const start = () => {
    for (const box of all("input[name=ocpp-verdict]")) box.addEventListener("change", filter);
    document.getElementById("ocpp-block")?.addEventListener("change", filter);
    document.getElementById("ocpp-find")?.addEventListener("input", filter);
    document.getElementById("ocpp-open")?.addEventListener("click", () => every(true));
    document.getElementById("ocpp-shut")?.addEventListener("click", () => every(false));
    if (document.getElementById("results-table")) {
      new MutationObserver(dress).observe(document.body, { childList: true });
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
