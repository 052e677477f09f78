// The scanner of a stand: each badge and each note is kept on the phone first, then sent, by itself and once. It knows
// no guests: without network a badge is its code until the server says whose it is, and how much of it the team may see.

import { codeOf, newUid } from "./door/codes.js";
import { $, cameraKeys, say } from "./door/page.js";
import { openSound, signal } from "./door/signals.js";
import { filled } from "./door/tell.js";
import { Vault } from "./door/vault.js";

const KEPT = "pieces";
const REFUSED = "refused";
const PATIENCE_MS = 8000;
const TRY_AGAIN_MS = 4000;
const BATCH = 50;
const LAST = 8;

const words = JSON.parse($("words").textContent);
const here = JSON.parse($("here").textContent);
const form = $("scan");
const canKeep = Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);

let queue = null;
let refused = null;
let current = null;
let how = "online";

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

async function banner() {
  const bar = $("banner");
  const waiting = queue ? await queue.count(KEPT) : 0;
  bar.hidden = false;
  bar.dataset.state = !canKeep ? "bad" : waiting ? how : "online";
  bar.textContent = !canKeep ? words.no_offline : filled(words[waiting ? (how === "sign_in" ? "sign_in" : "waiting") : "online"], { waiting });
}

// What was noted of a badge that makes no lead stays on the phone, until it is used elsewhere or thrown away.
async function listRefused() {
  const pieces = await refused.all(REFUSED);
  $("refused").hidden = !pieces.length;
  $("refused-list").replaceChildren(...pieces.map(refusedRow));
}

function refusedRow(piece) {
  const row = document.createElement("li");
  const head = document.createElement("p");
  const code = document.createElement("strong");
  code.textContent = piece.code;
  head.append(code, document.createElement("br"), piece.why);
  const note = document.createElement("blockquote");
  note.textContent = piece.note;
  const keys = document.createElement("p");
  keys.className = "actions";
  const use = key(words.use_note, () => {
    const field = form.elements.note;
    field.value = [field.value.trim(), piece.note].filter(Boolean).join("\n");
    field.focus();
  });
  const forget = key(words.forget_note, () => refused.drop(REFUSED, [piece.uid]).then(listRefused));
  keys.append(use, forget);
  row.append(head, note, keys);
  return row;
}

function key(label, press) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = label;
  button.addEventListener("click", press);
  return button;
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
      if (!(await sendAll())) {
        timer = setTimeout(send, TRY_AGAIN_MS);
        return;
      }
    } while (isAskedAgain);
    how = "online";
  } finally {
    isSending = false;
    await banner();
  }
}

// What the server did not understand stays on the phone, told, and is not sent again before the page is loaded anew.
const stuck = new Set();

async function sendAll() {
  for (let size = BATCH; ; ) {
    const pieces = (await queue.all(KEPT)).filter((piece) => !stuck.has(piece.uid)).slice(0, size);
    if (!pieces.length) return true;
    const status = await sendSome(pieces);
    if (status === 422 && size > 1) {
      // One that is not understood keeps no other from being sent.
      size = 1;
    } else if (status === 422) {
      stuck.add(pieces[0].uid);
      say(words.stuck);
    } else if (status !== 200) {
      how = [401, 403].includes(status) ? "sign_in" : "waiting";
      return false;
    }
  }
}

// Gives the status of the answer, and 0 where none came; a way to the page for signing in is as good as a 401.
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
    return 0;
  }
  if (answer.type === "opaqueredirect") return 401;
  if (!answer.ok) return answer.status;
  const { answers } = await answer.json();
  for (const [place, piece] of pieces.entries()) {
    const why = answers[place].error;
    if (why && piece.note) await refused.put(REFUSED, piece.uid, { ...piece, why });
  }
  await queue.drop(KEPT, pieces.map((piece) => piece.uid));
  await listRefused();
  for (const [place, piece] of pieces.entries()) took(piece, answers[place]);
  return 200;
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
  const code = codeOf(scanned).slice(0, 60);
  if (!code) return;
  await saveNote();
  const piece = { uid: newUid(), code, at: Date.now(), is_scan: true };
  await queue.put(KEPT, piece.uid, piece);
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
  const piece = { uid: newUid(), code: current.code, at: Date.now(), is_scan: false, ...what };
  await queue.put(KEPT, piece.uid, piece);
  return true;
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

document.addEventListener("pointerdown", openSound);
addEventListener("online", () => queue && send());

async function begin() {
  if (canKeep) {
    // Each person's pieces lie by themselves, so that nobody sends what somebody else collected on the same phone.
    queue = await Vault.open(`lsos-leads-${here.who}`, [KEPT]);
    refused = await Vault.open(`lsos-leads-refused-${here.who}`, [REFUSED]);
    await listRefused();
    navigator.storage?.persist?.();
    navigator.serviceWorker?.register(here.worker, { scope: here.page });
    for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
    cameraKeys((scanned) => scan(scanned), words);
    for (const piece of await queue.all(KEPT)) {
      if (piece.is_scan) list({ code: piece.code, state: "kept", name: piece.code, sentence: words.kept });
    }
  }
  await banner();
  if (queue) await send();
  document.body.dataset.ready = "yes";
}

begin();
