// A badge before the camera is as good as its code typed: the form is sent at once, and the answer is a page.
import { Camera } from "./door/camera.js";
import { openSound, signal, stayAwake } from "./door/signals.js";

const KEPT = "lsos.contacts.camera";
const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const form = $("scan");
let isSent = false;

const camera = new Camera($("video"), (code) => {
  if (isSent) return;
  isSent = true;
  form.elements.code.value = code;
  signal("go");
  camera.stop();
  form.requestSubmit();
});

async function on() {
  openSound();
  const problem = await camera.start();
  $("notice").textContent = problem ? words[`camera_${problem}`] : "";
  $("camera").hidden = $("camera-off").hidden = Boolean(problem);
  $("camera-on").hidden = !problem;
  if (problem) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, "on");
  stayAwake(!problem);
}

function off() {
  camera.stop();
  stayAwake(false);
  $("camera").hidden = $("camera-off").hidden = true;
  $("camera-on").hidden = false;
  sessionStorage.removeItem(KEPT);
}

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
$("camera-on").addEventListener("click", on);
$("camera-off").addEventListener("click", off);
addEventListener("pagehide", () => camera.stop());
// A code that was wrong is typed again, or looked at again, by whoever meant it: the camera waits for a press then.
if (sessionStorage.getItem(KEPT) && !document.querySelector('[aria-invalid="true"]')) on();
