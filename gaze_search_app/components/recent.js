/* The last searches, kept in this browser and nowhere else: a search is kept, or those that are kept are shown. */
const KEPT = "gaze.searches";
const MOST = 8;

class Recent {
  constructor(root) {
    this.box = root.querySelector(".recent");
    this.list = root.querySelector("ul");
    root.querySelector(".clear").addEventListener("click", () => this.keep([]));
  }

  update({ made }) {
    if (made) {
      const others = kept.read(KEPT, []).filter((search) => search.address !== made.address);
      this.keep([made, ...others].slice(0, MOST));
    }
    this.draw(made ? [] : kept.read(KEPT, []));
  }

  keep(searches) {
    kept.write(KEPT, searches.length ? searches : null);
    this.draw(searches);
  }

  draw(searches) {
    this.box.hidden = !searches.length;
    this.list.replaceChildren(...searches.map((search) => {
      const item = element("li");
      const link = element("a", "", search.query);
      if (search.filters) link.append(" ", element("small", "", search.filters));
      Object.assign(link, { href: `/?${search.address}`, target: "_self" });
      const remove = element("button", "", "×");
      Object.assign(remove, { type: "button", title: "Forget this search", ariaLabel: `Forget ${search.query}` });
      remove.addEventListener("click", () => this.keep(kept.read(KEPT, []).filter((one) => one.address !== search.address)));
      item.append(link, remove);
      return item;
    }));
  }
}

export default mount(Recent);
