// The list of cases, its filters, and the address that holds their state: `#verdict=FAIL&block=B&case=case-TC_B_22_CS-2.0.1`.
const form = one("form.filters");
const list = document.getElementById("ocpp-list");
const FIELDS = ["version", "role", "device", "block", "profile", "req", "rule", "q", "sort"];
const rows = new Map();

const addressOf = (state) => {
  const kept = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value) kept.set(name, value);
  return kept.toString();
};

const fieldOf = (name) => form.elements.namedItem(name);
const chosen = () => all("input[name=verdict]:checked", form).map((box) => box.value);

const stateOf = () => {
  const state = { verdict: chosen().join(",") };
  for (const name of FIELDS) state[name] = fieldOf(name)?.value.trim() ?? "";
  return state;
};

const textOf = (item) => `${item.id} ${item.title} ${item.why} ${item.version} ${item.label} ${item.verdict}`.toLowerCase();

const matches = (item, state, verdicts, words) =>
  (!verdicts.length || verdicts.includes(item.verdict)) &&
  ["version", "role", "device", "block"].every((name) => !state[name] || item[name] === state[name]) &&
  (!state.profile || item.profiles.includes(state.profile)) &&
  (!state.req || item.reqs.some((id) => id.toLowerCase() === state.req.toLowerCase())) &&
  (!state.rule || item.rules.some((id) => id.toLowerCase() === state.rule.toLowerCase())) &&
  words.every((word) => (item.text ??= textOf(item)).includes(word));

const WORST = ["ERROR", "FAIL", "UNEXPECTED PASS", "INCONCLUSIVE", "EXPECTED FAIL", "PASS", "NOT APPLICABLE", "NOT IMPLEMENTED"];
const ORDERS = {
  "": (a, b) => WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict) || a.place - b.place,
  run: (a, b) => a.place - b.place,
  id: (a, b) => a.id.localeCompare(b.id, "en", { numeric: true }) || a.version.localeCompare(b.version),
  time: (a, b) => b.seconds - a.seconds,
};

const fill = async (row, item) => {
  if (row.dataset.filled) return;
  row.dataset.filled = "yes";
  try {
    row.append(sheetOf(item, await unpack(item.a)));
  } catch (error) {
    row.append(element("p", { class: "alarm" }, `This browser cannot show the case (${error.message}). Firefox 113, Chrome 103, Safari 16.4 and later can.`));
  }
};

const rowOf = (item) => {
  const summary = element(
    "summary",
    {},
    chip(item.verdict),
    element("b", { class: "id" }, item.id),
    element("span", { class: "ttl" }, item.title, item.why ? element("span", { class: "why" }, clip(item.why, 240)) : ""),
    element("span", { class: "ver" }, item.version),
    element("span", { class: "blk" }, item.block.replace(/([a-z])(?=[A-Z])/g, "$1\u200b")),
    element("span", { class: "sec" }, item.seconds ? duration(item.seconds) : ""),
  );
  const row = element("details", { class: "case-row", id: item.a }, summary);
  row.addEventListener("toggle", () => row.open && fill(row, item));
  const holder = element("li", {}, row);
  rows.set(item.a, { row, holder });
  return holder;
};

let order = null;
const show = () => {
  const state = stateOf();
  const verdicts = chosen();
  const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  if (state.sort !== order) {
    order = state.sort;
    list.append(...[...data.cases].sort(ORDERS[order] ?? ORDERS[""]).map((item) => rows.get(item.a).holder));
  }
  let shown = 0;
  for (const item of data.cases) {
    const keep = matches(item, state, verdicts, wanted);
    rows.get(item.a).holder.hidden = !keep;
    shown += keep;
  }
  document.getElementById("ocpp-shown").textContent = `${shown} of ${plural(data.cases.length, "case")} shown`;
};

const setFilters = (values) => {
  const verdicts = (values.get("verdict") ?? "").split(",").filter(Boolean);
  for (const box of all("input[name=verdict]", form)) box.checked = verdicts.includes(box.value);
  for (const name of FIELDS) {
    const field = fieldOf(name);
    if (field) field.value = values.get(name) ?? "";
    // A value that a select does not offer leaves it empty, which would show nothing selected.
    if (field?.tagName === "SELECT" && field.selectedIndex < 0) field.selectedIndex = 0;
  }
  show();
};

const openCase = async (name) => {
  const found = rows.get(name);
  if (!found) return;
  if (found.holder.hidden) setFilters(new URLSearchParams());
  found.row.open = true;
  await fill(found.row, data.cases.find((item) => item.a === name));
  found.row.scrollIntoView();
  one("summary", found.row).focus({ preventScroll: true });
};

let written = null;
// The filters' state goes into the address without an entry of its own in the history.
const remember = () => {
  written = addressOf(stateOf());
  history.replaceState(null, "", written ? `#${written}` : location.pathname + location.search);
};

const follow = async () => {
  const hash = location.hash.slice(1);
  if (hash === written) return;
  written = null;
  if (hash.includes("=")) {
    const values = new URLSearchParams(hash);
    setFilters(values);
    if (values.get("case")) await openCase(values.get("case"));
    else document.getElementById("cases").scrollIntoView();
  } else if (rows.has(decodeURIComponent(hash))) await openCase(decodeURIComponent(hash));
};
