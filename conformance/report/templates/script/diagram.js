// The sequence diagram of a case: lifelines of the station, the CSMS and (if anybody acted) the operator; a band for
// each step; an arrow for each message; what went wrong in its place.
const WIDTH = 880;
const GUTTER = 84;
const ROW = 34;
const BAND = 26;
const AIR = 5;
const TOP = 58;
const TELLING = ["eventType", "connectorStatus", "requestedMessage", "status", "type", "reason"];

// What a reader wants to know of a message beside its action: `Started`, `Accepted`.
const gist = (text) => {
  for (const field of TELLING) {
    const found = new RegExp(`"${field}"\\s*:\\s*"([A-Za-z0-9]{1,32})"`).exec(text);
    if (found) return found[1];
  }
  return "";
};

const plainAct = (frame) => frame.kind === "act" && !frame.text.startsWith("call ");

// What this tool does to the connection, in words; the steps below have it as it was recorded.
const LINK = {
  "link refuse": "no connection is taken from here on",
  "link accept": "connections are taken again",
  "link close": "this tool closes the connection",
  "link cut": "this tool cuts the connection",
};

const SETUP_SHOWN = 8;

// A long set-up in which nothing went wrong stands between the reader and the first step: one line says that it was.
const withoutSetup = (rows) => {
  const end = rows.findIndex((row, i) => i > 0 && row.band !== undefined);
  const setup = rows.slice(1, end);
  const worthwhile = setup.some((row) => row.silence || row.findings?.length);
  if (rows[0]?.step !== null || rows[0].band === undefined || end < SETUP_SHOWN || worthwhile) return rows;
  return [{ band: `${rows[0].band}: ${plural(setup.length, "entry", "entries")}, not drawn`, leftOut: true }, ...rows.slice(end)];
};

// What is drawn, from top to bottom: { band }, { frame, findings } and { silence }.
const rowsOf = (content) => {
  const rows = [];
  const stepOf = new Map(content.steps.flatMap((step) => step.frames.map((index) => [index, step])));
  const first = Math.min(...stepOf.keys());
  const told = new Set();
  let current = null;
  const silence = (step) => {
    for (const finding of content.findings) {
      const here = finding.step === (step?.number ?? null) && !finding.remark;
      const placed = content.frames.some((frame) => frame.index === finding.frame);
      if (here && !placed && !told.has(finding)) {
        told.add(finding);
        rows.push({ silence: finding });
      }
    }
  };
  const enter = (key, heading, step) => {
    if (key === current) return;
    if (current !== null) silence(content.steps.find((one) => one.number === current));
    current = key;
    rows.push({ band: heading, step });
  };
  const pending = [...content.steps];
  for (const frame of content.frames) {
    const step = stepOf.get(frame.index);
    if (step) {
      // Steps in which nothing happened on the wire stand in their place as well.
      while (pending.length && pending[0].number <= step.number) {
        const next = pending.shift();
        if (next.reached) enter(next.number, `${next.number}  ${next.text}`, next);
      }
    } else if (content.steps.length) {
      const before = frame.index < first;
      enter(before ? "before" : "after", before ? "Before the first step" : "After the steps: clean-up", null);
    }
    if (frame.kind === "act" && !plainAct(frame)) continue;
    rows.push({ frame, findings: content.findings.filter((finding) => finding.frame === frame.index) });
  }
  for (const step of pending) if (step.reached) enter(step.number, `${step.number}  ${step.text}`, step);
  silence(content.steps.find((step) => step.number === current));
  for (const step of content.steps) if (!step.reached) rows.push({ band: `${step.number}  ${step.text}`, step });
  return rows;
};

const lifelinesOf = (frames, role) => {
  const acted = frames.some((frame) => plainAct(frame) && frame.text.startsWith("operator "));
  const names = { operator: "Operator", CS: "Charging station", CSMS: "CSMS" };
  const order = ["CS", "CSMS"];
  if (acted) order.splice(role === "CS" ? 0 : 2, 0, "operator");
  const room = (WIDTH - GUTTER) / order.length;
  return order.map((name, i) => ({
    name,
    title: names[name],
    note: name === role ? "under test" : name === "operator" ? "" : "this tool",
    x: GUTTER + room * (i + 0.5),
  }));
};

const arrow = (from, to, y, mark) => {
  const way = to > from ? 1 : -1;
  return [
    drawn("line", { x1: from + 5 * way, y1: y, x2: to - 7 * way, y2: y, class: `wire ${mark}` }),
    drawn("path", { d: `M${to - 2 * way} ${y} l${-9 * way} -4.5 v9 z`, class: `head ${mark}` }),
  ];
};

const words = (x, y, text, mark = "", anchor = "middle") =>
  drawn("text", { x, y, class: mark, "text-anchor": anchor }, text);

const FIRST_ROWS = 240;

// The SVG of a case, or null when it has nothing to draw. `most`: rows to draw; `setup`: also a long one;
// a click on a message calls `pick(index)`.
const diagram = (item, content, pick = null, most = Infinity, setup = false) => {
  const every = setup ? rowsOf(content) : withoutSetup(rowsOf(content));
  const rows = every.slice(0, most);
  if (!rows.some((row) => row.frame || row.silence)) return null;
  const lines = lifelinesOf(content.frames, item.role);
  const at = Object.fromEntries(lines.map((line) => [line.name, line.x]));
  const zero = content.frames.length ? content.frames[0].at : 0;
  const left = Math.min(at.CS, at.CSMS);
  const right = Math.max(at.CS, at.CSMS);
  const middle = (left + right) / 2;
  const parts = [];
  let y = TOP;
  for (const row of rows) {
    if (row.band !== undefined) {
      const missed = row.step && !row.step.reached;
      const mark = row.leftOut ? "left-out" : missed ? "missed" : slug(row.step?.verdict);
      if (y > TOP) y += AIR;
      parts.push(drawn("rect", { x: 0, y: y - 2, width: WIDTH, height: BAND - 5, rx: 4, class: `band ${mark}` }));
      const text = clip(row.band, 118) + (missed ? "  (not reached)" : "");
      parts.push(words(10, y + 14, text, `band-text${missed || row.leftOut ? " missed" : ""}`, "start"));
      y += BAND;
      continue;
    }
    if (row.silence) {
      const text = clip(`✗ expected ${row.silence.expected}; got ${row.silence.actual}`, 112);
      parts.push(drawn("rect", { x: GUTTER, y: y + 1, width: WIDTH - GUTTER - 6, height: ROW - 10, rx: 4, class: "wrong-box" }));
      parts.push(words(GUTTER + 10, y + 17, text, "wrong", "start"));
      y += ROW;
      continue;
    }
    const { frame, findings } = row;
    const worst = findings.some((finding) => !finding.remark) ? "bad" : findings.length ? "noted" : "";
    const line = y + 22;
    const group = drawn("g", { class: `message ${worst}`, "data-frame": frame.index });
    group.append(drawn("rect", { x: 0, y: y, width: WIDTH, height: ROW - 2, rx: 4, class: "hit" }));
    group.append(words(GUTTER - 14, line + 4, `+${(frame.at - zero).toFixed(3)} s`, "time", "end"));
    const flag = worst === "bad" ? "✗ " : worst ? "! " : "";
    if (frame.kind === "frame") {
      const from = at[frame.sender] ?? left;
      const to = from === at.CS ? at.CSMS : at.CS;
      const kind = frame.type === 2 || frame.type === 6 ? "call" : frame.type === 3 ? "result" : "error";
      group.append(...arrow(from, to, line, kind));
      const name = frame.action || TYPES[frame.type] || "unreadable";
      const suffix = kind === "call" ? gist(frame.text) : kind === "result" ? gist(frame.text) || "result" : TYPES[frame.type];
      const label = words(middle, line - 6, `${flag}${clip(name, 44)}`, `label ${kind}`);
      if (suffix) label.append(drawn("tspan", { class: "gist", dx: 6 }, suffix));
      group.append(label);
    } else if (plainAct(frame) && frame.text.startsWith("operator ") && at.operator !== undefined) {
      const to = at[item.role];
      group.append(...arrow(at.operator, to, line, "act"));
      const said = frame.text.slice("operator ".length).replace("quiet=True ", "");
      group.append(words((at.operator + to) / 2, line - 6, flag + clip(said, 34), "label"));
    } else {
      const kind = frame.kind === "act" ? "" : KINDS[frame.kind] ?? frame.kind;
      const text = LINK[frame.text] ?? (frame.kind === "open" ? kind : `${kind} ${frame.text}`.trim());
      group.append(drawn("line", { x1: left, y1: line, x2: right, y2: line, class: "across" }));
      group.append(words(middle, line - 6, flag + clip(text, lines.length > 2 ? 40 : 62), "label aside"));
    }
    if (pick) group.addEventListener("click", () => pick(frame.index));
    parts.push(group);
    y += ROW;
  }
  const height = y + 14;
  const shown = rows.filter((row) => row.frame?.kind === "frame").length;
  const svg = drawn("svg", {
    class: "diagram",
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: "img",
    "aria-label": `Sequence diagram of ${item.id}: ${plural(shown, "message")}. The same messages stand as text in the steps.`,
  });
  for (const line of lines) {
    svg.append(drawn("line", { x1: line.x, y1: 46, x2: line.x, y2: height - 8, class: "lifeline" }));
    svg.append(drawn("rect", { x: line.x - 74, y: 6, width: 148, height: 40, rx: 6, class: `party${line.name === item.role ? " tested" : ""}` }));
    svg.append(words(line.x, line.note ? 23 : 30, line.title, "party-name"));
    if (line.note) svg.append(words(line.x, 38, line.note, "party-note"));
  }
  svg.append(...parts);
  svg.dataset.left = every.length - rows.length;
  svg.dataset.setup = every.some((row) => row.leftOut) ? "left out" : "";
  return svg;
};
