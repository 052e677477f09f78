// Keeps the progress of long work fresh. Without it, a link does.
const EVERY_MS = 2000;
const renew = async () => {
  const here = document.querySelector("[data-progress]");
  if (!here?.hasAttribute("data-goes-on")) return;
  if (!here.contains(document.activeElement) && document.visibilityState === "visible") {
    const answer = await fetch(window.location.href).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-progress]");
      if (fresh) here.replaceWith(fresh);
    }
  }
  setTimeout(renew, EVERY_MS);
};
setTimeout(renew, EVERY_MS);
