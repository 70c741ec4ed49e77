/* Buttons within the page's own HTML: `data-gz-request` says what is asked, `data-gz-key` of which row. */
export default function ({ setTriggerValue }) {
  const onClick = (event) => {
    const button = event.target.closest?.("[data-gz-request]");
    if (!button || button.disabled) return;
    button.disabled = true;
    setTimeout(() => (button.disabled = false), 3000);
    setTriggerValue("asked", { request: button.dataset.gzRequest, key: button.dataset.gzKey });
  };
  document.addEventListener("click", onClick);
  return () => document.removeEventListener("click", onClick);
}
