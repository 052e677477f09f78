// Keeps pieces of a page fresh while it is looked at: only what changed is sent. Without it, loading the page again does.
const EVERY_MS = 8000;

function keep(box) {
  let tag = "";
  const look = async () => {
    if (document.visibilityState === "visible" && !box.contains(document.activeElement)) {
      const answer = await fetch(box.dataset.fresh, { headers: tag ? { "If-None-Match": tag } : {} }).catch(() => null);
      if (answer?.status === 200 && !answer.redirected) {
        tag = answer.headers.get("ETag") ?? "";
        const piece = new DOMParser().parseFromString(await answer.text(), "text/html");
        box.replaceChildren(...piece.body.childNodes);
      }
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
}

for (const box of document.querySelectorAll("[data-fresh]")) keep(box);
