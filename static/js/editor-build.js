// Shows how far the building of a draft is. Without it, the page comes when it is done.
const [outcome, progress] = ["outcome", "progress"].map((id) => document.getElementById(id));

async function* linesOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield* lines.map((line) => JSON.parse(line));
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-build")) return;
  event.preventDefault();
  for (const button of outcome.querySelectorAll("[data-build] button")) button.disabled = true;
  progress.hidden = false;
  let html = "";
  try {
    const headers = { Accept: "application/x-ndjson" };
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    for await (const said of linesOf(answer)) {
      if (said.html) html = said.html;
      else {
        progress.querySelector("progress").value = said.share;
        progress.querySelector("[data-words]").textContent = said.words;
      }
    }
    if (!html) throw new Error("cut off");
  } catch {
    return form.submit();
  }
  outcome.innerHTML = html;
  outcome.focus();
  progress.hidden = true;
});
