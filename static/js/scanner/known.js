// Whom a phone knows, and what it decides by itself about a badge.

import { codeOf } from "../door/codes.js";
import { decide, dayOf, scopeOf } from "../door/decide.js";
import { inside } from "../door/inside.js";
import { tell } from "../door/tell.js";

const NOBODY = {
  state: "confirmed",
  days: [],
  was_handed_on: false,
  is_revoked: false,
  signed_up: [],
  meetings: [],
  has_note: false,
  has_questions: false,
};

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

function hexOf(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Known {
  constructor(snapshot, language) {
    this.snapshot = snapshot;
    this.language = language;
    this.guests = new Map(snapshot.guests.map((guest) => [guest.key, guest]));
    // Badges that were replaced are known, to be refused with their reason; what was scanned before still counts.
    this.replaced = new Map(
      snapshot.guests.flatMap((guest) => (guest.replaced ?? []).map((key) => [key, { ...guest, is_revoked: true }])),
    );
    this.points = new Map(snapshot.points.map((point) => [point.code, point]));
    this.clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: snapshot.event.timezone,
      hour: "2-digit",
      minute: "2-digit",
    });
  }

  // Names a badge as the snapshot does: by a hash under the snapshot's own key.
  async #keyOf(code) {
    const how = { name: "HMAC", hash: "SHA-256" };
    this.badgeKey ??= crypto.subtle.importKey("raw", bytesOf(this.snapshot.badge_key), how, false, ["sign"]);
    const signed = await crypto.subtle.sign("HMAC", await this.badgeKey, new TextEncoder().encode(code));
    return hexOf(new Uint8Array(signed).slice(0, 16));
  }

  get size() {
    return this.guests.size;
  }

  words(bilingual) {
    return bilingual?.[this.language] || bilingual?.pl || bilingual?.en || "";
  }

  time(at) {
    return this.clock.format(at);
  }

  async guest(scanned) {
    const key = await this.#keyOf(codeOf(scanned));
    return this.guests.get(key) ?? this.replaced.get(key) ?? null;
  }

  #facts(guest) {
    const kind = this.snapshot.types[guest.kind];
    return {
      ...NOBODY,
      ...guest,
      days: kind?.days ?? [],
      has_note: Boolean(guest.note || guest.has_note),
      has_questions: Boolean(guest.asks?.length || guest.has_questions),
    };
  }

  // Gives the questions of some names, in their order.
  questions(codes) {
    return this.snapshot.questions.filter((question) => codes.includes(question.code));
  }

  // Remembers that a guest answered: they are not asked again.
  async answered(scanned) {
    const guest = await this.guest(scanned);
    if (guest) delete guest.asks;
  }

  // Knows a guest who was registered on this phone, until the server knows them too.
  async meet(walkIn) {
    const key = await this.#keyOf(walkIn.badge_code);
    const { given_name, family_name, organisation, type } = walkIn;
    const asks = this.snapshot.types[type]?.asks ?? [];
    if (this.guests.has(key)) return;
    this.guests.set(key, { key, kind: type, name: `${given_name} ${family_name}`.trim(), organisation, asks });
  }

  get today() {
    return dayOf(this.snapshot.event, Date.now()) || new Date().toISOString().slice(0, 10);
  }

  // Decides on a scan; gives the decision with its words, and remembers what it counted unless it is a drill.
  async decide(scan, words, { isDrill = false } = {}) {
    const point = this.points.get(scan.point);
    if (!point) return null;
    const guest = await this.guest(scan.code);
    const past = guest?.past ?? [];
    const facts = guest && this.#facts(guest);
    const how = { at: scan.at, direction: scan.direction };
    const decision = decide(this.snapshot.event, { ...point, inside: this.#inside(point, scan.at) }, facts, past, how);
    const counts = ["admitted", "left", "present"].includes(decision.result);
    if (guest && counts && !isDrill) {
      const { session, meeting } = decision;
      const counted = { uid: scan.uid, at: scan.at, scope: scopeOf(point), point: point.code, direction: scan.direction };
      guest.past = [...past, { ...counted, session, meeting }];
    }
    const asks = decision.needs.includes("questions") ? (guest.asks ?? []) : [];
    return { decision, asks, telling: this.#telling(scan, point, guest, decision, words) };
  }

  #telling(scan, point, guest, decision, words) {
    const meeting = guest?.meetings?.find((one) => one.id === decision.meeting);
    const missing = meeting ? this.#missing(meeting, point) : [];
    const first = decision.first;
    const session = point.sessions.find((one) => one.id === decision.session);
    const values = {
      time: this.time(meeting?.begins ?? first?.at ?? scan.at),
      point: this.words(this.points.get(first?.point)?.name) || first?.point || "–",
      table: meeting?.table ?? "–",
      name: missing.join(", "),
      session: this.words(session?.title),
    };
    const how = { note: guest?.note ?? "", fits: point.fits, isComplete: Boolean(meeting) && !missing.length };
    const kind = guest && this.snapshot.types[guest.kind];
    const isKiosk = this.snapshot.rights.is_kiosk;
    return {
      uid: scan.uid,
      name: guest?.name ?? (isKiosk ? "" : scan.code),
      about: isKiosk ? "" : [this.words(kind?.name), guest?.organisation].filter(Boolean).join(" · "),
      time: this.time(scan.at),
      next: "",
      ...tell(decision, point.kind, words, values, how),
    };
  }

  // How many are in at a moment, as far as the phone knows: who was scanned elsewhere since it last heard is not.
  #inside(point, at) {
    if ((point.fits ?? null) === null) return 0;
    const scope = scopeOf(point);
    const passings = [...this.guests.values()].flatMap((guest) =>
      (guest.past ?? []).filter((each) => each.scope === scope).map((each) => ({ ...each, who: guest.key })),
    );
    const ends = new Map(point.sessions.map((one) => [one.id, one.ends]));
    return inside(passings, { at, ends, empties: this.snapshot.event.days.map((day) => day.ends) }).size;
  }

  // Who of a meeting was not scanned at its table yet.
  #missing(meeting, point) {
    const scope = scopeOf(point);
    return meeting.others
      .map((key) => this.guests.get(key))
      .filter((other) => other && !(other.past ?? []).some((each) => each.scope === scope && each.meeting === meeting.id))
      .map((other) => other.name);
  }

  // How many were counted at a point today, as far as the phone knows.
  count(pointCode, now = Date.now()) {
    const point = this.points.get(pointCode);
    const today = dayOf(this.snapshot.event, now);
    const scope = scopeOf(point);
    let people = 0;
    for (const { past } of this.guests.values()) {
      if (past?.some((each) => each.scope === scope && dayOf(this.snapshot.event, each.at) === today)) people += 1;
    }
    return people;
  }
}
