// A case when it is opened: findings, diagram, steps with their frames, requirements.
const findingBox = (finding) => {
  const rows = [["Expected", finding.expected], ["Actual", finding.actual], ["Where", finding.where]];
  const blame = { tester: "; the fault is this suite's, not the device's", lab: "; the fault is the lab's, not the device's" };
  const rule = `${finding.rule}, ${finding.severity}${finding.remark ? " (a remark)" : ""}${blame[finding.blame] ?? ""}`;
  const list = element("dl");
  for (const [name, value] of rows) {
    if (value) list.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  const source = finding.requirement ? [element("b", { class: "req" }, finding.requirement), " "] : [];
  list.append(element("div", {}, element("dt", {}, "Rule"), element("dd", {}, ...source, rule)));
  if (finding.note) list.append(element("div", {}, element("dt", {}, "Note"), element("dd", {}, finding.note)));
  return element("div", { class: `finding sev-${finding.remark ? "should" : "must"}` }, list);
};

// A frame in one line; its text is laid out when it is opened.
const frameRow = (frame, content, zero) => {
  const findings = content.findings.filter((finding) => finding.frame === frame.index);
  const mark = !findings.length ? "" : findings.every((finding) => finding.remark) ? " noted" : " bad";
  const isFrame = frame.kind === "frame";
  const other = { CS: "CSMS", CSMS: "CS" }[frame.sender];
  const word = mark === " noted" ? "remark" : "finding";
  const summary = element(
    "summary",
    {},
    element("span", { class: "ix" }, String(frame.index)),
    element("span", { class: "at" }, clock(frame.at)),
    element("span", { class: "off" }, `+${(frame.at - zero).toFixed(3)} s`),
    element("span", { class: `way way-${frame.sender.toLowerCase()}` }, isFrame && other ? `${frame.sender} → ${other}` : frame.sender),
    element("span", { class: "kind" }, isFrame ? TYPES[frame.type] ?? "unreadable" : KINDS[frame.kind] ?? frame.kind),
    frame.action ? element("b", { class: "action" }, frame.action) : "",
    findings.length ? element("span", { class: "flag" }, plural(findings.length, word)) : "",
    element("code", { class: "peek" }, clip(frame.text, 150)),
  );
  const row = element("details", { class: `frame${mark}`, "data-frame": frame.index }, summary);
  const fill = () => {
    if (row.childElementCount > 1) return;
    const pointers = findings.map((finding) => finding.pointer).filter(Boolean);
    const lines = isFrame ? layout(frame.text, frame.type, pointers) : [[frame.text, false]];
    const text = element("pre", { tabindex: 0 });
    lines.forEach(([line, marked], i) => text.append(marked ? element("mark", {}, line) : line, i < lines.length - 1 ? "\n" : ""));
    if (frame.text) row.append(text);
    if (frame.size) row.append(element("p", { class: "muted" }, `The first ${frame.text.length} of ${frame.size} characters.`));
    row.append(...findings.map(findingBox));
  };
  row.addEventListener("toggle", () => row.open && fill());
  if (mark === " bad") {
    fill();
    row.open = true;
  }
  return row;
};

const stepList = (content) => {
  const zero = content.frames.length ? content.frames[0].at : 0;
  const claimed = new Set(content.steps.flatMap((step) => step.frames));
  const first = Math.min(...claimed);
  const loose = content.frames.filter((frame) => !claimed.has(frame.index));
  const byIndex = new Map(content.frames.map((frame) => [frame.index, frame]));
  const list = element("ol", { class: "steps" });
  const framesOf = (frames) =>
    frames.length ? element("div", { class: "frames" }, frames.map((frame) => frameRow(frame, content, zero))) : "";
  const aside = (heading, frames) => {
    if (!frames.length) return;
    const head = element("div", { class: "step-head" }, element("span", { class: "num" }), element("span", { class: "what" }, heading));
    list.append(element("li", { class: "loose" }, head, framesOf(frames)));
  };
  const before = loose.filter((frame) => frame.index < first);
  aside(content.steps.length ? "Before the first step" : "Frames", before);
  for (const step of content.steps) {
    const what = element("span", { class: "what" }, step.text);
    if (step.expect) what.append(element("span", { class: "expect" }, `expect ${step.expect}`));
    const verdict = step.reached ? step.verdict && chip(step.verdict) : element("span", { class: "chip v-none" }, "not reached");
    const head = element("div", { class: "step-head" }, element("span", { class: "num" }, String(step.number)), what, verdict);
    // A remark on one of the step's frames stands at that frame.
    const own = content.findings.filter(
      (finding) => finding.remark && finding.step === step.number && !step.frames.includes(finding.frame),
    );
    const frames = step.frames.map((index) => byIndex.get(index)).filter(Boolean);
    list.append(element("li", { class: step.reached ? "" : "unreached" }, head, own.map(findingBox), framesOf(frames)));
  }
  aside("After the steps: clean-up", loose.filter((frame) => !before.includes(frame)));
  return list;
};

const table = (label, heads, rows) =>
  element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    element(
      "table",
      { class: "plain" },
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element(
        "tbody",
        {},
        rows.map((cells) =>
          element("tr", {}, cells.map((cell, i) => (i ? element("td", {}, cell) : element("th", { scope: "row" }, cell)))),
        ),
      ),
    ),
  );

const negativePart = (content) => {
  const { campaign, actions, wrong, hidden } = content;
  const known = campaign.known ? `, ${campaign.known} of them from earlier findings` : "";
  const parts = [
    element("h4", {}, "Negative inputs"),
    element("p", {}, `${plural(campaign.distinct, "distinct input")}, ${campaign.played} sent${known}, level ${campaign.level}.`),
  ];
  const verdicts = ["allowed", "tolerated", "not allowed", "not played"];
  if (actions.length) {
    const rows = actions.map(([name, counts, bad]) => [
      name || "no action",
      ...verdicts.map((verdict) => String(counts[verdict] ?? "·")),
      Object.entries(bad).map(([what, count]) => `${what} (${count})`).join(", "),
    ]);
    parts.push(table("Negative inputs of the case", ["Action", ...verdicts, "Not allowed, by constraint"], rows));
  }
  if (wrong.length) parts.push(table("Reactions that are not allowed", ["Input", "Sent", "Allowed", "Reaction"], wrong));
  if (hidden) parts.push(element("p", { class: "muted" }, `and ${hidden} more in results.json`));
  for (const search of campaign.searches ?? []) {
    const words = [plural(search.examples, "example"), "in", duration(search.seconds) + ", seed", search.seed].join(" ");
    parts.push(element("p", { class: "muted" }, ["Random search: " + words, ...search.statistics].join("; ")));
  }
  if (campaign.corpus) parts.push(element("p", { class: "muted" }, `Corpus: ${plural(campaign.corpus, "example")} of this case.`));
  for (const path of campaign.saved ?? []) {
    parts.push(element("p", { class: "muted again" }, "Saved; play it again with ", element("code", {}, `pytest --ocpp-replay ${path}`)));
  }
  for (const source of campaign.cases ?? []) {
    const text = element("pre", { tabindex: 0 }, source);
    parts.push(element("details", { class: "more" }, element("summary", {}, "The finding as a test case"), text));
  }
  return parts;
};

const diagramPart = (item, content, sheet) => {
  const pick = (index) => {
    const row = one(`details.frame[data-frame="${index}"]`, sheet);
    if (!row) return;
    row.open = true;
    one("summary", row).focus();
    row.scrollIntoView({ block: "center" });
  };
  const holder = element("div", { class: "scroll diagram-box", tabindex: 0, role: "region", "aria-label": "Sequence diagram" });
  const draw = (most, setup) => {
    const svg = diagram(item, content, pick, most, setup);
    if (!svg) return false;
    holder.replaceChildren(svg);
    // Where the diagram is wider than the screen, the messages matter more than the times at its left.
    requestAnimationFrame(() => (holder.scrollLeft = holder.scrollWidth));
    const offer = (words, again) => {
      const button = element("button", { type: "button" }, words);
      button.addEventListener("click", again);
      holder.append(button);
    };
    const left = Number(svg.dataset.left);
    if (left) offer(`Draw ${left} more rows`, () => draw(Infinity, setup));
    if (svg.dataset.setup) offer("Draw the set-up as well", () => draw(most, true));
    return true;
  };
  return draw(FIRST_ROWS, false) ? [element("h4", {}, "Sequence"), holder] : [];
};

const sheetOf = (item, content) => {
  const sheet = element("div", { class: "sheet" });
  const faults = content.findings.filter((finding) => !finding.remark);
  const about = [`OCPP ${item.version}`, item.role, item.label && `block ${item.label}`, ...item.profiles, item.device];
  sheet.append(
    element(
      "p",
      { class: "muted about" },
      about.filter(Boolean).join(" · ") + " · ",
      element("a", { href: `#${item.a}` }, "link to this case"),
    ),
  );
  // The first failure is often the reason as well, word for word.
  const repeated = faults.some((finding) => content.reason.includes(finding.expected) && content.reason.includes(finding.actual));
  if (content.reason && !repeated) sheet.append(element("p", { class: "reason" }, element("b", {}, "Reason. "), content.reason));
  if (faults.length) sheet.append(element("h4", {}, plural(faults.length, "finding")), ...faults.map(findingBox));
  sheet.append(...diagramPart(item, content, sheet));
  if (content.steps.length || content.frames.length) sheet.append(element("h4", {}, "Steps and frames"), stepList(content));
  if (content.campaign) sheet.append(...negativePart(content));
  if (content.uploads.length) {
    const files = content.uploads.map((path) => element("li", {}, element("code", {}, path)));
    sheet.append(element("h4", {}, "Uploads, in the report folder"), element("ul", {}, files));
  }
  const unplaced = content.findings.filter(
    (finding) => finding.remark && finding.step === null && !content.frames.some((frame) => frame.index === finding.frame),
  );
  if (unplaced.length) sheet.append(element("h4", {}, "Remarks"), ...unplaced.map(findingBox));
  const states = { violated: "violated", verified: "verified", not_exercised: "not exercised" };
  const named = Object.entries(states).filter(([state]) => content.requirements[state]?.length);
  if (named.length) {
    const list = element("dl", { class: "reqs" });
    for (const [state, word] of named) {
      const ids = content.requirements[state].flatMap((id) => [element("a", { class: "req", href: `#${addressOf({ req: id })}` }, id), " "]);
      list.append(element("div", {}, element("dt", { class: `state-${state}` }, word), element("dd", {}, ids)));
    }
    sheet.append(element("h4", {}, "Requirements"), list);
  }
  if (content.output.length) {
    const text = element("pre", { tabindex: 0 }, content.output.join("\n"));
    sheet.append(element("details", { class: "more" }, element("summary", {}, "What the case printed"), text));
  }
  if (content.node) sheet.append(element("p", { class: "muted again" }, "Run it again: ", element("code", {}, `pytest "${content.node}"`)));
  return sheet;
};
