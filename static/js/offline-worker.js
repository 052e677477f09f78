// Keeps the programme, and its reader's own day and badge, for when there is no network. WHERE is written before this.
//
// Three scopes are all it sees: the programme of one event, its speakers, and the pages of its attendee. What was written for somebody
// signed in (the server says no-store) lies in a cache of its own. Every page of a signed-out reader throws it away, and
// so does the first answer that wants its reader to sign in again.
"use strict";

const EVERYBODY = "lsos-programme";
const OWN = "lsos-own";
const STYLES = "lsos-styles";
const WHOSE = "/lsos-whose";
const RELEASE = `/lsos-release${WHERE.programme}`;
const KEPT_AT = "X-Kept-At";
const MINUTE = 60_000;
// A page that does not come in this time is taken from what is kept, if there is anything.
const PATIENCE = 6_000;
const LONGEST = 14 * 24 * 60 * MINUTE;
const MOST_STYLES = 80;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(WHERE.static)) event.respondWith(style(event.request, url));
  else if (event.request.mode === "navigate" && isPlace(url)) event.respondWith(page(event, url));
});

self.addEventListener("message", (event) => event.waitUntil(keepAll(event.data)));

function isPlace({ pathname }) {
  if (pathname.endsWith(".ics") || pathname.endsWith(".csv")) return false;
  const isProgramme = pathname === WHERE.book || pathname === WHERE.programme || isSession({ pathname });
  return isProgramme || isOfPeople({ pathname }) || isOwn({ pathname });
}

function isOwn({ pathname }) {
  return pathname === WHERE.day || pathname === WHERE.badge;
}

function isSession({ pathname }) {
  return pathname.startsWith(`${WHERE.programme}/`);
}

function isOfPeople({ pathname }) {
  return pathname === WHERE.people || pathname.startsWith(`${WHERE.people}/`);
}

function isPage(answer) {
  return answer.ok && !answer.redirected && (answer.headers.get("Content-Type") || "").startsWith("text/html");
}

async function keep(address, answer) {
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, new Date().toISOString());
  const isOwn = (answer.headers.get("Cache-Control") || "").includes("no-store");
  const cache = await caches.open(isOwn ? OWN : EVERYBODY);
  await cache.put(address, new Response(await answer.blob(), { status: answer.status, headers }));
}

async function page(event, url) {
  const asked = fetch(event.request);
  // What comes too late to be shown is heeded, too.
  event.waitUntil(asked.then((answer) => heed(url, answer.clone())).catch(() => {}));
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  try {
    return await Promise.race([asked, late]);
  } catch {
    const kept = await asItStood(url);
    return kept ?? asked;
  }
}

async function heed(url, answer) {
  const asksForMore = answer.type === "opaqueredirect" || isBarred(answer);
  if (isPage(answer) && !url.searchParams.has("q")) await keep(url.href, answer);
  else if (answer.status === 404 || answer.status === 410) await forget((kept) => kept.pathname === url.pathname);
  else if (isOwn(url) && asksForMore && isBarred(await fetch(WHERE.day, { credentials: "same-origin" }))) await caches.delete(OWN);
}

// Whether whoever reads has to sign in first: the session that the copies were made in may have ended elsewhere.
function isBarred(answer) {
  const isSent = answer.redirected && new URL(answer.url).pathname === WHERE.signIn;
  return isSent || answer.status === 401 || answer.status === 403;
}

async function forget(isGone) {
  for (const name of [OWN, EVERYBODY]) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) if (isGone(new URL(key.url))) await cache.delete(key);
  }
}

async function asItStood(url) {
  const exact = await lookUp(url.href);
  const whole = exact ? undefined : await lookUp(url.origin + url.pathname);
  const found = exact ?? whole ?? (await lookUp(url.origin + url.pathname, { ignoreSearch: true }));
  if (!found) {
    if (isOfPeople(url) && url.pathname !== WHERE.people && (await lookUp(url.origin + WHERE.people))) {
      return Response.redirect(`${WHERE.people}#p-${url.pathname.slice(WHERE.people.length + 1)}`);
    }
    const code = isSession(url) ? url.pathname.slice(WHERE.programme.length + 1) : "";
    const hasBook = url.pathname !== WHERE.book && !isOwn(url) && (await lookUp(url.origin + WHERE.book));
    return hasBook ? Response.redirect(`${WHERE.book}${code ? `#s-${code}` : ""}`) : undefined;
  }
  const words = await found.text();
  // Choosing is the server's work: the reader is told that this is all there is, and not what they chose.
  const isChosen = whole && url.search && (url.pathname === WHERE.programme || url.pathname === WHERE.people);
  const as = `data-as-of="${found.headers.get(KEPT_AT)}"${isChosen ? " data-unfiltered" : ""}`;
  const marked = words.replace("<html ", `<html ${as} `);
  return new Response(marked, { status: 200, headers: found.headers });
}

async function lookUp(address, how = {}) {
  for (const name of [OWN, EVERYBODY]) {
    const cache = await caches.open(name);
    const found = await cache.match(address, { ignoreVary: true, ...how });
    if (found && age(found) < LONGEST) return found;
  }
  return undefined;
}

function age(answer) {
  return Date.now() - Date.parse(answer.headers.get(KEPT_AT) || "");
}

// What has its fingerprint in its address never changes; what has none is asked for as long as there is a network.
async function style(request, url) {
  const cache = await caches.open(STYLES);
  const had = await cache.match(request, { ignoreVary: true });
  if (had && url.searchParams.has("v")) return had;
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.status === 200) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    if (had) return had;
    throw error;
  }
}

async function keepAll({ page: address, styles, whose, hasDay, release }) {
  const own = await caches.open(OWN);
  const before = await own.match(WHOSE);
  if (before && (await before.text()) !== whose) await caches.delete(OWN);
  if (whose) await (await caches.open(OWN)).put(WHOSE, new Response(whose));
  await keepStyles([...styles, ...WHERE.styles]);
  const cache = await caches.open(STYLES);
  const names = await cache.keys();
  for (const old of names.slice(0, Math.max(0, names.length - MOST_STYLES))) await cache.delete(old);
  const isNews = await isAnotherRelease(release);
  // What a release hid from somebody is not to be read in a copy, either.
  if (isNews) await forget((kept) => isSession(kept) || isOfPeople(kept) || (kept.pathname === WHERE.programme && kept.search));
  if (address && isPlace(new URL(address)) && !(await lookUp(address))) await take(address, "same-origin");
  // Whoever reads one of them before the doors open will want the others behind thick walls.
  const wanted = [[WHERE.programme, "same-origin"], [WHERE.book, "omit"], [WHERE.people, "omit"]];
  if (hasDay) wanted.push([WHERE.day, "same-origin"], [WHERE.badge, "same-origin"]);
  let isWhole = true;
  for (const [place, credentials] of wanted) {
    const one = self.location.origin + place;
    if (isNews || (await isOld(one))) isWhole = (await take(one, credentials)) && isWhole;
  }
  if (isWhole) await (await caches.open(EVERYBODY)).put(RELEASE, new Response(release));
}

async function isAnotherRelease(release) {
  const known = await (await caches.open(EVERYBODY)).match(RELEASE);
  return Boolean(known) && (await known.text()) !== release;
}

async function keepStyles(addresses) {
  const cache = await caches.open(STYLES);
  for (const one of addresses) if (!(await cache.match(one, { ignoreVary: true }))) await cache.add(one).catch(() => {});
}

async function isOld(address) {
  const found = await lookUp(address);
  return !found || age(found) > 30 * MINUTE;
}

async function take(address, credentials) {
  try {
    const answer = await fetch(address, { credentials });
    if (isBarred(answer)) await caches.delete(OWN);
    if (!isPage(answer)) return false;
    const words = await answer.clone().text();
    await keep(address, answer);
    await keepStyles([...words.matchAll(/(?:href|src)="([^"#]*)"/g)].map((found) => found[1]).filter((one) => one.startsWith(WHERE.static)));
    return true;
  } catch {
    return false; // Without a network there is nothing to take.
  }
}
