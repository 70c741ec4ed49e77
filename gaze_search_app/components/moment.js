/* One result: its picture, its words, where it is from and how sure it is. */
function momentItem(moment, index, search) {
  const item = element("li", `moment ${moment.confidence}`);
  item.role = "row"; // an option may hold no links
  item.dataset.index = index;
  item.id = `moment-${index}`;
  if (!moment.snippet && !moment.text) item.classList.add("wordless");
  const cells = [still(moment), words(moment, search)];
  for (const cell of cells) cell.role = "gridcell";
  item.append(...cells);
  return item;
}

function still(moment) {
  const cell = element("div", "still");
  if (moment.poster) {
    const image = picture(moment.poster);
    cell.append(image);
    if (moment.boxes.length) cell.append(boxes(image, moment.boxes));
  }
  cell.append(element("time", "", clock(moment.start_ms)));
  return cell;
}

function words(moment, search) {
  const cell = element("div", "words");
  if (moment.snippet) cell.append(line("snippet", marked(moment.snippet, moment.marks)));
  else if (!moment.text) cell.append(line("snippet wordless", moment.seen));
  if (moment.text) {
    cell.append(line("written", element("span", "", "On screen"), marked(moment.text, moment.text_marks)));
  }
  if (moment.parts.length) cell.append(line("parts", ...moment.parts.map(part)));
  cell.append(from(moment));
  if (moment.copies.length) cell.append(copies(moment.copies));
  const tags = moment.labels.map((label) => tag(label, search));
  if (moment.like) tags.push(pageLink("like", "More like this", moment.like, "Search by this picture"));
  cell.append(line("tags", ...tags, score(moment)));
  return cell;
}

function line(className, ...content) {
  const paragraph = element("p", className);
  paragraph.append(...content);
  return paragraph;
}

function part({ name, when }) {
  const named = element("span");
  named.append(element("time", "", when), element("code", "", name));
  return named;
}

function from({ title, folder, libraries, why }) {
  const name = element("b", "", title);
  name.title = folder;
  const told = [name, element("span", "", libraries.join(", "))];
  if (why) told.push(element("span", "why", why));
  return line("from", ...told);
}

/* A label; one that is not filtered by yet is a link to the same search with it. */
function tag({ name, asked }, search) {
  if (asked) return element("span", "tag asked", name);
  const narrower = `/?${search}&${new URLSearchParams({ label: name })}`;
  return pageLink("tag", name, narrower, `Only moments that show this: ${name}`);
}

function score({ score: sure, confidence, evidence }) {
  const told = element("span", "score");
  told.title = evidence;
  const bar = element("i");
  bar.style.setProperty("--part", `${Math.round(sure * 100)}%`);
  told.append(bar, confidence);
  return told;
}

function copies(others) {
  const told = line("copies", "The same in ");
  others.forEach((other, index) => {
    if (index) told.append(", ");
    const link = pageLink("", other.title, other.url, other.path);
    told.append(link, ` ${other.when}${other.original ? " (best)" : ""}`);
  });
  return told;
}

function pageLink(className, text, href, title) {
  return Object.assign(element("a", className, text), { href, title, target: "_self" });
}

/* Where the text stands in a picture; `places` are fractions of it. */
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
