// Ticks everybody on the page at once, and says how many are ticked. Without it, each is ticked by hand.
for (const form of document.querySelectorAll("[data-tick]")) {
  const boxes = [...form.querySelectorAll('input[name="uid"]:enabled')];
  const all = form.querySelector("[data-all] input");
  const count = form.querySelector("[data-count]");
  const words = count?.textContent;

  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = boxes.length > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    if (count) count.textContent = ticked ? `${words} ${ticked}` : words;
  };

  if (all) all.closest("[data-all]").hidden = false;
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
}
