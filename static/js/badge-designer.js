// The designer of badges: fields are dragged on the picture of what is printed, or moved by the arrow keys; the numbers in
// the form are what counts, and each change of theirs is drawn anew by the program that prints.

const STEP = 1;
const FAR = 5;
const SNAP = 1.2;
const SMALLEST = 0.2;
const WAIT_MS = 250;

const form = document.querySelector("[data-designer]");
const trouble = form.querySelector("[data-trouble]");
const round = (value) => Math.round(value * 10) / 10;
const typed = (name) => Number.parseFloat((form.elements[name]?.value ?? "").replace(",", "."));

let drawing = null;
let timer = 0;

async function drawn(side, isWorst) {
  const address = `${form.dataset.preview}?side=${side}${isWorst ? "&worst=1" : ""}`;
  const answer = await fetch(address, { method: "POST", body: new FormData(form), signal: drawing.signal });
  if (!answer.ok) throw new Error((await answer.json()).error);
  const picture = await answer.blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(picture);
  });
}

async function draw() {
  drawing?.abort();
  drawing = new AbortController();
  try {
    for (const stage of form.querySelectorAll("[data-stage]")) {
      const side = stage.dataset.stage;
      stage.querySelector("[data-picture]").src = await drawn(side, false);
      form.querySelector(`[data-worst="${side}"]`).src = await drawn(side, true);
    }
    trouble.hidden = true;
  } catch (error) {
    if (error.name === "AbortError") return;
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}

function drawSoon() {
  clearTimeout(timer);
  timer = setTimeout(draw, WAIT_MS);
}

class Handle {
  constructor(stage, part) {
    this.stage = stage;
    this.part = part;
    this.key = part.dataset.field;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "handle";
    this.button.dataset.of = this.key;
    this.button.setAttribute("aria-label", part.querySelector("summary").textContent.trim().replace(/\s+/g, " "));
    this.grip = document.createElement("span");
    this.grip.className = "grip";
    this.button.append(this.grip);
    stage.append(this.button);
    this.button.addEventListener("keydown", (event) => this.press(event));
    this.button.addEventListener("pointerdown", (event) => this.grab(event));
    this.button.addEventListener("focus", () => this.choose());
    this.place();
  }

  get card() {
    return { width: typed("width") || 105, height: typed("height") || 148.5 };
  }

  get box() {
    const read = (name) => typed(`${this.key}-${name}`) || 0;
    return { x: read("x"), y: read("y"), width: read("width"), height: read("height") };
  }

  set(values) {
    for (const [name, value] of Object.entries(values)) {
      form.elements[`${this.key}-${name}`].value = round(name === "x" || name === "y" ? value : Math.max(value, SMALLEST));
    }
    this.place();
    drawSoon();
  }

  place() {
    const { x, y, width, height } = this.box;
    const card = this.card;
    Object.assign(this.button.style, {
      left: `${(100 * x) / card.width}%`,
      top: `${(100 * y) / card.height}%`,
      width: `${(100 * width) / card.width}%`,
      height: `${(100 * height) / card.height}%`,
    });
  }

  choose() {
    for (const other of form.querySelectorAll(".handle")) other.classList.toggle("is-chosen", other === this.button);
    for (const other of form.querySelectorAll("[data-field]")) if (other !== this.part) other.open = false;
    this.part.open = true;
  }

  press(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const by = event.shiftKey ? FAR : STEP;
    const { x, y, width, height } = this.box;
    this.set(event.ctrlKey ? { width: width + dx * by, height: height + dy * by } : { x: x + dx * by, y: y + dy * by });
  }

  grab(event) {
    event.preventDefault();
    this.button.focus();
    const from = { x: event.clientX, y: event.clientY };
    const { width, height } = this.stage.getBoundingClientRect();
    const card = this.card;
    const before = this.box;
    const isSize = event.target === this.grip;
    const move = (now) => {
      const dx = ((now.clientX - from.x) * card.width) / width;
      const dy = ((now.clientY - from.y) * card.height) / height;
      if (isSize) {
        this.set({ width: this.near(before.x + before.width + dx, "x") - before.x, height: this.near(before.y + before.height + dy, "y") - before.y });
      } else {
        this.set({ x: this.snapped(before.x + dx, before.width, "x"), y: this.snapped(before.y + dy, before.height, "y") });
      }
    };
    const stop = () => {
      this.button.removeEventListener("pointermove", move);
      this.button.removeEventListener("pointerup", stop);
      this.button.removeEventListener("pointercancel", stop);
    };
    this.button.setPointerCapture(event.pointerId);
    this.button.addEventListener("pointermove", move);
    this.button.addEventListener("pointerup", stop);
    this.button.addEventListener("pointercancel", stop);
  }

  // Edges to which a field jumps: those of the card, its middle, and those of the other fields of the face.
  edges(axis) {
    const size = axis === "x" ? "width" : "height";
    const found = [0, this.card[size] / 2, this.card[size]];
    for (const other of this.stage.handles) {
      if (other !== this) found.push(other.box[axis], other.box[axis] + other.box[size]);
    }
    return found;
  }

  near(value, axis) {
    const edge = this.edges(axis).find((one) => Math.abs(one - value) < SNAP);
    return edge ?? Math.round(value * 2) / 2;
  }

  snapped(value, size, axis) {
    for (const inset of [0, size, size / 2]) {
      const edge = this.edges(axis).find((one) => Math.abs(one - value - inset) < SNAP);
      if (edge !== undefined) return edge - inset;
    }
    return Math.round(value * 2) / 2;
  }
}

for (const stage of form.querySelectorAll("[data-stage]")) {
  const parts = [...form.querySelectorAll("[data-field]")].filter((part) => part.dataset.field.startsWith(`${stage.dataset.stage}-`));
  stage.handles = [];
  for (const part of parts) stage.handles.push(new Handle(stage, part));
  form.addEventListener("input", () => {
    for (const handle of stage.handles) handle.place();
  });
}
form.addEventListener("input", drawSoon);
form.addEventListener("change", drawSoon);
for (const words of form.querySelectorAll("[data-live]")) words.hidden = false;
form.querySelector("[data-look]").hidden = true;
form.classList.add("is-live");
