// Long work goes on by itself, request by request, while the page stays still under its reader's hand.
// Without this, a button goes on.
const LATER_MS = 3000;
const goOn = async () => {
  const form = document.querySelector("[data-go-on]");
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (!answer) return setTimeout(goOn, LATER_MS);
  if (!answer.ok) return form.submit();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-go-on]")) return window.location.assign(answer.url);
  const here = document.querySelector("[data-progress]");
  if (!here.contains(document.activeElement)) here.replaceWith(page.querySelector("[data-progress]"));
  return goOn();
};
if (document.querySelector("[data-go-on]")) goOn();
