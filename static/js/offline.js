// Lets the programme be read without a network, and says so when what is shown is a copy.
const notice = document.getElementById("offline");
const asOf = document.documentElement.dataset.asOf;

if (asOf) {
  const { zone } = notice.dataset;
  const words = notice.querySelector("p");
  notice.querySelector("[data-unfiltered]").hidden = !("unfiltered" in document.documentElement.dataset);
  const language = document.documentElement.lang;
  const kept = new Date(asOf);
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
  const isToday = day.format(kept) === day.format(new Date());
  const how = isToday ? {} : { weekday: "short", day: "numeric", month: "short" };
  const time = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...how });
  words.textContent = words.textContent.replace("{time}", time.format(kept));
  notice.hidden = false;
} else if ("serviceWorker" in navigator) {
  const { worker, scopes, whose, hasDay, release } = notice.dataset;
  try {
    for (const scope of scopes.split(" ")) await navigator.serviceWorker.register(worker, { scope });
    const { active } = await navigator.serviceWorker.ready;
    const styles = performance.getEntriesByType("resource").map((entry) => entry.name);
    const ours = styles.filter((name) => name.startsWith(`${location.origin}/static/`));
    active.postMessage({ page: location.href.split("#")[0], styles: ours, whose, hasDay: hasDay === "yes", release });
  } catch {
    // A browser may refuse, as in a private window; then there is only the network.
  }
}
