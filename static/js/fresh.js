// Keeps pieces of a page fresh while it is looked at: only what changed is sent. Hidden it asks seldom, and where no
// answer comes it asks less and less often and says since when. Without it, loading the page again does.
const EVERY_MS = 8000;
const HIDDEN_MS = 60_000;
const LONGEST_MS = 120_000;
const lost = document.querySelector("[data-lost]");

function tellLost(failures, heard) {
  if (!lost) return;
  lost.hidden = !failures;
  const time = heard.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (failures) lost.textContent = lost.dataset.lost.replace("{time}", time);
}

// Details that the reader opened stay open, and keep the focus.
function put(box, html) {
  const before = [...box.querySelectorAll("details")].map((each) => [each.open, each.contains(document.activeElement)]);
  box.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  box.querySelectorAll("details").forEach((each, place) => {
    const [isOpen, hadFocus] = before[place] ?? [];
    each.open = Boolean(isOpen);
    if (hadFocus) each.querySelector("summary").focus();
  });
}

// Whoever types or is about to press something is not disturbed.
function isBusy(box) {
  return box.contains(document.activeElement) && document.activeElement.tagName !== "SUMMARY";
}

function keep(box) {
  let tag = "";
  let heard = new Date();
  let failures = 0;
  let timer;
  async function look() {
    clearTimeout(timer);
    if (!isBusy(box)) {
      const asked = { headers: tag ? { "If-None-Match": tag } : {}, signal: AbortSignal.timeout(20_000) };
      const answer = await fetch(box.dataset.fresh, asked).catch(() => null);
      const isGood = answer?.status === 304 || (answer?.status === 200 && !answer.redirected);
      failures = isGood ? 0 : failures + 1;
      if (isGood) heard = new Date();
      if (isGood && answer.status === 200) {
        tag = answer.headers.get("ETag") ?? "";
        put(box, await answer.text());
      }
      tellLost(failures, heard);
    }
    const pace = document.visibilityState === "visible" ? EVERY_MS : HIDDEN_MS;
    timer = setTimeout(look, Math.min(pace * 2 ** failures, Math.max(LONGEST_MS, pace)));
  }
  timer = setTimeout(look, EVERY_MS);
  // Whoever comes back sees at once what changed meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  window.addEventListener("online", look);
}

for (const box of document.querySelectorAll("[data-fresh]")) keep(box);
