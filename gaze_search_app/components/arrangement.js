const ARRANGED = "gaze.results";

/* Results as a list or a grid, as this browser remembers it. */
class Arrangement {
  constructor(root, list) {
    this.list = list;
    this.buttons = [...root.querySelectorAll(".arrange button")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        this.set(button.value);
        kept.write(ARRANGED, button.value);
      });
    }
    this.set(kept.read(ARRANGED, "list"));
  }

  set(name) {
    this.grid = name === "grid";
    this.list.closest(".moments").classList.toggle("grid", this.grid);
    for (const button of this.buttons) button.ariaPressed = String((button.value === "grid") === this.grid);
  }

  /* How far an arrow key goes among the results; none for other keys, and for those that seek beside a list. */
  step(key) {
    if (key === "j") return 1;
    if (key === "k") return -1;
    const columns = this.grid ? this.columns : 1;
    const sideways = this.grid ? { ArrowRight: 1, ArrowLeft: -1 } : {};
    return { ArrowDown: columns, ArrowUp: -columns, ...sideways }[key];
  }

  get columns() {
    const [first, ...rest] = this.list.children;
    const below = rest.findIndex((item) => item.offsetTop > first.offsetTop + first.offsetHeight / 2);
    return below < 0 ? rest.length + 1 : below + 1;
  }
}
