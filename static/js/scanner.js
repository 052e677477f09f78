// The scanner: every badge is kept first, then asked of the server, and decided by the phone itself where there is no
// answer. What is on the screen is on the phone; what is on the phone is sent, whatever happens in between.

import { Camera } from "./door/camera.js";
import { openSound, signal, stayAwake } from "./door/signals.js";
import { filled } from "./door/tell.js";
import { Known } from "./scanner/known.js";
import { Store } from "./scanner/store.js";

const SAME_CODE_MS = 4000;
const PATIENCE_MS = 2500;
const TRY_AGAIN_MS = 4000;
const REFRESH_MS = 30_000;
const BATCH = 100;
const LAST = 5;
const KIOSK_MS = 6000;

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const here = JSON.parse($("here").textContent);
const language = document.documentElement.lang;
const [verdict, form, input, notice, point] = ["verdict", "scan", "code", "notice", "point"].map($);
const canKeep = Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);

let store = null;
let known = null;
let isAlone = false;
let isDrill = false;
let latest = "";

function newUid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// ---- showing

let clearing;

function show(telling) {
  verdict.dataset.tone = telling.tone;
  for (const part of verdict.querySelectorAll("[data-part]")) part.textContent = telling[part.dataset.part] ?? "";
  const undo = $("undo");
  if (undo) {
    undo.open = false;
    undo.hidden = !telling.can_undo;
    undo.dataset.scan = telling.uid;
  }
  clearTimeout(clearing);
  if (here.isKiosk) clearing = setTimeout(() => show({ tone: "idle", word: words.ready, sentence: words.next_guest }), KIOSK_MS);
}

function list(telling) {
  if (here.isKiosk) return;
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
}

function say(text, isGood = false) {
  notice.textContent = text;
  notice.classList.toggle("good", isGood);
}

function count(counts) {
  const number = counts?.[point.value] ?? (known?.points.has(point.value) ? known.count(point.value) : null);
  if (number !== null) $("count").textContent = number.toLocaleString(language);
}

// Says at the top how the phone stands: ready to go on alone, alone, or not able to.
async function banner() {
  const waiting = store ? (await store.waiting()).length : 0;
  const bar = $("banner");
  let state = "bad";
  let text = words.no_offline;
  if (isDrill) [state, text] = ["drill", words.drill];
  else if (known) {
    const minutes = Math.max(0, Math.round((Date.now() - known.snapshot.made_at) / 60_000));
    const age = minutes < 1 ? words.just_now : filled(words.minutes_ago, { minutes });
    state = isAlone ? "alone" : "good";
    text = filled(isAlone ? words.alone : words.ready_offline, { people: known.size.toLocaleString(language), age, waiting });
  } else if (isAlone) text = filled(words.alone_unready, { waiting });
  else if (canKeep) [state, text] = ["", words.loading];
  bar.dataset.state = state;
  bar.textContent = text;
}

// ---- talking to the server

class Alone extends Error {}
class TurnedAway extends Error {}

async function ask(address, how = {}, patience = PATIENCE_MS) {
  if (isDrill) throw new Alone();
  let answer;
  try {
    answer = await fetch(address, { ...how, redirect: "manual", signal: AbortSignal.timeout(patience) });
  } catch {
    isAlone = true;
    throw new Alone();
  }
  if (answer.status === 403) throw new TurnedAway((await answer.json().catch(() => ({}))).error ?? "");
  if (answer.status >= 500 || answer.status === 429 || answer.type === "opaqueredirect") {
    isAlone = true;
    throw new Alone();
  }
  isAlone = false;
  return answer;
}

function asJson(values) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(values) };
}

// A device that is let in no more keeps its scans, which may still be sent once it is paired again, and no guests.
async function forget(why) {
  known = null;
  await store?.forget();
  say(why || words.turned_away);
}

async function refresh() {
  if (!canKeep || isDrill) return;
  try {
    const headers = known ? { "If-None-Match": `"${known.snapshot.stamp}"` } : {};
    const answer = await ask(here.snapshot, { headers }, 60_000);
    if (answer.status === 200) {
      const snapshot = await answer.json();
      await store.know(snapshot);
      await learn(snapshot);
    } else if (answer.status === 304 && known) {
      known.snapshot.made_at = Date.now();
    }
  } catch (error) {
    if (error instanceof TurnedAway) await forget(error.message);
    else if (!(error instanceof Alone)) throw error;
  }
  count();
  await banner();
}

// Takes in what the server knows, with what this phone counted meanwhile and has not sent.
async function learn(snapshot) {
  const fresh = new Known(snapshot, language);
  for (const scan of await store.waiting()) await fresh.decide(scan, words);
  known = fresh;
}

// ---- sending what waits

let isSending = false;
let timer;
const report = { sent: 0, doubles: [], against: [] };

async function send() {
  if (isSending || isDrill) return;
  isSending = true;
  clearTimeout(timer);
  try {
    for (let scans = await store.waiting(); scans.length; scans = await store.waiting()) {
      const batch = scans.slice(0, BATCH);
      const answer = await ask(here.scans, sending(batch, scans.length - batch.length), 30_000);
      if (!answer.ok) throw new Error(`scans: ${answer.status}`);
      const said = await answer.json();
      await store.sent(batch.map((scan) => scan.uid));
      for (const [place, scan] of batch.entries()) took(scan, said.answers[place]);
      count(said.counts);
      if (said.is_clock_off) say(filled(words.clock_off, { minutes: Math.round(Math.abs(said.drift_ms) / 60_000) }));
    }
    tellReport();
  } catch (error) {
    if (error instanceof TurnedAway) await forget(error.message);
    timer = setTimeout(send, TRY_AGAIN_MS);
  }
  isSending = false;
  await banner();
}

function sending(scans, waiting) {
  return asJson({
    now: Date.now(),
    waiting,
    snapshot_at: known?.snapshot.made_at ?? null,
    scans: scans.map(({ uid, point, code, at, direction, told }) => ({
      uid,
      point,
      code,
      at,
      direction,
      ...(told ? { told_result: told.result, told_reason: told.reason, told_session: told.session } : {}),
    })),
  });
}

// What became of a scan that the phone had decided by itself: told where the server saw more.
function took(scan, answer) {
  if (answer.error) {
    say(answer.error);
    return;
  }
  if (!scan.told) return;
  list(answer);
  report.sent += 1;
  if (scan.told.result === "admitted" && answer.result === "again") report.doubles.push(answer);
  if (scan.told.result === "admitted" && answer.tone === "again" && answer.result === "admitted") report.against.push(answer);
}

function tellReport() {
  if (!report.sent) return;
  const box = $("report");
  box.hidden = false;
  $("report-sum").textContent = filled(words.report, { sent: report.sent, doubles: report.doubles.length });
  $("report-list").replaceChildren(
    ...[...report.doubles, ...report.against].slice(-20).map((one) => {
      const row = document.createElement("li");
      row.textContent = `${one.time} ${one.name}: ${one.sentence}`;
      return row;
    }),
  );
}

// ---- scanning

async function scan(code, direction = form.elements.direction?.value ?? "entry") {
  code = code.trim().slice(0, 500);
  if (!code || !point.value) return;
  const one = { uid: newUid(), point: point.value, code, at: Date.now(), direction };
  latest = one.uid;
  if (isDrill) {
    const decided = await known?.decide(one, words, { isDrill });
    if (decided) tellAll(one, decided.telling);
    return;
  }
  await store?.keep(one);
  try {
    const answer = await ask(here.scans, sending([one], 0));
    const said = await answer.json();
    if (!answer.ok) throw new Alone();
    await store?.sent([one.uid]);
    const [telling] = said.answers;
    if (telling.error) {
      tellAll(one, { uid: one.uid, tone: "stop", word: words.why_not, name: code, sentence: telling.error, time: "" });
      return;
    }
    // What another phone is told by the server, this one must know too, for when it is alone.
    await known?.decide(one, words);
    tellAll(one, telling);
    count(said.counts);
    if ((await store?.waiting())?.length) send();
  } catch (error) {
    if (error instanceof TurnedAway) {
      await forget(error.message);
      return;
    }
    if (!(error instanceof Alone)) throw error;
    await decideAlone(one);
  }
  await banner();
}

async function decideAlone(one) {
  const decided = await known?.decide(one, words);
  if (decided) {
    const { result, reason, session } = decided.decision;
    one.told = { result, reason, session };
    await store.keep(one);
    tellAll(one, decided.telling);
  } else {
    tellAll(one, { uid: one.uid, tone: "kept", word: words.kept, name: one.code, sentence: words.kept_sentence, time: "" });
  }
  count();
  clearTimeout(timer);
  timer = setTimeout(send, TRY_AGAIN_MS);
}

// Only the scan made last speaks with the whole screen.
function tellAll(one, telling) {
  list(telling);
  if (one.uid !== latest) return;
  show(telling);
  signal(telling.tone);
}

const lastSeen = new Map();

// The camera sees one badge many times; somebody who types it twice means it.
function seen(code) {
  const now = Date.now();
  const isSame = now - (lastSeen.get(code) ?? 0) < SAME_CODE_MS;
  lastSeen.set(code, now);
  if (!isSame) scan(code);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  scan(input.value);
  input.value = "";
});

// A USB scanner types wherever the focus is: what it types belongs into the field.
document.addEventListener("keydown", (event) => {
  openSound();
  const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
  if (isText && !event.target.closest("input, select, textarea")) input.focus();
});
document.addEventListener("pointerdown", openSound);

function choosePoint() {
  localStorage.setItem("lsos.point", point.value);
  const hasExit = point.selectedOptions[0]?.dataset.exit === "yes";
  $("ways").hidden = !hasExit;
  if (!hasExit) form.elements.direction.value = "entry";
  count();
}

point.addEventListener("change", choosePoint);

// ---- taking back, searching

$("undo")?.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const reason = new FormData(event.target).get("reason");
  try {
    const answer = await ask(here.undo, asJson({ scan: $("undo").dataset.scan, uid: newUid(), reason }));
    const said = await answer.json();
    if (said.error) say(said.error);
    else {
      list(said);
      show(said);
      count(said.counts);
      await refresh();
    }
  } catch (error) {
    if (!(error instanceof Alone || error instanceof TurnedAway)) throw error;
    say(words.needs_network);
  }
});

$("search")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await ask(`${here.search}?q=${encodeURIComponent($("q").value)}`);
    const { found } = await answer.json();
    $("found").replaceChildren(...found.map(foundRow));
    say(found.length ? "" : words.nobody_found);
  } catch (error) {
    if (!(error instanceof Alone || error instanceof TurnedAway)) throw error;
    say(words.needs_network);
  }
});

function foundRow(guest) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = [guest.name, guest.organisation, guest.participation, guest.state].filter(Boolean).join(" · ");
  button.addEventListener("click", () => {
    $("found").replaceChildren();
    $("q").value = "";
    scan(guest.code);
  });
  row.append(button);
  return row;
}

// ---- drill

$("drill").addEventListener("click", async () => {
  isDrill = !isDrill;
  $("drill").setAttribute("aria-pressed", String(isDrill));
  show({ tone: "idle", word: words.ready, sentence: isDrill ? words.drill : words.scan_or_type });
  await banner();
  if (!isDrill) {
    await refresh();
    send();
  }
});

// ---- camera

const camera = new Camera($("video"), seen);

async function cameraOn() {
  openSound();
  const problem = await camera.start();
  if (problem) {
    say(words[`camera_${problem}`]);
    return;
  }
  say("");
  $("camera").hidden = $("camera-off").hidden = false;
  $("camera-on").hidden = true;
  $("light").hidden = !camera.hasLight;
  sessionStorage.setItem("lsos.camera", "on");
  stayAwake(true);
}

function cameraOff() {
  camera.stop();
  stayAwake(false);
  $("camera").hidden = $("camera-off").hidden = $("light").hidden = true;
  $("camera-on").hidden = false;
  sessionStorage.removeItem("lsos.camera");
}

$("camera-on").addEventListener("click", cameraOn);
$("camera-off").addEventListener("click", cameraOff);
$("light").addEventListener("click", async () => {
  const on = $("light").getAttribute("aria-pressed") !== "true";
  await camera.light(on);
  $("light").setAttribute("aria-pressed", String(on));
});

// ---- beginning

async function begin() {
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  const last = localStorage.getItem("lsos.point");
  if (last && [...point.options].some((option) => option.value === last)) point.value = last;
  choosePoint();
  if (canKeep) {
    store = await Store.open();
    const snapshot = await store.known();
    if (snapshot) await learn(snapshot);
    navigator.storage?.persist?.();
    navigator.serviceWorker?.register(here.worker, { scope: here.page });
  }
  await banner();
  await refresh();
  await send();
  setInterval(refresh, REFRESH_MS);
  document.body.dataset.ready = "yes";
}

addEventListener("online", () => refresh().then(send));
addEventListener("pagehide", () => camera.stop());
if (sessionStorage.getItem("lsos.camera")) cameraOn();
begin();
