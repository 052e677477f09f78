// Shows how far a run of the matching is, and brings the page anew when it is over. Without it, a link does.
const EVERY_MS = 1000;
const box = document.querySelector("[data-run]");
const say = (element, words) => {
  if (element.textContent !== words) element.textContent = words;
};
const look = async () => {
  const answer = await fetch(box.dataset.run).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const said = await answer.json();
    if (said.is_over) return window.location.assign(box.dataset.page);
    box.querySelector("progress").value = said.share;
    say(box.querySelector("[data-words]"), said.words);
    say(box.querySelector("[data-so-far]"), said.so_far);
  }
  setTimeout(look, EVERY_MS);
};
if (box) setTimeout(look, EVERY_MS);
