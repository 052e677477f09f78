// The list answers while somebody types, and says how many are ticked. Without this, a button sends the same form.
const list = document.querySelector("#list");
const search = document.querySelector("[data-search]");
const live = document.querySelector("[data-live]");
const PAUSE = 180;

// ---- ticks

const tickedWords = (form) => {
  const count = form.querySelector("[data-count]");
  count.dataset.words ??= count.textContent;
  return count.dataset.words;
};

const showTicks = () => {
  const form = list.querySelector("[data-people]");
  if (!form) return;
  const boxes = [...form.querySelectorAll('input[name="uid"]')];
  const all = form.querySelector("#all");
  const ticked = boxes.filter((box) => box.checked).length;
  form.querySelector("[data-all]").hidden = false;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  form.querySelector("[data-count]").textContent = ticked ? `${tickedWords(form)} ${ticked}` : tickedWords(form);
};

list.addEventListener("change", (event) => {
  if (event.target.id === "all") {
    for (const box of list.querySelectorAll('input[name="uid"]')) box.checked = event.target.checked;
  }
  showTicks();
});

// ---- searching

let waiting;
let asked;

const addressOf = (form) => {
  const said = new FormData(form);
  const values = new URLSearchParams([...said].filter(([name, value]) => value && name !== "add"));
  return `${form.getAttribute("action")}?${values}`;
};

const follow = (address) => {
  const query = new URL(address, location.href).search;
  for (const link of document.querySelectorAll("[data-follow]")) link.search = query;
  for (const form of document.querySelectorAll("[data-keep]")) form.action = form.getAttribute("action").split("?")[0] + query;
};

const ask = async () => {
  const address = addressOf(search);
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(address, { headers: { "X-Lsos-Fragment": "list" }, signal: asked.signal });
    if (!answer.ok || answer.redirected) return search.submit();
    list.innerHTML = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") search.submit();
    return;
  }
  history.replaceState(null, "", address);
  follow(address);
  live.textContent = list.querySelector("#count").textContent.trim();
  showTicks();
};

if (search) {
  search.elements.q.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  search.elements.add.addEventListener("change", () => search.requestSubmit());
}
showTicks();
