/* One video: its player, and a strip of its frames to jump by. */
class Video {
  constructor(root) {
    this.player = new Player(root.querySelector(".player"));
    this.film = root.querySelector(".film");
    this.film.addEventListener("click", (event) => {
      const frame = event.target.closest("button");
      if (frame) this.player.seek(Number(frame.dataset.ms), true);
    });
    this.onKey = (event) => {
      if (playerKey(event, this.player)) event.preventDefault();
    };
    document.addEventListener("keydown", this.onKey);
  }

  update(data) {
    const answer = JSON.stringify(data);
    if (answer === this.answer) return;
    this.answer = answer;
    this.film.replaceChildren(...data.frames.map(filmFrame));
    const { moment, search, sought } = data;
    this.player.show(moment, { search });
    if (!sought) return;
    fetchJson(hitsAddress(search, moment.fingerprint)).then(
      (answer) => this.player.showHits(answer.moments),
      () => {}, // the video is there without them
    );
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    this.player.video.pause();
  }
}

function filmFrame({ ms, url }) {
  const item = element("li");
  const button = element("button");
  Object.assign(button, { type: "button", title: clock(ms) });
  button.dataset.ms = ms;
  button.append(picture(url), element("time", "", clock(ms)));
  item.append(button);
  return item;
}

export default mount(Video);
