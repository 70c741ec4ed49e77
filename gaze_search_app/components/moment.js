/* One result: its picture, its words, where it is from and how sure it is. */
function momentItem(moment, index, search) {
  const item = element("li", `moment ${moment.confidence}`);
  item.role = "row"; // an option may hold no links
  item.dataset.index = index;
  item.id = `moment-${index}`;
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
  tags.append(...moment.labels.map((label) => tag(label, search)));
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
  if (!moment.snippet && !moment.text) item.classList.add("wordless");
  if (moment.snippet || !moment.text) words.append(snippet);
  if (moment.text) words.append(written);
  words.append(...(moment.parts.length ? [parts] : []), from);
  if (moment.copies.length) words.append(copies(moment.copies));
  words.append(tags);
  still.role = words.role = "gridcell";
  item.append(still, words);
  return item;
}

/* A label; one that is not filtered by yet is a link to the same search with it. */
function tag({ name, asked }, search) {
  if (asked) return element("span", "tag asked", name);
  const link = element("a", "tag", name);
  Object.assign(link, { href: `/?${search}&${new URLSearchParams({ label: name })}`, target: "_self", title: `Only moments that show this: ${name}` });
  return link;
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
