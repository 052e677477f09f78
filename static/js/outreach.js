// Ticks everybody on the page at once. Without it, each is ticked by hand.
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
