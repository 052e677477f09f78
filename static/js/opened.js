// Says that this page was opened by somebody who reads it: programs that look at every link in a mail run no scripts.
const form = document.querySelector("[data-opened]");
const tell = () => {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", tell);
  fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => {});
};
if (form) {
  document.addEventListener("visibilitychange", tell);
  tell();
}
