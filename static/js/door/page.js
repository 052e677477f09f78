// What the desk of signed-in staff and the scanner of a device have in common: the list of the last scans, the
// field that a USB scanner types into, and the keys of the camera.

import { Camera } from "./camera.js";
import { openSound, stayAwake } from "./signals.js";

const SAME_CODE_MS = 4000;
const LAST = 5;

export const $ = (id) => document.getElementById(id);

export function say(text, isGood = false) {
  $("notice").textContent = text;
  $("notice").classList.toggle("good", isGood);
}

// Fills the whole screen with an answer: its tone, its word, a name and a sentence.
export function showAnswer(telling) {
  const verdict = $("verdict");
  verdict.dataset.tone = telling.tone;
  for (const part of verdict.querySelectorAll("[data-part]")) part.textContent = telling[part.dataset.part] ?? "";
}

// Puts a scan at the head of the last ones, or says anew what became of it; gives its row.
export function listScan(telling) {
  let row = document.querySelector(`#last [data-uid="${CSS.escape(telling.uid)}"]`);
  if (!row) {
    row = document.createElement("li");
    row.dataset.uid = telling.uid;
    for (const [tag, name] of [["time", ""], ["span", "last-name"], ["span", "last-word"]]) {
      const part = document.createElement(tag);
      part.className = name;
      row.append(part, " ");
    }
    $("last").prepend(row);
    while ($("last").children.length > LAST) $("last").lastElementChild.remove();
    $("none-yet").hidden = true;
  }
  row.dataset.tone = telling.tone;
  row.querySelector("time").textContent = telling.time;
  row.querySelector(".last-name").textContent = telling.name;
  row.querySelector(".last-word").textContent = telling.short ?? telling.word;
  return row;
}

// The camera sees one badge many times; somebody who types it twice means it.
function onceEach(scan) {
  const lastSeen = new Map();
  return (code) => {
    const now = Date.now();
    const isSame = now - (lastSeen.get(code) ?? 0) < SAME_CODE_MS;
    lastSeen.set(code, now);
    if (!isSame) scan(code);
  };
}

// A USB scanner types wherever the focus is: what it types belongs into the field.
export function catchTyping(input) {
  document.addEventListener("keydown", (event) => {
    openSound();
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
    if (isText && !event.target.closest("input, select, textarea")) input.focus();
  });
  document.addEventListener("pointerdown", openSound);
}

// Ties the camera to its keys; it starts by itself where it was on before the page was left.
export function cameraKeys(onCode, words, { onStart = () => {}, onStop = () => {}, facing, isAlwaysAwake = false, startsAgain = true } = {}) {
  const camera = new Camera($("video"), onceEach(onCode), facing);
  const on = $("camera-on");

  async function start() {
    openSound();
    on.disabled = true;
    const problem = await camera.start();
    on.disabled = false;
    if (problem) {
      say(words[`camera_${problem}`]);
      return;
    }
    say("");
    $("camera").hidden = $("camera-off").hidden = false;
    on.hidden = true;
    $("light").hidden = !camera.hasLight;
    sessionStorage.setItem("lsos.camera", "on");
    stayAwake(true);
    onStart();
  }

  function stop() {
    camera.stop();
    stayAwake(isAlwaysAwake);
    $("camera").hidden = $("camera-off").hidden = $("light").hidden = true;
    on.hidden = false;
    sessionStorage.removeItem("lsos.camera");
    onStop();
  }

  on.hidden = false;
  on.addEventListener("click", start);
  $("camera-off").addEventListener("click", stop);
  $("light").addEventListener("click", async () => {
    const isOn = $("light").getAttribute("aria-pressed") !== "true";
    await camera.light(isOn);
    $("light").setAttribute("aria-pressed", String(isOn));
  });
  addEventListener("pagehide", () => camera.stop());
  if (startsAgain && sessionStorage.getItem("lsos.camera")) start();
  return { start };
}
