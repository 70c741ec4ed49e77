/* Once the server is gone Streamlit speaks of itself and of the internet: Gaze's own words stand there instead. */
const CONNECTION = "Connection error";
const GONE = `${UNREACHABLE.message} ${UNREACHABLE.remedy}`;
const EARLIER =
  "This page is from before Gaze was started anew. Open the address that `gaze up` printed; typing `gaze up` again prints it once more.";

function reword() {
  for (const title of document.querySelectorAll("[role=dialog] h2")) {
    const theirs = title.parentElement.lastElementChild;
    if (title.textContent !== CONNECTION || theirs === title) continue;
    const words = theirs.textContent.includes("ACCESS_DENIED") ? EARLIER : GONE;
    if (theirs.previousElementSibling.dataset.words === words) continue;
    theirs.style.display = "none"; // React goes on writing into it
    title.parentElement.querySelector("[data-words]")?.remove();
    const ours = element("p", theirs.className);
    ours.dataset.words = words;
    theirs.before(withCode(ours, words));
  }
}

class Connection {
  constructor() {
    this.dialogs = new MutationObserver(reword);
    this.dialogs.observe(document.body, { childList: true, subtree: true, characterData: true });
  }

  update() {}

  close() {
    this.dialogs.disconnect();
  }
}

export default mount(Connection);
