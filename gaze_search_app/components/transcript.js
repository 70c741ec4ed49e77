/* The lines of a video: the spoken one is lit, those of the moment are marked, a click seeks. Times in ms. */
class Transcript {
  constructor(list, onSeek) {
    this.list = list;
    this.loaded = new Map();
    this.segments = [];
    list.addEventListener("click", (event) => {
      const line = event.target.closest("button");
      if (line) onSeek(Number(line.dataset.start));
    });
  }

  async show(moment) {
    this.moment = moment;
    const { fingerprint } = moment;
    if (this.shown === fingerprint) return this.markMoment();
    this.shown = fingerprint;
    this.fill([], "Reading the transcript…");
    if (!this.loaded.has(fingerprint)) {
      this.loaded.set(fingerprint, fetchJson(`/transcripts/${fingerprint}`));
    }
    try {
      const { segments, reason } = await this.loaded.get(fingerprint);
      if (this.shown === fingerprint) this.fill(segments, reason);
    } catch (error) {
      this.loaded.delete(fingerprint);
      if (this.shown !== fingerprint) return;
      this.shown = null;
      this.fill([], `${error.code || ""} ${error.message}`);
    }
  }

  fill(segments, reason) {
    this.segments = segments;
    this.spoken = -1;
    const lines = segments.map(transcriptLine);
    this.list.replaceChildren(...(lines.length ? lines : [element("li", "empty", reason)]));
    this.markMoment();
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
    const middle = line.offsetTop - (this.list.clientHeight - line.offsetHeight) / 2;
    this.list.scrollTo({ top: middle, behavior: "smooth" });
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
