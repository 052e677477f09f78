// Keeps the programme, and its reader's own day, for when there is no network. WHERE is written before this file.
//
// Two scopes are all it sees: the programme of one event, and the pages of its attendee. What was written for somebody
// signed in (the server says no-store) lies in a cache of its own, which every page of a signed-out reader throws away.
"use strict";

const EVERYBODY = "lsos-programme";
const OWN = "lsos-own";
const STYLES = "lsos-styles";
const WHOSE = "/lsos-whose";
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
  return pathname === WHERE.day || pathname === WHERE.book || pathname === WHERE.programme || pathname.startsWith(`${WHERE.programme}/`);
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
  asked.catch(() => {});
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  try {
    const answer = await Promise.race([asked, late]);
    if (isPage(answer) && !url.searchParams.has("q")) event.waitUntil(keep(url.href, answer.clone()));
    return answer;
  } catch {
    const kept = await asItStood(url);
    return kept ?? asked;
  }
}

async function asItStood(url) {
  const found = (await lookUp(url.href)) ?? (await lookUp(url.origin + url.pathname, { ignoreSearch: true }));
  if (!found) {
    const isSession = url.pathname.startsWith(`${WHERE.programme}/`);
    const code = isSession ? url.pathname.slice(WHERE.programme.length + 1) : "";
    const hasBook = url.pathname !== WHERE.book && url.pathname !== WHERE.day && (await lookUp(url.origin + WHERE.book));
    return hasBook ? Response.redirect(`${WHERE.book}${code ? `#s-${code}` : ""}`) : undefined;
  }
  const words = await found.text();
  const marked = words.replace("<html ", `<html data-as-of="${found.headers.get(KEPT_AT)}" `);
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

async function keepAll({ page: address, styles, whose }) {
  const own = await caches.open(OWN);
  const before = await own.match(WHOSE);
  if (before && (await before.text()) !== whose) await caches.delete(OWN);
  if (whose) await (await caches.open(OWN)).put(WHOSE, new Response(whose));
  await keepStyles([...styles, ...WHERE.styles]);
  const cache = await caches.open(STYLES);
  const names = await cache.keys();
  for (const old of names.slice(0, Math.max(0, names.length - MOST_STYLES))) await cache.delete(old);
  if (address && isPlace(new URL(address)) && !(await lookUp(address))) await take(address, "same-origin");
  const { origin } = self.location;
  // Whoever reads one of them before the doors open will want the others behind thick walls.
  if (await isOld(origin + WHERE.programme)) await take(origin + WHERE.programme, "same-origin");
  if (whose && (await isOld(origin + WHERE.day))) await take(origin + WHERE.day, "same-origin");
  if (await isOld(origin + WHERE.book)) await take(origin + WHERE.book, "omit");
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
    if (!isPage(answer)) return;
    const words = await answer.clone().text();
    await keep(address, answer);
    await keepStyles([...words.matchAll(/(?:href|src)="([^"#]*)"/g)].map((found) => found[1]).filter((one) => one.startsWith(WHERE.static)));
  } catch {
    // Without a network there is nothing to take.
  }
}
