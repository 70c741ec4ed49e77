const transcriptOf = remembered((fingerprint) => `/transcripts/${fingerprint}`);

/* The lines of a video: the spoken one is lit, those of the moment are marked, a click seeks, words are found. It
   follows the video until somebody scrolls. Times in ms. */
class Transcript {
  constructor(root, onSeek) {
    this.list = root.querySelector(".transcript");
    this.here = root.querySelector(".here");
    this.segments = [];
    this.follows = true;
    this.find = new Find(root.querySelector(".find"), this);
    this.list.addEventListener("click", (event) => {
      const line = event.target.closest("button");
      if (!line) return;
      this.followAgain();
      onSeek(Number(line.dataset.start));
    });
    for (const name of ["wheel", "touchmove"]) {
      this.list.addEventListener(name, () => this.stay(), { passive: true });
    }
    this.list.addEventListener("pointerdown", (event) => {
      if (event.target === this.list) this.stay(); // the scroll bar
    });
    this.here.addEventListener("click", () => this.followAgain());
  }

  async show(moment) {
    this.moment = moment;
    const { fingerprint } = moment;
    this.followAgain();
    if (this.shown === fingerprint) return this.markMoment();
    this.shown = fingerprint;
    this.fill([], "Reading the transcript…");
    try {
      const { segments, reason } = await transcriptOf(fingerprint);
      if (this.shown === fingerprint) this.fill(segments, reason);
    } catch (error) {
      if (this.shown !== fingerprint) return;
      this.shown = null;
      this.fill([], failure(error));
    }
  }

  fill(segments, reason) {
    this.segments = segments;
    this.spoken = -1;
    const lines = segments.map(transcriptLine);
    this.list.replaceChildren(...(lines.length ? lines : [withCode(element("li", "empty"), reason)]));
    this.list.closest(".reading").classList.toggle("wordless", !lines.length);
    this.markMoment();
    this.find.look();
    this.follow(this.now ?? 0);
  }

  markMoment() {
    const { start_ms, end_ms } = this.moment;
    this.segments.forEach((segment, index) => {
      const inside = segment.end_ms > start_ms && segment.start_ms < Math.max(end_ms, start_ms + 1);
      this.list.children[index].classList.toggle("in-moment", inside);
    });
  }

  follow(ms) {
    this.now = ms;
    const now = ms + ROUNDING_MS;
    const spoken = this.segments.findIndex((segment) => segment.start_ms <= now && now < segment.end_ms);
    if (spoken === this.spoken) return;
    this.list.children[this.spoken]?.removeAttribute("aria-current");
    this.spoken = spoken;
    const line = this.list.children[spoken];
    if (!line) return;
    line.ariaCurrent = "true";
    if (this.follows) this.bring(line);
  }

  /* Scrolls to a line; one that is not spoken now stays in sight. */
  bring(line, follows = true) {
    if (!follows) this.stay();
    const middle = line.offsetTop - (this.list.clientHeight - line.offsetHeight) / 2;
    this.list.scrollTo({ top: middle, behavior: glide() });
  }

  stay() {
    this.follows = false;
    this.here.hidden = this.segments.length < 2;
  }

  followAgain() {
    this.follows = true;
    this.here.hidden = true;
    const line = this.list.children[this.spoken];
    if (line) this.bring(line);
  }

  /* Marks places of the lines, as `placesIn` gives them for a text; returns the marks with their lines. */
  mark(placesIn) {
    const found = [];
    this.segments.forEach((segment, index) => {
      const line = this.list.children[index].querySelector("span");
      const marks = placesIn(segment.text);
      if (marks.length || line.childElementCount) line.replaceChildren(marked(segment.text, marks));
      for (const mark of line.querySelectorAll("mark")) found.push({ mark, segment });
    });
    return found;
  }
}

function transcriptLine(segment) {
  const item = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.start = segment.start_ms;
  button.append(element("time", "", clock(segment.start_ms)), element("span", "", segment.text));
  item.append(button);
  return item;
}
