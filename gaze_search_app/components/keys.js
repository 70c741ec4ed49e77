/* `/` goes to the search box from anywhere; with `focus` the box is ready to type in from the start. */
function searchBox() {
  return document.querySelector("[data-testid=stTextInput] input");
}

function onKey(event) {
  if (event.key !== "/" || modified(event) || typing(event)) return;
  const box = searchBox();
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
}

let focused = false;

export default function ({ data }) {
  document.addEventListener("keydown", onKey);
  const keyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
  if (data.focus && !focused && keyboard) searchBox()?.focus();
  focused = data.focus;
  return () => document.removeEventListener("keydown", onKey);
}
