// Laying out a frame's text for reading without changing a character of its values: the text is cut into tokens, never
// parsed into values, so that duplicate keys, the way a number was written and the escapes of a string stay.
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+)/sy;
const DEEPEST = 40;
const ONE_LINE = 88;
const PAYLOAD_AT = { 2: "/3", 3: "/2", 6: "/3" };

const tokensOf = (text) => {
  const tokens = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match; (match = TOKEN.exec(text)); end = TOKEN.lastIndex) tokens.push(match[1]);
  return text.slice(end).trim() ? null : tokens;
};

// A node: pointer, key, and either text or brackets with children. Null for what is no JSON.
const treeOf = (text) => {
  const tokens = tokensOf(text);
  let next = 0;
  const read = (pointer, key, depth) => {
    const token = tokens[next++];
    if (token === undefined || depth > DEEPEST || "}]:,".includes(token)) throw new SyntaxError();
    if (token !== "{" && token !== "[") return { pointer, key, text: token, brackets: "", children: [] };
    const close = token === "{" ? "}" : "]";
    const node = { pointer, key, text: "", brackets: token + close, children: [] };
    if (tokens[next] === close) {
      next += 1;
      return node;
    }
    for (;;) {
      let name = String(node.children.length);
      let label = "";
      if (close === "}") {
        const word = tokens[next++];
        if (!word?.startsWith('"') || tokens[next++] !== ":") throw new SyntaxError();
        name = word.slice(1, -1).replaceAll("~", "~0").replaceAll("/", "~1");
        label = `${word}: `;
      }
      node.children.push(read(`${pointer}/${name}`, label, depth + 1));
      const after = tokens[next++];
      if (after === close) return node;
      if (after !== ",") throw new SyntaxError();
    }
  };
  if (!tokens?.length) return null;
  try {
    const root = read("", "", 0);
    return next === tokens.length ? root : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const flat = (node) =>
  node.key + (node.brackets ? node.brackets[0] + node.children.map(flat).join(",") + node.brackets[1] : node.text);

// The pointer itself, or that of the nearest container that exists: a missing field marks its object.
const nearest = (root, pointer) => {
  const known = new Set();
  const stack = [root];
  for (let node; (node = stack.pop()); ) {
    known.add(node.pointer);
    stack.push(...node.children);
  }
  while (pointer && !known.has(pointer)) pointer = pointer.slice(0, pointer.lastIndexOf("/"));
  return pointer;
};

// Lines [text, marked]; `pointers` are JSON pointers into the payload, whose values are marked.
const layout = (text, type, pointers) => {
  const root = treeOf(text);
  if (!root) return [[text, false]];
  const wanted = new Set(pointers.map((pointer) => nearest(root, (PAYLOAD_AT[type] ?? "") + pointer)));
  wanted.delete("");
  const lines = [];
  const lay = (node, indent, tail) => {
    const start = "  ".repeat(indent);
    const inside = [...wanted].some((pointer) => pointer.startsWith(`${node.pointer}/`));
    const line = flat(node);
    if (!node.children.length || (line.length + start.length <= ONE_LINE && !inside)) {
      lines.push([start + line + tail, wanted.has(node.pointer)]);
      return;
    }
    let head = "";
    let children = node.children;
    // Message type, id and action of a frame stand on one line, as one reads them.
    while (indent === 0 && children.length > 1 && !children[0].brackets && !wanted.has(children[0].pointer)) {
      head += `${flat(children[0])}, `;
      children = children.slice(1);
    }
    lines.push([`${start}${node.key}${node.brackets[0]}${head}`.trimEnd(), wanted.has(node.pointer)]);
    children.forEach((child, i) => lay(child, indent + 1, i < children.length - 1 ? "," : ""));
    lines.push([start + node.brackets[1] + tail, false]);
  };
  lay(root, 0, "");
  return lines;
};
