// Keeps the progress of long work fresh. Without it, a link does.
const EVERY_MS = 2000;
const renew = async () => {
  const here = [...document.querySelectorAll("[data-progress]")];
  if (!here.some((one) => one.hasAttribute("data-goes-on"))) return;
  const isBusy = here.some((one) => one.contains(document.activeElement));
  if (!isBusy && document.visibilityState === "visible") {
    const answer = await fetch(window.location.href).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelectorAll("[data-progress]");
      if (fresh.length === here.length) here.forEach((one, at) => one.replaceWith(fresh[at]));
    }
  }
  setTimeout(renew, EVERY_MS);
};
setTimeout(renew, EVERY_MS);
