const FRAMES_MOST = 24;
const FRAMES_LEAST = 4;
const SETTLED_MS = 70; // a pointer that only passes by loads nothing

/* Moving the mouse over a picture leafs through the frames of its moment; not for who asked for less movement. */
class Preview {
  constructor(list, momentOf) {
    this.momentOf = momentOf;
    list.addEventListener("pointermove", (event) => this.move(event), { passive: true });
    list.addEventListener("pointerleave", () => this.leave());
  }

  move(event) {
    const still = event.pointerType === "mouse" && !calm() ? event.target.closest(".still") : null;
    if (still !== this.still) this.enter(still);
    if (still) {
      const box = still.getBoundingClientRect();
      this.part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999);
      this.leaf();
    }
  }

  enter(still) {
    this.leave();
    this.still = still;
    if (still) this.waiting = setTimeout(() => this.load(still), SETTLED_MS);
  }

  async load(still) {
    const moment = this.momentOf(still);
    let frames = [];
    try {
      frames = framesOf(moment, (await timelineOf(moment.fingerprint)).frames);
    } catch {
      return; // the picture that is there will do
    }
    if (still !== this.still || frames.length < 2) return;
    this.frames = frames.map(([index, ms]) => {
      const image = new Image();
      image.src = thumbnail(moment.fingerprint, index);
      return { image, ms };
    });
    this.layer = element("div", "leaf");
    this.bar = element("i");
    this.time = still.querySelector("time");
    this.start = this.time.textContent;
    still.append(this.layer);
    still.classList.add("leafing");
    this.leaf();
  }

  leaf() {
    if (!this.frames) return;
    const { image, ms } = this.frames[Math.floor(this.part * this.frames.length)];
    this.bar.style.setProperty("--part", `${100 * this.part}%`);
    if (!image.complete || !image.naturalWidth) return;
    if (this.layer.firstChild !== image) this.layer.replaceChildren(image, this.bar);
    this.time.textContent = clock(ms);
  }

  leave() {
    clearTimeout(this.waiting);
    if (this.frames) {
      this.layer.remove();
      this.time.textContent = this.start;
      this.still.classList.remove("leafing");
    }
    this.still = this.frames = null;
  }
}

/* The frames (index, ms) of a moment from the one on screen as it begins; of a short one some after it, too. */
function framesOf({ start_ms, end_ms }, frames) {
  const first = Math.max(frames.findLastIndex(([, ms]) => ms <= start_ms), 0);
  const after = frames.findIndex(([, ms]) => ms >= end_ms);
  const last = Math.max(after < 0 ? frames.length : after, first + FRAMES_LEAST);
  const shown = frames.slice(first, last);
  const step = Math.max(1, shown.length / FRAMES_MOST);
  return Array.from({ length: Math.ceil(shown.length / step) }, (_, index) => shown[Math.floor(index * step)]);
}
