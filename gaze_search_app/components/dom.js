function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, "0"));
  const hours = Math.floor(s / 3600);
  return hours ? `${hours}:${parts.join(":")}` : `${Number(parts[0])}:${parts[1]}`;
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function marked(text, marks) {
  const line = document.createDocumentFragment();
  const letters = Array.from(text);
  let at = 0;
  for (const [start, end] of marks || []) {
    line.append(letters.slice(at, start).join(""), element("mark", "", letters.slice(start, end).join("")));
    at = end;
  }
  line.append(letters.slice(at).join(""));
  return line;
}

async function fetchJson(url, signal) {
  const response = await fetch(url, { headers: { accept: "application/json" }, signal });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw body.error ?? { code: String(response.status), message: "The server gave no answer." };
}

function typing(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName || "");
}
