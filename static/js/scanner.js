// The scanner: every badge is kept first, then asked of the server, and decided by the phone itself where there is no
// answer. What is on the screen is on the phone; what is on the phone is sent, whatever happens in between.

import { newUid } from "./door/codes.js";
import { $, cameraKeys, catchTyping, listScan, say, showAnswer } from "./door/page.js";
import { signal, stayAwake } from "./door/signals.js";
import { filled } from "./door/tell.js";
import { Asking } from "./scanner/asking.js";
import { Known } from "./scanner/known.js";
import { Store } from "./scanner/store.js";
import { emptyGuest, guestProblems, newCode, readGuest, showProblems } from "./scanner/walk_in.js";

const PATIENCE_MS = 2500;
const TRY_AGAIN_MS = 4000;
const REFRESH_MS = 30_000;
// So seldom the server is asked how many came: it counts, while a guest waits.
const COUNT_MS = 5000;
const BATCH = 100;
const KIOSK_MS = 6000;

const words = JSON.parse($("words").textContent);
const here = JSON.parse($("here").textContent);
const { is_kiosk: isKiosk } = here.rights;
const language = document.documentElement.lang;
const [form, input, point] = ["scan", "code", "point"].map($);
const canKeep = Boolean(globalThis.isSecureContext && globalThis.indexedDB && crypto.subtle);

let store = null;
let known = null;
let isAlone = false;
let isDrill = false;
let latest = "";

// ---- showing

let clearing;

function show(telling) {
  showAnswer(telling);
  const undo = $("undo");
  if (undo) {
    undo.open = false;
    undo.hidden = !telling.can_undo;
    undo.dataset.scan = telling.uid;
  }
  asking?.show("");
  clearTimeout(clearing);
  if (isKiosk) clearing = setTimeout(wait, KIOSK_MS);
}

// Stands ready for the next guest; a kiosk keeps nothing of the one before.
function wait() {
  showAnswer({ tone: "idle", word: words.ready, sentence: isDrill ? words.drill : words.scan_or_type });
  if (!isKiosk) return;
  input.value = "";
  latest = "";
}

function list(telling) {
  if (!isKiosk) listScan(telling);
}

// How many came here today: what the server said last, and those let in here since; alone, what this phone knows.
let came = null;
let countedAt = 0;

function count(number) {
  if (Number.isInteger(number)) countedAt = Date.now();
  came = number ?? (known?.points.has(point.value) ? known.count(point.value) : came);
  if (came !== null) $("count").textContent = came.toLocaleString(language);
}

function countAnswer(said) {
  const more = [...said.answers, ...said.walk_ins].filter((one) => ["admitted", "present"].includes(one.result)).length;
  if (said.count !== undefined) count(said.count);
  else if (came !== null && more) {
    came += more;
    $("count").textContent = came.toLocaleString(language);
  }
}

// Says at the top how the phone stands: ready to go on alone, alone, or not able to.
async function banner() {
  const waiting = store ? await store.count() : 0;
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
  for (const one of await store.waiting()) {
    if (one.type === "walk_in" && one.was_let_in) await fresh.meet({ ...one.guest, badge_code: one.badge_code });
    if (one.type === "replies") await fresh.answered(one.code);
    else if (one.type !== "walk_in" || one.was_let_in) await fresh.decide(scanOf(one), words);
  }
  known = fresh;
  // What its holder may do was changed: the page that says so is another.
  if (JSON.stringify(snapshot.rights) !== JSON.stringify(here.rights) && !isAlone) location.reload();
  offerPoints([...fresh.points.values()]);
}

// Offers the points that there are now; who stood at one that was taken away chooses another.
function offerPoints(points) {
  if (point.options) {
    const chosen = point.value;
    const offered = [...point.options].map((option) => option.value);
    if (points.map((one) => one.code).join(" ") !== offered.join(" ")) {
      point.replaceChildren(...points.map((one) => optionOf(one)));
      point.value = points.some((one) => one.code === chosen) ? chosen : (points[0]?.code ?? "");
      choosePoint();
    }
  }
  if (!points.length) say(words.no_point);
}

function optionOf(one) {
  const option = new Option(known.words(one.name) || one.code, one.code);
  option.dataset.kind = one.kind;
  if (one.has_exit) option.dataset.exit = "yes";
  return option;
}

// ---- sending what waits

let isSending = false;
let timer;
const report = { sent: 0, doubles: [], against: [] };

// What the server did not understand stays on the phone, told, and is not sent again before the page is loaded anew.
const stuck = new Set();

async function send() {
  if (isSending || isDrill || !store) return;
  isSending = true;
  clearTimeout(timer);
  try {
    for (let size = BATCH; ; ) {
      const waiting = (await store.waiting()).filter((one) => !stuck.has(one.uid));
      const batch = waiting.slice(0, size);
      if (!batch.length) break;
      const answer = await ask(here.scans, sending(batch, waiting.length - batch.length), 30_000);
      if (answer.status === 422 && size > 1) {
        // One that is not understood keeps no other from being sent.
        size = 1;
        continue;
      }
      if (answer.status === 422) {
        stuck.add(batch[0].uid);
        say(words.stuck);
        continue;
      }
      if (!answer.ok) throw new Alone();
      const said = await answer.json();
      await store.sent(batch.map((one) => one.uid));
      takeAnswers(batch, said);
      countAnswer(said);
      if (said.minutes_off && !isKiosk) {
        say(filled(words.clock_off, { minutes: Math.abs(said.minutes_off) }));
      }
    }
    tellReport();
  } catch (error) {
    if (error instanceof TurnedAway) await forget(error.message);
    else if (!(error instanceof Alone)) throw error;
    timer = setTimeout(send, TRY_AGAIN_MS);
  } finally {
    isSending = false;
    await banner();
  }
}

// What lets in a guest who was registered here is a scan of the code that was written by hand.
function scanOf(one) {
  return one.type === "walk_in" ? { ...one, code: one.badge_code, direction: "entry" } : one;
}

function sending(items, waiting) {
  const of = (type) => items.filter((one) => (one.type ?? "scan") === type);
  return asJson({
    now: Date.now(),
    waiting,
    count_at: Date.now() - countedAt > COUNT_MS ? point.value : "",
    snapshot_at: known?.snapshot.made_at ?? null,
    walk_ins: of("walk_in").map(walkInOf),
    replies: of("replies").map(({ uid, scan, replies }) => ({ uid, scan, replies })),
    scans: of("scan").map(({ uid, point, kind, code, at, direction, told }) => ({
      uid,
      point,
      kind: kind ?? "other",
      code,
      at,
      direction,
      ...(told ? { told_result: told.result, told_reason: told.reason, told_session: told.session } : {}),
    })),
  });
}

function walkInOf({ uid, point, kind, at, guest, badge_code, was_let_in }) {
  return { uid, point, kind, at, badge_code, was_let_in, ...guest };
}

// What became of a scan that was not answered at once: told where the server saw it otherwise.
function took(scan, answer) {
  list(answer);
  report.sent += 1;
  const letIn = scan.told?.result === "admitted";
  if (letIn && answer.result === "again") report.doubles.push(answer);
  if (letIn && answer.result === "admitted" && answer.tone === "again") report.against.push(answer);
  // The phone knew nobody and could only keep it: whoever is not to be here is told of now.
  if (!scan.told && answer.result === "refused") report.against.push(answer);
}

function takeAnswers(batch, said) {
  const answers = new Map([...said.answers, ...said.walk_ins, ...said.replies].map((answer) => [answer.uid, answer]));
  for (const one of batch) {
    const answer = answers.get(one.uid);
    if (one.type === "replies") {
      if (answer.error) report.against.push({ time: "", name: one.name, sentence: filled(words.answers_refused, { why: answer.error }) });
    } else if (one.type === "walk_in") tookWalkIn(one, answer);
    else took(one, answer);
  }
}

// What became of a guest who was let in before the server knew them: told where it is not as it was said.
function tookWalkIn(one, answer) {
  report.sent += 1;
  const name = `${one.guest.given_name} ${one.guest.family_name}`.trim();
  if (answer.error) {
    report.against.push({ time: "", name, sentence: filled(words.walk_in.refused, { name, why: answer.error }) });
    return;
  }
  list(answer);
  const wrongCode = answer.code === one.badge_code ? "" : filled(words.walk_in.other_code, { code: answer.code });
  const sentence = [answer.despite, wrongCode].filter(Boolean).join(" ");
  if (sentence) report.against.push({ time: answer.time, name, sentence });
}

function tellReport() {
  if (!report.sent || isKiosk) return;
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
  if (!code) return;
  if (!point.value) {
    say(words.no_point);
    return;
  }
  const kind = (point.selectedOptions?.[0] ?? point).dataset.kind;
  const one = { uid: newUid(), point: point.value, kind, code, at: Date.now(), direction };
  latest = one.uid;
  if (isDrill) {
    const decided = await known?.decide(one, words, { isDrill });
    if (decided) tellAll(one, decided.telling);
    return;
  }
  await store?.keep(one);
  // Whoever is known to be alone is not made to wait for an answer that does not come.
  if (isAlone && known) {
    await decideAlone(one);
    send();
    return;
  }
  try {
    const answer = await ask(here.scans, sending([one], 0));
    if (!answer.ok) throw new Alone();
    const said = await answer.json();
    await store?.sent([one.uid]);
    const [telling] = said.answers;
    // What another phone is told by the server, this one must know too, for when it is alone.
    await known?.decide(one, words);
    tellAll(one, telling);
    offerQuestions(one, telling, said.answers[0].questions);
    countAnswer(said);
    if (await store?.count()) send();
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
    offerQuestions(one, decided.telling, decided.asks);
  } else {
    const sentence = isKiosk ? words.kept_by_kiosk : words.kept_sentence;
    tellAll(one, { uid: one.uid, tone: "kept", word: words.kept, name: isKiosk ? "" : one.code, sentence, time: "" });
  }
  count();
  await banner();
  clearTimeout(timer);
  timer = setTimeout(send, TRY_AGAIN_MS);
}

// ---- asking

const asking = $("ask") && new Asking(words, (bilingual) => known.words(bilingual), keepReplies);
const scanned = new Map();

// Puts what is open to the guest who was just let in; who was let in before can be asked from the list.
function offerQuestions(one, telling, codes) {
  if (!asking || !known) return;
  asking.prepare(one.uid, telling.name, known.questions(codes), known.today);
  if (asking.has(one.uid)) {
    scanned.set(one.uid, one);
    const row = document.querySelector(`#last [data-uid="${CSS.escape(one.uid)}"]`);
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "linklike", textContent: words.ask });
    button.addEventListener("click", () => asking.show(one.uid));
    row?.querySelector(".last-word").after(" ", button);
  }
  if (one.uid === latest) asking.show(one.uid);
}

async function keepReplies(uid, replies) {
  const one = scanned.get(uid);
  document.querySelector(`#last [data-uid="${CSS.escape(uid)}"] button`)?.remove();
  await known?.answered(one.code);
  if (isDrill || !Object.keys(replies).length) return;
  const item = { type: "replies", uid: newUid(), scan: uid, replies, code: one.code, name: "", at: Date.now() };
  await store?.keep(item);
  try {
    const answer = isAlone ? null : await ask(here.scans, sending([item], 0));
    if (!answer?.ok) throw new Alone();
    const [said] = (await answer.json()).replies;
    await store?.sent([item.uid]);
    say(said.error ? filled(words.answers_refused, { why: said.error }) : words.answers_saved, !said.error);
  } catch (error) {
    if (error instanceof TurnedAway) return forget(error.message);
    if (!(error instanceof Alone)) throw error;
    say(words.answers_kept, true);
    clearTimeout(timer);
    timer = setTimeout(send, TRY_AGAIN_MS);
  }
  await banner();
}

// ---- registering at the door

$("guest-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { target } = event;
  const guest = readGuest(target);
  const problems = guestProblems(guest);
  showProblems(target, problems, words.walk_in);
  if (problems.length || isDrill) {
    if (isDrill) say(words.drill);
    return;
  }
  const kind = point.selectedOptions[0]?.dataset.kind ?? "door";
  const one = { type: "walk_in", uid: newUid(), point: point.value, kind, at: Date.now(), guest, badge_code: newCode(), was_let_in: false };
  latest = one.uid;
  target.querySelector("[type=submit]").disabled = true;
  try {
    await register(one, target);
  } finally {
    target.querySelector("[type=submit]").disabled = false;
  }
});

async function register(one, target) {
  await store?.keep(one);
  try {
    if (isAlone) throw new Alone();
    const answer = await ask(here.scans, sending([one], 0), 8_000);
    if (!answer.ok) throw new Alone();
    const said = await answer.json();
    await store?.sent([one.uid]);
    const [telling] = said.walk_ins;
    if (telling.error) {
      say(telling.error);
      return;
    }
    tellAll(one, telling);
    offerQuestions({ ...one, code: telling.code }, telling, telling.questions);
    countAnswer(said);
    say(filled(words.walk_in.registered, { name: telling.name, code: telling.code }), true);
    await refresh();
  } catch (error) {
    if (error instanceof TurnedAway) return forget(error.message);
    if (!(error instanceof Alone)) throw error;
    await letInForNow(one);
  }
  emptyGuest(target, newUid());
  $("guest").open = false;
  await banner();
}

// Without network the guest is let in all the same, and registered later; both are said.
async function letInForNow(one) {
  one.was_let_in = true;
  await store.keep(one);
  const { given_name, family_name, organisation } = one.guest;
  const name = `${given_name} ${family_name}`.trim();
  let asks = [];
  if (known) {
    await known.meet({ ...one.guest, badge_code: one.badge_code });
    asks = (await known.decide(scanOf(one), words)).asks;
  }
  const time = known?.time(one.at) ?? "";
  const { provisional, provisional_word: word } = words.walk_in;
  tellAll(one, { uid: one.uid, tone: "look", word, name, about: organisation, sentence: filled(provisional, { code: one.badge_code }), time });
  offerQuestions({ ...one, code: one.badge_code }, { name }, asks);
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

form.addEventListener("submit", (event) => {
  event.preventDefault();
  scan(input.value);
  input.value = "";
});

catchTyping(input);

function choosePoint() {
  localStorage.setItem("lsos.point", point.value);
  const hasExit = point.selectedOptions?.[0]?.dataset.exit === "yes";
  $("ways").hidden = !hasExit;
  if (!hasExit) form.elements.direction.value = "entry";
  countedAt = 0;
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

$("drill")?.addEventListener("click", async () => {
  isDrill = !isDrill;
  $("drill").setAttribute("aria-pressed", String(isDrill));
  wait();
  await banner();
  if (!isDrill) {
    await refresh();
    send();
  }
});

// ---- a kiosk: it stays awake, and what a guest presses leads nowhere else

function standAlone() {
  stayAwake(true);
  history.pushState(null, "");
  addEventListener("popstate", () => history.pushState(null, ""));
  addEventListener("contextmenu", (event) => event.preventDefault());
  addEventListener("dragstart", (event) => event.preventDefault());
  addEventListener("pointerup", () => document.documentElement.requestFullscreen?.().catch(() => {}), { once: true });
}

// ---- beginning

const camera = cameraKeys(scan, words, { facing: isKiosk ? "user" : undefined, isAlwaysAwake: isKiosk });

async function begin() {
  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  const last = localStorage.getItem("lsos.point");
  if (last && [...(point.options ?? [])].some((option) => option.value === last)) point.value = last;
  choosePoint();
  if (isKiosk) {
    standAlone();
    camera.start();
  }
  if (canKeep) {
    store = await Store.open();
    const snapshot = await store.known();
    if (snapshot) await learn(snapshot);
    navigator.storage?.persist?.();
    for (const { worker, page } of here.workers) navigator.serviceWorker?.register(worker, { scope: page });
  }
  await banner();
  await refresh();
  document.body.dataset.ready = "yes";
  setInterval(refresh, REFRESH_MS);
  await send();
}

addEventListener("online", () => refresh().then(send));
begin();
