// Shows who asks to meet now as soon as they do, while the page is looked at. Without it, loading the page again does.
const EVERY_MS = 8000;
const box = document.querySelector("[data-now]");
let tag = "";
const look = async () => {
  if (document.visibilityState === "visible" && !box.contains(document.activeElement)) {
    const answer = await fetch(box.dataset.now, { headers: tag ? { "If-None-Match": tag } : {} }).catch(() => null);
    if (answer?.status === 200 && !answer.redirected) {
      tag = answer.headers.get("ETag") ?? "";
      const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
      box.replaceChildren(...piece.body.childNodes);
    }
  }
  setTimeout(look, EVERY_MS);
};
if (box) setTimeout(look, EVERY_MS);
