const LABELS_AT_FIRST = 2;

/* A whole video from end to end: a lane each for what the search found, what is said, written and seen. A
   click or a key goes there, a lane's name to its next place. Times in ms. */
class Timeline {
  constructor(root, onSeek) {
    this.root = root;
    this.onSeek = onSeek;
    this.names = root.querySelector(".lanes");
    this.tracks = root.querySelector(".tracks");
    this.more = root.querySelector(".more");
    this.glance = root.querySelector(".glance");
    this.whole = false;
    this.now = 0;
    this.more.addEventListener("click", () => {
      this.whole = !this.whole;
      this.draw();
    });
    this.names.addEventListener("click", (event) => {
      const name = event.target.closest("button");
      if (name) this.next(this.lanes[Number(name.dataset.lane)]);
    });
    this.tracks.addEventListener("keydown", (event) => this.key(event));
    this.tracks.addEventListener("pointerdown", (event) => {
      this.tracks.setPointerCapture(event.pointerId);
      this.pressed = true;
      this.look(event);
    });
    this.tracks.addEventListener("pointermove", (event) => {
      if (this.pressed || event.pointerType === "mouse") this.look(event);
    });
    this.tracks.addEventListener("pointerup", (event) => {
      if (this.pressed) this.onSeek(this.at(event));
      this.leave(event);
    });
    for (const name of ["pointercancel", "pointerleave"]) {
      this.tracks.addEventListener(name, (event) => this.leave(event));
    }
  }

  /* hits: moments of the video that the search found; chosen: the one that is shown, if it is one of them. */
  async show(fingerprint, hits, chosen, asked = []) {
    this.asked = asked;
    const other = fingerprint !== this.fingerprint;
    this.fingerprint = fingerprint;
    this.hits = hits;
    this.chosen = chosen;
    if (other) {
      this.known = null;
      this.root.hidden = true;
      try {
        const known = await timelineOf(fingerprint);
        if (this.fingerprint !== fingerprint) return;
        this.known = known;
      } catch {
        return; // the player says what is wrong with the video; without a length there is nothing to draw
      }
    }
    if (this.known) this.draw();
  }

  draw() {
    const { duration_ms, lanes } = this.known;
    const seen = lanes.filter((lane) => lane.kind === "seen");
    seen.sort((one, other) => this.asked.includes(other.name) - this.asked.includes(one.name));
    const few = narrow(this.root) ? 0 : LABELS_AT_FIRST;
    const shown = this.whole ? seen : seen.slice(0, few);
    const found = { kind: "found", name: "Found", spans: this.hits.map((hit) => [hit.start_ms, hit.end_ms]) };
    this.lanes = [
      ...(this.hits.length ? [found] : []),
      ...lanes.filter((lane) => lane.kind !== "seen"),
      ...shown,
    ];
    this.root.hidden = !duration_ms;
    this.more.hidden = seen.length <= few;
    this.more.ariaExpanded = String(this.whole);
    this.more.textContent = this.whole ? "Fewer" : few ? `${seen.length - few} more` : `${seen.length} seen`;
    this.more.title = this.whole ? "Fewer labels" : "All labels";
    this.names.replaceChildren(...this.lanes.map(laneName));
    this.tracks.replaceChildren(...this.lanes.map((lane) => this.track(lane)), element("i", "now"));
    this.tracks.ariaValueMax = String(Math.round(duration_ms / 1000));
    this.follow(this.now);
  }

  track({ kind, spans }) {
    const track = element("div", `track ${kind}`);
    track.append(...spans.map(([start, end], index) => {
      const tick = element("b", kind === "found" && this.hits[index] === this.chosen ? "chosen" : "");
      tick.style.left = this.part(start);
      tick.style.width = this.part(end - start);
      return tick;
    }));
    return track;
  }

  part(ms) {
    return `${((100 * ms) / this.known.duration_ms).toFixed(3)}%`;
  }

  follow(ms) {
    this.now = ms;
    if (!this.known) return;
    this.tracks.style.setProperty("--now", this.part(Math.min(ms, this.known.duration_ms)));
    const told = `${clock(ms)} of ${clock(this.known.duration_ms)}`;
    if (told === this.tracks.ariaValueText) return;
    this.tracks.ariaValueText = told;
    this.tracks.ariaValueNow = String(Math.floor(ms / 1000));
  }

  at(event) {
    const box = this.tracks.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    return Math.min(Math.max(part, 0), 1) * Math.max(this.known.duration_ms - 1, 0);
  }

  /* Shows the frame that lies under the pointer. */
  look(event) {
    const ms = this.at(event);
    const frame = this.known.frames.findLast(([, at]) => at <= ms);
    const picture = this.glance.querySelector("img");
    picture.hidden = !frame;
    if (frame) picture.src = thumbnail(this.fingerprint, frame[0]);
    this.glance.querySelector("time").textContent = clock(ms);
    this.glance.hidden = false;
    const box = this.root.getBoundingClientRect();
    const half = this.glance.offsetWidth / 2;
    const middle = Math.min(Math.max(event.clientX - box.left, half), box.width - half);
    this.glance.style.left = `${middle - half}px`;
  }

  leave(event) {
    this.pressed = false;
    this.glance.hidden = event.type !== "pointerup" || event.pointerType !== "mouse";
  }

  key(event) {
    if (modified(event)) return;
    const end = this.known.duration_ms;
    const step = { PageDown: end / 10, PageUp: -end / 10 }[event.key];
    const place = { Home: 0, End: end - 1 }[event.key] ?? (step && this.now + step);
    if (place === undefined) return;
    event.preventDefault();
    this.onSeek(Math.min(Math.max(place, 0), end - 1));
  }

  next({ spans }) {
    const later = [...spans].sort((one, other) => one[0] - other[0]);
    const [start] = later.find(([from]) => from > this.now + ROUNDING_MS) ?? later[0];
    this.onSeek(start);
  }
}

function laneName({ kind, name, spans, total_ms }, index) {
  const item = element("li", kind);
  const button = element("button", "", name);
  const places = spans.length === 1 ? "1 place" : `${spans.length} places`;
  const told = total_ms === undefined ? places : `${clock(total_ms)} in ${places}`;
  Object.assign(button, { type: "button", title: `${told}. Click for the next`, ariaLabel: `${name}: ${told}. Go to the next` });
  button.dataset.lane = index;
  item.append(button);
  return item;
}
