// Keeps the scanner's own page with its scripts and styles, so that it opens without network. WHERE is written before
// this. Whom the phone knows is kept by the page itself, encrypted; here lies nothing about anybody.
"use strict";

const PAGE = "lsos-scanner-page";
const PATIENCE = 4_000;

self.addEventListener("install", (event) => event.waitUntil(learn().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === WHERE.page) event.respondWith(page(event.request));
  else if (url.pathname.startsWith(WHERE.static)) event.respondWith(part(event.request));
});

async function learn() {
  const cache = await caches.open(PAGE);
  await cache.addAll([WHERE.page, ...WHERE.parts]);
}

async function page(request) {
  const cache = await caches.open(PAGE);
  const kept = await cache.match(WHERE.page);
  try {
    const answer = await fetch(request, kept ? { signal: AbortSignal.timeout(PATIENCE) } : {});
    if (answer.ok && !answer.redirected) await cache.put(WHERE.page, answer.clone());
    else if (answer.status === 403) await cache.delete(WHERE.page);
    return answer.status < 500 || !kept ? answer : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// An address with a mark changes with what is in it, so that what is kept is right for ever; the others are asked anew.
async function part(request) {
  const cache = await caches.open(PAGE);
  const kept = await cache.match(request);
  if (kept && new URL(request.url).search) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
