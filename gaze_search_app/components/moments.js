const PAGE = "[data-testid=stMainBlockContainer]";

/* The results of a search, and the player of the one that is chosen. */
class Moments {
  constructor(root) {
    this.list = root.querySelector(".results");
    this.summary = root.querySelector(".summary");
    this.stage = root.querySelector(".stage");
    this.player = new Player(root.querySelector(".player"));
    this.arrangement = new Arrangement(root, this.list);
    this.preview = new Preview(this.list, (still) => this.moments[still.closest(".moment").dataset.index]);
    this.chosen = -1;
    unfold(this.stage);
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest(".moment");
      if (item && !event.target.closest("a")) this.choose(Number(item.dataset.index), true);
    });
    this.lifting = new ResizeObserver(() => this.lift());
    this.lifting.observe(document.querySelector(PAGE));
    this.onKey = (event) => {
      if (this.key(event)) event.preventDefault();
    };
    document.addEventListener("keydown", this.onKey);
  }

  /* moments: one page of what was found; search: its address without the page; hits: where all that was found
     lies, null where it is to be asked for; summary: what is to be told of the answer, with `commands` */
  update({ moments, search, hits, summary }) {
    this.summary.replaceChildren(...summary.map((line) => withCode(element("span"), line)));
    const answer = JSON.stringify([moments, search, hits]);
    if (answer === this.answer) return;
    const turned = this.answer !== undefined && this.list.getBoundingClientRect().top < 0;
    this.answer = answer;
    this.moments = moments;
    this.search = search;
    this.hits = hits ?? moments;
    this.hitsOf = hits ? null : remembered((fingerprint) => hitsAddress(search, fingerprint));
    this.list.replaceChildren(...moments.map((moment, index) => momentItem(moment, index, search)));
    this.choose(0, false);
    if (turned) document.querySelector(PAGE).scrollIntoView({ block: "start" }); // a page began below its end
  }

  choose(index, play) {
    const moment = this.moments[index];
    if (!moment) return;
    this.chosen = index;
    for (const item of this.list.children) item.ariaSelected = String(Number(item.dataset.index) === index);
    this.list.setAttribute("aria-activedescendant", `moment-${index}`);
    const hits = this.hits.filter((other) => other.fingerprint === moment.fingerprint);
    this.player.show(moment, { play, hits, search: this.search });
    this.hitsOf?.(moment.fingerprint).then(
      (answer) => this.player.moment === moment && this.player.showHits(answer.moments),
      () => {}, // those of this page are drawn
    );
  }

  key(event) {
    if (modified(event) || typing(event)) return false;
    const step = this.arrangement.step(event.key);
    if (step && !this.seeks(event)) {
      this.move(step);
      return true;
    }
    if (playerKey(event, this.player)) return true;
    if (event.key === "Enter" && !/^(BUTTON|A|SUMMARY)$/.test(event.composedPath()[0].tagName)) {
      this.choose(this.chosen, true);
      return true;
    }
    return false;
  }

  /* Whether an arrow is meant for the player, as where it stands goes along. */
  seeks(event) {
    const target = event.composedPath()[0];
    if (!this.stage.contains(target)) return false;
    return /Left|Right/.test(event.key) || Boolean(target.closest("video, .tracks"));
  }

  move(step) {
    const next = this.chosen + step;
    if (next < 0 || next >= this.moments.length) return;
    this.choose(next, this.player.plays);
    this.list.children[next].scrollIntoView({ block: "nearest", behavior: glide() });
  }

  /* Beside the results the player begins where the page does, not where the results do. */
  lift() {
    const page = document.querySelector(PAGE);
    const top = page.getBoundingClientRect().top + parseFloat(getComputedStyle(page).paddingTop);
    const above = this.list.closest(".frame").getBoundingClientRect().top - top;
    this.stage.style.setProperty("--lift", `${Math.max(0, above)}px`);
  }

  close() {
    this.lifting.disconnect();
    document.removeEventListener("keydown", this.onKey);
    this.player.video.pause();
  }
}

/* On a narrow page the transcript waits to be opened, so that the results are near. */
function unfold(root) {
  const reading = root.querySelector(".reading");
  let before = null;
  new ResizeObserver(() => {
    const now = narrow(root);
    if (now !== before) reading.open = !now;
    before = now;
  }).observe(root.closest(".frame"));
}

export default mount(Moments);
