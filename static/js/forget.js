// Whoever is not signed in has no pages of somebody's own kept in this browser.
// A copy that is read without a network may be one for everybody, whoever is signed in: it tells nothing of that.
if ("caches" in window && !document.documentElement.dataset.asOf) caches.delete("lsos-own").catch(() => {});
