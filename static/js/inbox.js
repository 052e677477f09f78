// The inbox answered with one key: j and k go through the requests, a accepts, d declines, q asks. Only the request
// that is marked is answered, never while somebody types, and the keys can be switched off for good.
const KEPT = "lsos.inbox.keys";
const GOES_ON = "lsos.inbox.goes-on";
const help = document.querySelector("[data-keys]");
const requests = [...document.querySelectorAll("[data-request]")];
let marked = null;
let isOn = read(localStorage, KEPT) !== "off";

function read(store, name) {
  try {
    return store.getItem(name);
  } catch {
    return null;
  }
}

function write(store, name, value) {
  try {
    store.setItem(name, value);
  } catch {
    // Without a place to keep it, it holds for this page.
  }
}

function mark(request) {
  marked?.removeAttribute("aria-current");
  marked = request ?? null;
  marked?.setAttribute("aria-current", "true");
}

function go(step) {
  const at = marked ? requests.indexOf(marked) + step : step > 0 ? 0 : requests.length - 1;
  const next = requests[Math.min(Math.max(at, 0), requests.length - 1)];
  mark(next);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function answer(value) {
  const button = marked?.querySelector(`button[name="answer"][value="${value}"]`);
  if (!button) return;
  write(sessionStorage, GOES_ON, "yes");
  button.click();
}

function ask() {
  const details = marked?.querySelector("details.ask-back");
  if (!details) return;
  details.open = true;
  details.querySelector("textarea")?.focus();
}

const keys = { j: () => go(1), k: () => go(-1), a: () => answer("accept"), d: () => answer("decline"), q: ask };

function isTyping(target) {
  return target.isContentEditable || target.closest("input, textarea, select") !== null;
}

document.addEventListener("keydown", (event) => {
  if (!isOn || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.target instanceof Element) || isTyping(event.target)) return;
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
  if (!act) return;
  event.preventDefault();
  act();
});

for (const request of requests) request.addEventListener("focusin", () => mark(request));

if (help) {
  const button = help.querySelector("button");
  const show = () => {
    button.textContent = isOn ? button.dataset.off : button.dataset.on;
    help.classList.toggle("off", !isOn);
  };
  button.addEventListener("click", () => {
    isOn = !isOn;
    write(localStorage, KEPT, isOn ? "on" : "off");
    show();
  });
  show();
  help.hidden = false;
}

// Whoever answered by key goes on with the next one.
if (read(sessionStorage, GOES_ON)) {
  sessionStorage.removeItem(GOES_ON);
  if (isOn && requests.length) go(1);
}
