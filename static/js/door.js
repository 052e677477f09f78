// The desk: every scan, typed, from a USB scanner or from the camera, is asked of the server and answered by the
// whole screen. Without network a scan is kept and sent later; the id made here keeps it one, however often it is sent.

import { newUid } from "./door/codes.js";
import { Kept } from "./door/kept.js";
import { $, cameraKeys, catchTyping, listScan, say, showAnswer } from "./door/page.js";
import { signal } from "./door/signals.js";

const TRY_AGAIN_MS = 3000;
const TOO_LONG_MS = 8000;
const SLOW_MS = 400;

const words = JSON.parse($("words").textContent);
const [form, input, undo] = ["scan", "code", "undo"].map($);
const undoForm = undo.querySelector("form");
// The address without its language, so that switching it does not leave scans behind.
const kept = new Kept(new URL(form.action).pathname.split("/").slice(2).join("/"));
const token = form.elements.csrf_token.value;
const taps = matchMedia("(pointer: coarse)").matches;

// ---- showing

let shown = "";
let checking;

// Whatever speaks with the whole screen ends the wait of a scan that would say that it is being checked.
function show(telling) {
  clearTimeout(checking);
  shown = telling.uid;
  showAnswer(telling);
  undoForm.elements["undo-scan"].value = telling.uid;
  undoForm.elements["undo-uid"].value = newUid();
  undo.open = false;
  undo.hidden = !telling.can_undo;
  $("asks").hidden = !telling.asks;
  $("asks").href = telling.asks || "#";
}

function count(number) {
  if (Number.isInteger(number)) $("count").textContent = number.toLocaleString(document.documentElement.lang);
}

function clock(moment) {
  return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

// ---- sending

class NotSent extends Error {}

// Gives the server's answer, {error} for a scan that it will never take, or throws NotSent with a sentence.
async function post(address, values) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams({ csrf_token: token, ...values }),
      headers: { Accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(TOO_LONG_MS),
    });
  } catch {
    throw new NotSent("");
  }
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
    throw new NotSent(words.signed_out);
  }
  if (answer.status === 400) throw new NotSent(words.stale);
  if (answer.status === 429 || answer.status >= 500) throw new NotSent(words.busy);
  if (answer.status === 404) return { error: words.lost_point };
  try {
    return await answer.json();
  } catch {
    throw new NotSent(words.busy);
  }
}

let isSending = false;
let timer;

// Sends what is kept, the oldest first; one that the server cannot take now waits behind the others.
async function send() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  let trouble = null;
  let sent = 0;
  for (const scan of kept.all()) {
    try {
      const answer = await post(form.action, {
        code: scan.code,
        uid: scan.uid,
        waited_ms: Math.max(0, Date.now() - scan.at),
        direction: scan.direction ?? "entry",
        knew: form.dataset.kind,
      });
      kept.remove(scan.uid);
      sent += 1;
      take(scan, answer);
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
      trouble = error;
      if (error.message !== words.busy) break;
    }
  }
  isSending = false;
  const waiting = kept.all();
  if (trouble && waiting.length) {
    for (const scan of waiting) keepOnScreen(scan);
    say(trouble.message || `${words.waiting} ${waiting.length}`);
    timer = setTimeout(send, TRY_AGAIN_MS);
  } else if (waiting.length) {
    send();
  } else if (sent && wasInTrouble) {
    say(words.sent, true);
  }
  wasInTrouble = Boolean(trouble);
}
let wasInTrouble = kept.all().length > 0;

// Only the scan made last speaks with the whole screen; an older one that was kept is heard if it is refused.
function take(scan, answer) {
  const isLatest = scan.uid === latest;
  if (answer.error) answer = { uid: scan.uid, tone: "stop", word: words.refused, name: scan.code, sentence: answer.error, time: clock(new Date(scan.at)) };
  listScan(answer);
  count(answer.count);
  if (isLatest) {
    show(answer);
    signal(answer.tone);
  } else if (answer.tone === "stop") {
    say(`${words.kept_refused} ${answer.name}. ${answer.sentence}`);
    signal("stop");
  }
}

function keepOnScreen(scan) {
  const telling = { uid: scan.uid, tone: "kept", word: words.kept, name: scan.code, time: clock(new Date(scan.at)) };
  listScan(telling);
  if (scan.uid !== latest || shown === scan.uid + words.kept) return;
  show({ ...telling, sentence: words.kept_sentence });
  shown = scan.uid + words.kept;
  signal("kept");
}

// ---- scanning

let latest = "";

function scan(code) {
  code = code.trim().slice(0, 500);
  if (!code) return;
  const one = { uid: newUid(), code, at: Date.now(), direction: form.elements.direction?.value ?? "entry" };
  latest = one.uid;
  kept.add(one);
  clearTimeout(checking);
  checking = setTimeout(() => show({ uid: one.uid, tone: "kept", word: words.checking, name: code }), SLOW_MS);
  send();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  scan(input.value);
  input.value = "";
  if (!taps) input.focus();
});

catchTyping(input);

undoForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await post(undoForm.action, Object.fromEntries(new FormData(undoForm)));
    if (answer.error) {
      say(answer.error);
    } else {
      listScan({ ...answer, tone: "undone" });
      show(answer);
      count(answer.count);
    }
  } catch (error) {
    if (!(error instanceof NotSent)) throw error;
    say(error.message || words.busy);
  }
  if (!taps) input.focus();
});

cameraKeys(scan, words, {
  onStart: () => taps && input.blur(),
  onStop: () => input.focus(),
});

addEventListener("online", send);
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

if (kept.all().length) send();
