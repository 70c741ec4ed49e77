/* Finds words in a transcript, whatever their case and accents: marks, a count, the next and the one before. */
class Find {
  constructor(root, transcript) {
    this.transcript = transcript;
    this.marks = [];
    this.input = root.querySelector("input");
    this.tally = root.querySelector(".tally");
    this.buttons = [root.querySelector(".before"), root.querySelector(".after")];
    this.buttons.forEach((button, index) => button.addEventListener("click", () => this.step(index ? 1 : -1)));
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.clear();
      else return;
      event.preventDefault();
    });
  }

  clear() {
    this.input.value = "";
    this.look();
    this.input.blur();
  }

  /* Looks again: other words, or other lines. */
  look() {
    const sought = fold(this.input.value.trim()).text;
    this.marks = this.transcript.mark((text) => (sought ? places(fold(text), sought) : []));
    this.at = -1;
    const now = this.transcript.now ?? 0;
    const first = this.marks.findIndex(({ segment }) => segment.end_ms > now);
    if (this.marks.length) this.go(Math.max(first, 0));
    this.tell(Boolean(sought));
  }

  step(by) {
    const { length } = this.marks;
    if (length) this.go((this.at + by + length) % length);
    this.tell(Boolean(this.input.value.trim()));
  }

  go(index) {
    this.marks[this.at]?.mark.classList.remove("current");
    this.at = index;
    const { mark } = this.marks[index];
    mark.classList.add("current");
    this.transcript.bring(mark.closest("li"), false);
  }

  tell(sought) {
    const { length } = this.marks;
    this.tally.textContent = sought ? (length ? `${this.at + 1} of ${length}` : "Not said") : "";
    for (const button of this.buttons) button.hidden = !length;
  }
}

/* A text in small letters without accents, and for each letter of it which letter (code point) it comes from. */
function fold(text) {
  const from = [];
  let folded = "";
  Array.from(text).forEach((letter, index) => {
    const plain = letter.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
    folded += plain;
    for (let i = 0; i < plain.length; i += 1) from.push(index);
  });
  return { text: folded, from };
}

function places({ text, from }, sought) {
  const found = [];
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
    found.push([from[at], from[at + sought.length - 1] + 1]);
  }
  return found;
}
