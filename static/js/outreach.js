// Ticks everybody on the page at once, and keeps the progress of a sending fresh. Without it, each is ticked by hand
// and the page is reloaded by hand.
const form = document.querySelector("[data-ticks]");
const all = form?.querySelector("#all");
if (all && !form.querySelector('input[name="ticked"]:disabled')) {
  const boxes = [...form.querySelectorAll('input[name="ticked"]')];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = boxes.length > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  form.querySelector("[data-all]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
}

const EVERY_MS = 3000;
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
