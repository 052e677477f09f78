// The small form of a block, in a dialog over the board. Without this, the same form is a page of its own.

export function dialog(desk, box) {
  const inside = box.querySelector("[data-inside]");
  let from = "";

  const show = (html) => {
    inside.innerHTML = html;
    if (!box.open) box.showModal();
    (inside.querySelector("[autofocus], [aria-invalid], h1") ?? box).focus();
  };

  desk.onChoice = show;

  const open = async (link) => {
    from = link.id;
    let answer;
    try {
      answer = await fetch(link.href, { headers: { "X-Lsos-Fragment": "form" } });
    } catch {
      return desk.say(desk.words.offline, true);
    }
    if (!answer.ok || answer.redirected) return location.assign(link.href);
    show(await answer.text());
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link);
  });

  box.addEventListener("click", (event) => {
    if (event.target === box || event.target.closest("[data-shut]")) {
      event.preventDefault();
      box.close();
    }
  });

  box.addEventListener("close", () => {
    inside.replaceChildren();
    document.getElementById(from)?.focus({ preventScroll: true });
  });

  // Every form here and every button beside the board goes the same way.
  const submit = async (event) => {
    const form = event.target;
    if (form.method !== "post" || !form.hasAttribute("data-live")) return;
    event.preventDefault();
    const said = new FormData(form, event.submitter);
    const values = {};
    for (const [name, value] of said) values[name] = name in values ? `${values[name]},${value}` : value;
    const answer = await desk.send(form.action, values);
    if (box.open && !answer.form) box.close();
  };
  box.addEventListener("submit", submit);
  desk.frame.addEventListener("submit", submit);
}
