// Suggests while somebody types, beyond the names that came with the page: also by domain, by number of a register,
// and in other spellings. Without it, the list that came with the page still suggests.
const WAIT_MS = 150;

for (const list of document.querySelectorAll("datalist[data-suggest]")) {
  const own = [...list.children];
  let timer = 0;
  let asked = "";

  const show = (found, words) => {
    const more = found.map(({ name, town }) => {
      const option = document.createElement("option");
      const whole = town ? `${name}, ${town}` : name;
      option.value = name;
      // Browsers show only options in which they find what was typed; a number or a domain stands in no name.
      option.label = whole.toLowerCase().includes(words.toLowerCase()) ? whole : `${words} → ${whole}`;
      return option;
    });
    const names = new Set(found.map(({ name }) => name));
    list.replaceChildren(...more, ...own.filter((option) => !names.has(option.value)));
  };

  const ask = async (words) => {
    asked = words;
    const address = new URL(list.dataset.suggest, window.location.href);
    address.searchParams.set("q", words);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      // A slow answer to what was typed before is of no use any more.
      if (answer.ok && asked === words) show(await answer.json(), words);
    } catch {
      // No network: the list that came with the page stays.
    }
  };

  for (const input of document.querySelectorAll(`input[list="${list.id}"]`)) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      const words = input.value.trim();
      if (words.length > 1) timer = setTimeout(() => ask(words), WAIT_MS);
    });
  }
}
