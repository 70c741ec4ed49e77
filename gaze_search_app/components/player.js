const SEEK_S = 5;
const PATIENCE_MS = 400;
const NARROW_PX = 860;
const HITS_MOST = 500;
const ROUNDING_MS = 40; // a player may stop a frame before the place it was sent to

/* Plays moments of videos, with the transcript beside the picture. Times are ms of the original video;
   a converted clip starts at `offset` of it. */
class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    this.notice = root.querySelector(".notice");
    this.timeline = new Timeline(root.querySelector(".timeline"), (ms) => this.seek(ms, true));
    this.transcript = new Transcript(root.querySelector(".reading"), (ms) => this.seek(ms, true));
    this.source = null;
    this.request = 0;
    this.video.addEventListener("timeupdate", () => this.follow());
    this.video.addEventListener("seeked", () => this.follow());
    this.video.addEventListener("error", () => this.failed());
    this.video.addEventListener("ended", () => this.goOn());
    this.video.addEventListener("playing", () => this.lookAhead());
    root.querySelector(".copy").addEventListener("click", (event) => this.copyLink(event.currentTarget));
  }

  get now() {
    return this.video.currentTime * 1000 + (this.source ? this.source.offset_ms : 0);
  }

  /* moment: {fingerprint, title, folder, start_ms, end_ms, when, poster}; hits: what the search found in the
     same video; search: the part of its address */
  async show(moment, { play = false, hits = [], search = "" } = {}) {
    this.moment = moment;
    this.hits = hits;
    this.search = search;
    this.describe();
    this.transcript.show(moment);
    this.drawTimeline();
    await this.seek(moment.start_ms, play);
  }

  get plays() {
    return this.loading ? this.wanted : !this.video.paused;
  }

  async seek(ms, play = this.plays, until = ms) {
    const request = ++this.request;
    if (this.loading) this.asking?.abort();
    this.wanted = play;
    this.loading = true;
    const { fingerprint, poster } = this.moment;
    const held = this.source;
    const inside =
      held?.fingerprint === fingerprint && ms >= held.offset_ms && ms < (held.until_ms ?? Infinity);
    if (!inside) {
      this.video.pause();
      this.say("");
      const waiting = setTimeout(() => {
        if (request === this.request) this.say("Getting this moment ready…");
      }, PATIENCE_MS);
      try {
        if (until === ms) this.asking?.abort();
        this.asking = new AbortController();
        const source = await this.ask(fingerprint, ms, until, this.asking.signal);
        if (request !== this.request) return;
        this.source = { ...source, fingerprint };
        this.video.poster = (until > ms ? this.lastPicture() : poster) || "";
        this.video.replaceChildren(this.captions(fingerprint, source));
        this.video.src = source.url;
      } catch (error) {
        if (request === this.request) this.fail(error);
        return;
      } finally {
        clearTimeout(waiting);
      }
    }
    if (this.video.readyState < HTMLMediaElement.HAVE_METADATA) {
      await new Promise((resolve) => this.video.addEventListener("loadedmetadata", resolve, { once: true }));
      if (request !== this.request) return;
    }
    this.say("");
    this.video.currentTime = Math.max(0, ms - this.source.offset_ms) / 1000;
    this.loading = false;
    this.playOrPause();
    this.follow();
  }

  /* How to play a stretch; the answer waits until a conversion, where one is needed, is done. */
  ask(fingerprint, start, end, signal) {
    const query = new URLSearchParams({ start_ms: Math.round(start), end_ms: Math.round(end) });
    if (this.convert === fingerprint) query.set("convert", "true");
    return fetchJson(`/playback/${fingerprint}?${query}`, signal);
  }

  toggle() {
    this.wanted = !this.plays;
    if (!this.loading) this.playOrPause();
  }

  playOrPause() {
    if (this.wanted) this.video.play().catch(() => {});
    else this.video.pause();
  }

  skip(seconds) {
    if (this.source) this.seek(Math.max(0, this.now + seconds * 1000));
  }

  /* A converted clip ends before its video does: the next one follows, twice as long. */
  goOn() {
    if (this.source && this.source.until_ms !== null) this.seek(this.source.until_ms, true, this.following);
  }

  get following() {
    const { offset_ms, until_ms } = this.source;
    return until_ms + 2 * (until_ms - offset_ms);
  }

  /* Has the next stretch converted while this one plays. */
  lookAhead() {
    const { fingerprint, until_ms } = this.source ?? {};
    if (!until_ms || this.ahead === this.source.url) return;
    this.ahead = this.source.url;
    this.ask(fingerprint, until_ms, this.following, this.asking.signal).catch(() => {});
  }

  /* What is shown while the next stretch loads. */
  lastPicture() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return null;
    const canvas = Object.assign(element("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    return canvas.toDataURL("image/jpeg");
  }

  captions(fingerprint, source) {
    const track = element("track");
    Object.assign(track, { kind: "captions", label: "Transcript", src: `/captions/${fingerprint}.vtt?from_ms=${source.offset_ms}` });
    return track;
  }

  describe() {
    const { fingerprint, title, folder, when, start_ms } = this.moment;
    const set = (selector, text) => (this.root.querySelector(selector).textContent = text);
    set(".title", title);
    set(".when", when);
    set(".folder", folder);
    this.root.querySelector(".title").title = title;
    this.root.querySelector(".folder").title = folder;
    for (const format of ["srt", "vtt"]) {
      const link = this.root.querySelector(`.${format}`);
      link.href = `/captions/${fingerprint}.${format}?download=true`;
    }
    const open = this.root.querySelector(".open");
    if (open) open.href = `/video?v=${fingerprint}&t=${start_ms}${this.search && `&${this.search}`}`;
    const back = this.root.querySelector(".back");
    if (back) {
      back.hidden = !this.search;
      back.href = `/?${this.search}`;
    }
  }

  async copyLink(button) {
    const link = new URL(`/video?v=${this.moment.fingerprint}&t=${Math.round(this.now)}`, location.href);
    await navigator.clipboard.writeText(link.href);
    button.dataset.done = "true";
    setTimeout(() => delete button.dataset.done, 1600);
  }

  follow() {
    this.timeline.follow(this.now);
    this.transcript.follow(this.now);
  }

  /* More of what the search found in this video, where its page does not hold all. */
  showHits(hits) {
    this.hits = hits;
    this.drawTimeline();
  }

  drawTimeline() {
    const { fingerprint, start_ms, labels = [] } = this.moment;
    const chosen = this.hits.find((hit) => hit.start_ms === start_ms);
    const asked = labels.filter((label) => label.asked).map((label) => label.name);
    this.timeline.show(fingerprint, this.hits, chosen, asked);
  }

  failed() {
    if (!this.video.getAttribute("src")) return;
    const { fingerprint } = this.moment;
    if (this.convert === fingerprint) {
      this.fail({ code: "CODEC_UNSUPPORTED", message: "The browser cannot play this file, converted or not.", remedy: "Open it in another player." });
      return;
    }
    this.convert = fingerprint;
    const at = this.now;
    this.source = null;
    this.show({ ...this.moment, start_ms: at || this.moment.start_ms }, { play: this.wanted, hits: this.hits, search: this.search });
  }

  fail(error) {
    this.loading = false;
    this.source = null;
    this.video.removeAttribute("src");
    this.video.load();
    this.say(failure(error), true);
  }

  say(text, wrong = false) {
    this.notice.hidden = !text;
    this.notice.replaceChildren(withCode(element("span"), text));
    this.notice.classList.toggle("wrong", wrong);
  }
}

/* Where everything that a search finds in one video is told. */
function hitsAddress(search, fingerprint) {
  return `/api/search?${search}&fingerprint=${fingerprint}&limit=${HITS_MOST}`;
}

/* Whether the page leaves little room beside the player. */
function narrow(root) {
  return root.closest(".frame").clientWidth < NARROW_PX;
}

/* Keys that work on every page with a player. Returns whether the key was one of them. */
function playerKey(event, player) {
  if (modified(event) || typing(event)) return false;
  const overControl = /^(button|video|a|summary)$/i.test(event.composedPath()[0].tagName || "");
  if (!player.moment) return false;
  if (event.key === " " && !overControl) player.toggle();
  else if (event.key === "ArrowLeft") player.skip(-SEEK_S);
  else if (event.key === "ArrowRight") player.skip(SEEK_S);
  else return false;
  return true;
}
