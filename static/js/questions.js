// Shows the questions that come up and hides the others while one answers. Without it, each says when to answer it.
import { shown } from "./questions/conditions.js";

const read = (block, code) => {
  const found = [...block.querySelectorAll(`[name="q-${code}"]`)];
  const values = found.flatMap((field) => {
    if (field.type === "checkbox" || field.type === "radio") {
      if (!field.checked) return [];
      return [field.type === "checkbox" && field.closest(".choices") === null ? "yes" : field.value];
    }
    return field.value.trim() ? [field.value.trim()] : [];
  });
  const file = block.querySelector(`[name="q-${code}-file"]`);
  if (file?.files.length && !values.length) values.push(file.files[0].name);
  return values;
};

for (const part of document.querySelectorAll("[data-questions]")) {
  const blocks = [...part.querySelectorAll("[data-code]")];
  const asks = blocks.map((block) => ({ code: block.dataset.code, when: JSON.parse(block.dataset.when) }));
  const elsewhere = JSON.parse(part.dataset.elsewhere);

  const show = () => {
    const answers = Object.fromEntries(blocks.map((block) => [block.dataset.code, read(block, block.dataset.code)]));
    const asked = new Set(shown(asks, answers, elsewhere));
    for (const block of blocks) block.hidden = !asked.has(block.dataset.code);
  };

  for (const words of part.querySelectorAll("[data-only-if]")) words.hidden = true;
  part.classList.add("is-live");
  part.addEventListener("input", show);
  part.addEventListener("change", show);
  show();
}
