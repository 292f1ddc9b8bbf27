// Starting up: theme, filters, links, and the diagrams of the sheets that are printed.
const THEMES = ["system", "light", "dark"];
const themeButton = document.getElementById("ocpp-theme");
const stored = () => {
  try {
    return localStorage.getItem("ocpp-theme");
  } catch {
    return null; // Some browsers give a page from a file no storage.
  }
};
const setTheme = (name) => {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  themeButton.textContent = `Theme: ${name}`;
};
let theme = THEMES.includes(stored()) ? stored() : "system";
setTheme(theme);
themeButton.addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(theme);
  try {
    localStorage.setItem("ocpp-theme", theme);
  } catch {
    // It holds for as long as the page is open.
  }
});

// The sheets that can be read without a script are for the printer from now on; the list has their names.
document.documentElement.lang = "en";
document.documentElement.classList.add("scripted");
const sheets = all(".static > .sheet");
for (const sheet of sheets) sheet.removeAttribute("id");

data.cases.forEach((item, place) => (item.place = place));
list.append(...data.cases.map(rowOf));
setFilters(new URLSearchParams());

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => {
  show();
  remember();
});
document.getElementById("ocpp-clear").addEventListener("click", () => {
  setFilters(new URLSearchParams());
  remember();
});
window.addEventListener("hashchange", follow);
// A second click on the same link changes no hash.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) {
    written = null;
    follow();
  }
});
follow();

// One sheet after the other while nothing else is to be done: a printer does not wait.
const DRAWN_AT_MOST = 60;
const byName = new Map(data.cases.map((item) => [item.a, item]));
const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
const drawNext = async (waiting) => {
  const sheet = waiting.shift();
  if (!sheet) {
    document.documentElement.dataset.drawn = "yes";
    return;
  }
  try {
    const item = byName.get(sheet.dataset.case);
    const svg = diagram(item, await unpack(item.a), null, FIRST_ROWS);
    if (svg) one(".diagram-slot", sheet).replaceChildren(svg);
  } catch {
    // The sheet is complete without its diagram.
  }
  later(() => drawNext(waiting));
};
later(() => drawNext(sheets.slice(0, DRAWN_AT_MOST)));

let opened = [];
window.addEventListener("beforeprint", () => {
  opened = all("details[data-print]:not([open])");
  for (const part of opened) part.open = true;
});
window.addEventListener("afterprint", () => {
  for (const part of opened) part.open = false;
  opened = [];
});
