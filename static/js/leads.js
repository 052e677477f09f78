// The scanner of a stand: each badge and each note is kept on the phone first, then sent, by itself and once. It knows
// no guests: without network a badge is its code until the server says whose it is, and how much of it the team may see.

import { Camera } from "./door/camera.js";
import { openSound, signal, stayAwake } from "./door/signals.js";
import { filled } from "./door/tell.js";
import { Queue } from "./leads/queue.js";

const SAME_CODE_MS = 4000;
const PATIENCE_MS = 8000;
const TRY_AGAIN_MS = 4000;
const BATCH = 50;
const LAST = 8;

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const here = JSON.parse($("here").textContent);
const form = $("scan");
const canKeep = Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);

let queue = null;
let current = null;
let how = "online";

function newUid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// A badge says an address; what is kept and compared is the code at its end.
function codeOf(scanned) {
  const last = scanned.trim().replace(/\/+$/, "").split("/").pop() ?? "";
  return last.replace(/[\s-]/g, "").toUpperCase().slice(0, 60);
}

// ---- showing

function show(told) {
  current = told;
  $("now").hidden = false;
  $("now").dataset.state = told.state;
  $("now-name").textContent = told.name;
  $("now-organisation").textContent = told.organisation ?? "";
  $("now-sentence").textContent = told.sentence;
}

function list(told) {
  let row = document.querySelector(`#last [data-code="${CSS.escape(told.code)}"]`);
  if (!row) {
    row = document.createElement("li");
    row.dataset.code = told.code;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.addEventListener("click", () => {
      show(row.told);
      clear();
    });
    row.append(button);
    $("last").prepend(row);
    while ($("last").children.length > LAST) $("last").lastElementChild.remove();
    $("none-yet").hidden = true;
  }
  row.told = told;
  row.dataset.state = told.state;
  row.querySelector("button").textContent = [told.name, told.organisation].filter(Boolean).join(" · ");
}

function say(text) {
  $("notice").textContent = text;
}

async function banner() {
  const bar = $("banner");
  const waiting = queue ? (await queue.waiting()).length : 0;
  bar.hidden = false;
  bar.dataset.state = !canKeep ? "bad" : waiting ? how : "online";
  bar.textContent = !canKeep ? words.no_offline : filled(words[waiting ? (how === "sign_in" ? "sign_in" : "waiting") : "online"], { waiting });
}

// ---- sending

let isSending = false;
let isAskedAgain = false;
let timer;

async function send() {
  if (isSending) {
    isAskedAgain = true;
    return;
  }
  isSending = true;
  clearTimeout(timer);
  try {
    do {
      isAskedAgain = false;
      for (let pieces = await queue.waiting(); pieces.length; pieces = await queue.waiting()) {
        if (!(await sendSome(pieces.slice(0, BATCH)))) {
          timer = setTimeout(send, TRY_AGAIN_MS);
          return;
        }
      }
    } while (isAskedAgain);
    how = "online";
  } finally {
    isSending = false;
    await banner();
  }
}

async function sendSome(pieces) {
  let answer;
  try {
    answer = await fetch(here.scans, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ now: Date.now(), pieces }),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    how = "waiting";
    return false;
  }
  if (!answer.ok) {
    how = [401, 403].includes(answer.status) || answer.type === "opaqueredirect" ? "sign_in" : "waiting";
    return false;
  }
  const { answers } = await answer.json();
  await queue.sent(pieces.map((piece) => piece.uid));
  for (const [place, piece] of pieces.entries()) took(piece, answers[place]);
  return true;
}

function took(piece, told) {
  if (told.error) told = { ...told, state: "refused", name: piece.code, sentence: told.error };
  told = { ...told, code: piece.code };
  list(told);
  if (current?.code === piece.code) {
    show(told);
    if (piece.is_scan) signal(told.state === "refused" ? "stop" : told.state === "whole" ? "go" : "look");
    else say(told.error ?? words.note_saved);
  }
}

// ---- scanning and noting

function clear() {
  form.elements.note.value = "";
  for (const one of form.querySelectorAll('[name="warmth"], [name="interests"]')) one.checked = one.value === "";
  say("");
}

async function scan(scanned) {
  const code = codeOf(scanned);
  if (!code) return;
  await saveNote();
  const piece = { uid: newUid(), code, at: Date.now(), is_scan: true };
  await queue.keep(piece);
  const told = { code, state: "kept", name: code, sentence: words.kept };
  show(told);
  list(told);
  signal("kept");
  clear();
  await banner();
  send();
}

function noted() {
  const interests = [...form.querySelectorAll('[name="interests"]:checked')].map((one) => one.value);
  const warmth = form.querySelector('[name="warmth"]:checked')?.value || null;
  const note = form.elements.note.value.trim().slice(0, 4000);
  if (!note && !warmth && !interests.length) return null;
  return { note, warmth, ...(interests.length ? { interests } : {}) };
}

// What was typed and not saved belongs to the visitor before: the next scan keeps it, too.
async function saveNote() {
  const what = noted();
  if (!current || !what) return false;
  await queue.keep({ uid: newUid(), code: current.code, at: Date.now(), is_scan: false, ...what });
  return true;
}

const lastSeen = new Map();

// The camera sees one badge many times; somebody who types it twice means it.
function seen(scanned) {
  const code = codeOf(scanned);
  const now = Date.now();
  const isSame = now - (lastSeen.get(code) ?? 0) < SAME_CODE_MS;
  lastSeen.set(code, now);
  if (!isSame) scan(scanned);
}

form.addEventListener("submit", async (event) => {
  if (!queue) return;
  event.preventDefault();
  if (event.submitter?.id !== "save-note") {
    const code = form.elements.code.value;
    form.elements.code.value = "";
    if (code.trim()) scan(code);
    return;
  }
  if (await saveNote()) {
    clear();
    say(words.note_kept);
    await banner();
    send();
  }
});

// ---- camera

const camera = new Camera($("video"), seen);

async function on() {
  openSound();
  const problem = await camera.start();
  say(problem ? words[`camera_${problem}`] : "");
  $("camera").hidden = $("camera-off").hidden = Boolean(problem);
  $("camera-on").hidden = !problem;
  stayAwake(!problem);
}

function off() {
  camera.stop();
  stayAwake(false);
  $("camera").hidden = $("camera-off").hidden = true;
  $("camera-on").hidden = false;
}

$("camera-on").addEventListener("click", on);
$("camera-off").addEventListener("click", off);
document.addEventListener("pointerdown", openSound);
addEventListener("pagehide", () => camera.stop());
addEventListener("online", () => queue && send());

async function begin() {
  if (canKeep) {
    queue = await Queue.open(here.who);
    navigator.storage?.persist?.();
    navigator.serviceWorker?.register(here.worker, { scope: here.page });
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    for (const piece of await queue.waiting()) {
      if (piece.is_scan) list({ code: piece.code, state: "kept", name: piece.code, sentence: words.kept });
    }
  }
  await banner();
  if (queue) await send();
  document.body.dataset.ready = "yes";
}

begin();
