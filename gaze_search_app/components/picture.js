/* A picture to search by: chosen, pasted anywhere on the page, or dropped on it. It leaves the browser only for
   this machine's own search page, made small. */
const LONG_SIDE = 1024;
const AS_IT_IS = 5_000_000;

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

async function small(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONG_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.92);
  } catch {
    return dataUrl(file.slice(0, AS_IT_IS)); // the server says what is wrong with it
  }
}

class Picture {
  constructor(root) {
    this.box = root.querySelector(".picture");
    this.input = root.querySelector("input");
    root.querySelector(".give").addEventListener("click", () => this.input.click());
    root.querySelector(".remove").addEventListener("click", () => this.give("removed", true));
    this.input.addEventListener("change", () => {
      this.take(this.input.files);
      this.input.value = "";
    });
    this.listeners = {
      paste: (event) => this.take(event.clipboardData?.files, event),
      dragover: (event) => this.over(event),
      dragleave: (event) => event.relatedTarget || this.box.classList.remove("dropping"),
      drop: (event) => this.take(event.dataTransfer?.files, event),
    };
    for (const [name, listener] of Object.entries(this.listeners)) document.addEventListener(name, listener);
  }

  over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.box.classList.add("dropping");
  }

  async take(files, event) {
    this.box.classList.remove("dropping");
    const file = files?.[0];
    if (!file) return;
    event?.preventDefault();
    this.give("given", await small(file));
  }

  update({ poster, caption }, give) {
    this.give = give;
    const held = this.box.querySelector(".held");
    held.hidden = !caption;
    this.box.querySelector(".give").hidden = Boolean(caption);
    held.querySelector("img").hidden = !poster;
    if (poster) held.querySelector("img").src = poster;
    held.querySelector(".caption").textContent = caption;
    held.title = caption;
  }

  close() {
    for (const [name, listener] of Object.entries(this.listeners)) document.removeEventListener(name, listener);
  }
}

export default mount(Picture);
