class Moments {
  constructor(root) {
    this.list = root.querySelector(".results");
    this.player = new Player(root.querySelector(".player"));
    this.chosen = -1;
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest(".moment");
      if (item && !event.target.closest("a")) this.choose(Number(item.dataset.index), true);
    });
    this.onKey = (event) => {
      if (this.key(event)) event.preventDefault();
    };
    document.addEventListener("keydown", this.onKey);
  }

  update(moments) {
    const answer = JSON.stringify(moments);
    if (answer === this.answer) return;
    this.answer = answer;
    this.moments = moments;
    this.list.replaceChildren(...moments.map(momentItem));
    this.choose(0, false);
  }

  choose(index, play) {
    const moment = this.moments[index];
    if (!moment) return;
    this.chosen = index;
    for (const item of this.list.children) {
      item.ariaSelected = String(Number(item.dataset.index) === index);
    }
    const others = this.moments.filter((other) => other.fingerprint === moment.fingerprint);
    this.player.show(moment, { play, others });
  }

  key(event) {
    if (playerKey(event, this.player)) return true;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return false;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step) {
      const next = Math.min(Math.max(this.chosen + step, 0), this.moments.length - 1);
      if (next !== this.chosen) this.choose(next, this.player.plays);
      this.list.children[next]?.scrollIntoView({ block: "nearest", behavior: "smooth" });
      return true;
    }
    if (event.key === "Enter" && !/^(BUTTON|A)$/.test(event.composedPath()[0].tagName)) {
      this.choose(this.chosen, true);
      return true;
    }
    return false;
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    this.player.video.pause();
  }
}

function momentItem(moment, index) {
  const item = element("li", `moment ${moment.confidence}`);
  item.role = "row"; // an option may hold no links
  item.dataset.index = index;
  const still = element("div", "still");
  if (moment.poster) {
    const image = element("img");
    Object.assign(image, { src: moment.poster, alt: "", loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.remove());
    still.append(image);
    if (moment.boxes.length) still.append(boxes(image, moment.boxes));
  }
  still.append(element("time", "", clock(moment.start_ms)));
  const words = element("div", "words");
  const snippet = element("p", moment.snippet ? "snippet" : "snippet wordless");
  snippet.append(moment.snippet ? marked(moment.snippet, moment.marks) : moment.seen);
  const written = element("p", "written");
  if (moment.text) written.append(element("span", "", "On screen"), marked(moment.text, moment.text_marks));
  const from = element("p", "from");
  const name = element("b", "", moment.title);
  name.title = moment.folder;
  from.append(name, element("span", "", moment.libraries.join(", ")));
  if (moment.why) from.append(element("span", "why", moment.why));
  const tags = element("p", "tags");
  tags.append(...moment.labels.map((label) => element("span", label.asked ? "tag asked" : "tag", label.name)));
  const score = element("span", "score");
  score.title = moment.evidence;
  const bar = element("i");
  bar.style.setProperty("--part", `${Math.round(moment.score * 100)}%`);
  score.append(bar, moment.confidence);
  if (moment.like) {
    const like = element("a", "like", "More like this");
    Object.assign(like, { href: moment.like, target: "_self", title: "Search by this picture" });
    tags.append(like);
  }
  tags.append(score);
  const parts = element("p", "parts");
  parts.append(...moment.parts.map((part) => {
    const named = element("span");
    named.append(element("time", "", part.when), element("code", "", part.name));
    return named;
  }));
  if (moment.snippet || !moment.text) words.append(snippet);
  if (moment.text) words.append(written);
  words.append(...(moment.parts.length ? [parts] : []), from);
  if (moment.copies.length) words.append(copies(moment.copies));
  words.append(tags);
  still.role = words.role = "gridcell";
  item.append(still, words);
  return item;
}

function copies(others) {
  const line = element("p", "copies", "The same in ");
  others.forEach((other, index) => {
    if (index) line.append(", ");
    const link = element("a", "", other.title);
    Object.assign(link, { href: other.url, target: "_self", title: other.path });
    line.append(link, ` ${other.when}${other.original ? " (best)" : ""}`);
  });
  return line;
}

function boxes(image, places) {
  const layer = element("div", "boxes");
  layer.append(...places.map((place) => {
    const box = element("i");
    for (const [side, part] of [["left", place.x], ["top", place.y], ["width", place.w], ["height", place.h]]) {
      box.style[side] = `${part * 100}%`;
    }
    return box;
  }));
  image.classList.add("whole");
  image.addEventListener("load", () => {
    layer.style.aspectRatio = `${image.naturalWidth} / ${image.naturalHeight}`;
    layer.classList.toggle("tall", image.naturalWidth * 9 < image.naturalHeight * 16);
  });
  return layer;
}

const shown = new WeakMap();

export default function ({ data, parentElement }) {
  if (!shown.has(parentElement)) shown.set(parentElement, new Moments(parentElement));
  const moments = shown.get(parentElement);
  moments.update(data.moments);
  return () => {
    moments.close();
    shown.delete(parentElement);
  };
}
