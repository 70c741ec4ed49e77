/* Once the server is gone Streamlit speaks of itself and of the internet: Gaze's own words stand there instead. */
const STREAMLITS = /^Streamlit server is not responding/;

function reword() {
  for (const text of document.querySelectorAll("[role=dialog] div")) {
    if (text.childElementCount || !STREAMLITS.test(text.textContent)) continue;
    text.replaceChildren();
    withCode(text, `${UNREACHABLE.message} ${UNREACHABLE.remedy} This page goes on by itself once it does.`);
  }
}

class Connection {
  constructor() {
    this.dialogs = new MutationObserver(reword);
    this.dialogs.observe(document.body, { childList: true, subtree: true });
  }

  update() {}

  close() {
    this.dialogs.disconnect();
  }
}

export default mount(Connection);
