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

/* A text with marks around [start, end) of its letters (code points). */
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

/* A text with its `commands` set as code. */
function withCode(node, text) {
  node.append(...text.split("`").map((part, index) => (index % 2 ? element("code", "", part) : part)));
  return node;
}

/* A picture that is loaded once it comes into sight. The server draws one for what it lacks. */
function picture(url) {
  const image = element("img");
  Object.assign(image, { src: url, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.remove()); // the server is gone: nothing is quieter than a broken one
  return image;
}

const UNREACHABLE = { message: "Gaze does not answer.", remedy: "See whether `gaze up` still runs." };

async function fetchJson(url, signal) {
  const response = await fetch(url, { headers: { accept: "application/json" }, signal }).catch((error) => {
    throw signal?.aborted ? error : UNREACHABLE;
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw body.error ?? { code: String(response.status), message: "The server gave no answer." };
}

/* All there is to say of a failure. */
function failure({ code, message, remedy }) {
  return [code, message, remedy].filter(Boolean).join(" · ");
}

/* What Streamlit calls whenever a part of the page is drawn: it is made once and then brought up to date. */
function mount(Part) {
  const parts = new WeakMap();
  return ({ data, parentElement, setTriggerValue }) => {
    if (!parts.has(parentElement)) parts.set(parentElement, new Part(parentElement));
    const part = parts.get(parentElement);
    part.update(data, setTriggerValue);
    return () => {
      part.close?.();
      parts.delete(parentElement);
    };
  };
}

/* Answers of an address for each key, asked for once; one that failed is asked for again. */
function remembered(address) {
  const answers = new Map();
  return (key) => {
    if (!answers.has(key)) {
      const answer = fetchJson(address(key));
      answer.catch(() => answers.delete(key));
      answers.set(key, answer);
    }
    return answers.get(key);
  };
}

/* The length, frames and lanes of a video, by fingerprint. */
const timelineOf = remembered((fingerprint) => `/timelines/${fingerprint}`);

function thumbnail(fingerprint, index) {
  return `/thumbnails/${fingerprint}/${index}.jpg`;
}

function typing(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName || "");
}

function modified(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/* Whether the person asked for less movement. */
function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function glide() {
  return calm() ? "auto" : "smooth";
}

/* What this browser keeps for the pages; a browser may refuse to. */
const kept = {
  read(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // nothing is kept, and nothing depends on it
    }
  },
};
