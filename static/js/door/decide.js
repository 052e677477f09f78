// What a scan means, decided by the phone itself where there is no network: the twin of lsos/checkin/deciding.py,
// in the same order and with the same names. The same test puts the same cases to both.

const MINUTE = 60_000;
const EARLY_AT_TABLE = 10 * MINUTE;
const EARLY_IN_ROOM = 15 * MINUTE;
const DOORS = "door";

const decision = (result, more = {}) => ({
  result,
  reason: null,
  first: null,
  session: null,
  meeting: null,
  needs: [],
  ...more,
});

export const scopeOf = (point) => (point.kind === DOORS ? DOORS : `at ${point.code}`);

// The lowest by several keys, each a boolean or a number; of equals the first.
function lowest(items, keys) {
  const compare = (one, other) => {
    const mine = keys(one);
    const theirs = keys(other);
    const place = mine.findIndex((key, n) => key !== theirs[n]);
    return place < 0 ? 0 : mine[place] - theirs[place];
  };
  return [...items].sort(compare)[0] ?? null;
}

export function decide(event, point, guest, past, { at, direction = "entry", table = null }) {
  if (!guest) return decision("refused", { reason: "UNKNOWN" });
  const here = past.filter((each) => each.scope === scopeOf(point)).sort((one, other) => one.at - other.at);
  if (direction === "exit") return going(event, here, at);
  const reason = refusal(event, point, guest, at);
  if (reason) return decision("refused", { reason });
  if (point.kind === "tables") return atTheTable(guest, here, at, table);
  return coming(event, point, guest, here, at);
}

function refusal(event, point, guest, at) {
  if (guest.state === "cancelled" && guest.was_handed_on) return "HANDED_ON";
  if (guest.state !== "confirmed") return guest.state.toUpperCase();
  if (guest.is_revoked) return "REVOKED";
  if (at < (point.opens ?? event.opens)) return "TOO_EARLY";
  if (at > (point.closes ?? event.closes)) return point.closes === null ? "OVER" : "CLOSED";
  if (guest.days.length && !guest.days.includes(dayOf(event, at))) return "WRONG_DAY";
  if (point.admits.length && !point.admits.includes(guest.kind)) return "WRONG_TYPE";
  return null;
}

export function dayOf(event, at) {
  return event.days.find((day) => day.begins <= at && at < day.ends)?.date ?? "";
}

function coming(event, point, guest, here, at) {
  const session = chooseSession(point, guest, here, at);
  const needs = [];
  if (point.kind === "session" && !session) return decision("refused", { reason: "NO_SESSION" });
  if (session?.takes_signups && !guest.signed_up.includes(session.id)) {
    if (point.sign_up === "needed") return decision("refused", { reason: "NOT_SIGNED_UP", session: session.id });
    if (point.sign_up === "told") needs.push("not_signed_up");
  }
  const number = session?.id ?? null;
  const inside = insideSince(same(event, point, here, number, at), at);
  if (inside) return decision("again", { first: inside, session: number });
  if (point.fits !== null && point.inside >= point.fits) needs.push("full");
  if (guest.has_note) needs.push("note");
  if (guest.has_questions) needs.push("questions");
  return decision("admitted", { session: number, needs });
}

function chooseSession(point, guest, here, at) {
  const near = point.sessions.filter((one) => one.begins - EARLY_IN_ROOM <= at && at < one.ends);
  const counted = here.map((each) => each.session);
  return lowest(near, (one) => [
    counted.includes(one.id),
    !guest.signed_up.includes(one.id),
    one.begins > at,
    one.begins,
    one.id,
  ]);
}

function same(event, point, here, session, at) {
  if (session !== null) return here.filter((each) => each.session === session);
  if (point.repeat === "always") return [];
  const alone = here.filter((each) => each.session === null);
  if (point.repeat === "once") return alone;
  const today = dayOf(event, at);
  return alone.filter((each) => dayOf(event, each.at) === today);
}

function insideSince(scans, at) {
  const before = scans.filter((each) => each.at <= at);
  const near = before.at(-1) ?? scans[0] ?? null;
  if (!near || near.direction === "exit") return null;
  let place = scans.indexOf(near);
  while (place && scans[place - 1].direction === "entry") place -= 1;
  return scans[place];
}

function going(event, here, at) {
  const today = dayOf(event, at);
  const last = here.filter((each) => each.at <= at && dayOf(event, each.at) === today).at(-1);
  if (!last) return decision("again", { reason: "NOT_INSIDE" });
  if (last.direction === "exit") return decision("again", { reason: "NOT_INSIDE", first: last });
  return decision("left", { session: last.session });
}

function atTheTable(guest, here, at, table) {
  const meeting = meetingNow(guest.meetings, at);
  if (!meeting) return decision("refused", { reason: "NO_MEETING" });
  if (table !== null && meeting.table !== table) {
    return decision("refused", { reason: "OTHER_TABLE", meeting: meeting.id });
  }
  const counted = here.find((each) => each.meeting === meeting.id) ?? null;
  return decision(counted ? "again" : "present", { first: counted, meeting: meeting.id });
}

function meetingNow(meetings, at) {
  const near = meetings.filter((one) => one.begins - EARLY_AT_TABLE <= at && at < one.ends);
  return lowest(near, (one) => [one.is_held, one.begins, one.ends, one.id]);
}
