// Small helpers. Text always enters the page as text, never as HTML.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
};

const drawn = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const slug = (verdict) => (verdict ? `v-${verdict.toLowerCase().replaceAll(" ", "-")}` : "v-none");
const chip = (verdict, words = verdict) => element("span", { class: `chip ${slug(verdict)}` }, words);
const plural = (count, word, many = `${word}s`) => `${count} ${count === 1 ? word : many}`;
const clip = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

// As `duration` in text.py has it.
const duration = (seconds) => {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
};

// A parcel is deflated JSON in base64; see page_data.py.
const unpack = async (name) => {
  const packed = document.getElementById(`parcel-${name}`).textContent.trim();
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const content = JSON.parse(await new Response(stream).text());
  const names = ["index", "at", "kind", "sender", "type", "action", "text", "size", "answers"];
  content.frames = content.frames.map((values) => Object.fromEntries(names.map((key, i) => [key, values[i]])));
  const steps = ["number", "text", "expect", "reached", "verdict", "frames"];
  content.steps = content.steps.map((values) => Object.fromEntries(steps.map((key, i) => [key, values[i]])));
  return content;
};

const TYPES = { 2: "CALL", 3: "CALLRESULT", 4: "CALLERROR", 5: "CALLRESULTERROR", 6: "SEND" };
const KINDS = { open: "connected", close: "closed", act: "act", ping: "ping", pong: "pong", handshake: "handshake", transfer: "file", note: "note" };

const data = JSON.parse(document.getElementById("ocpp-data").textContent);
const epoch = Date.parse(data.started);
const clock = (at) => (Number.isNaN(epoch) ? "" : new Date(epoch + at * 1000).toISOString().slice(11, 23));
