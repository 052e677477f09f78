// The board as it stands on the page, and the one way to change it: shown at once, sent in turn, then read afresh.
import { shown, span } from "./geometry.js";

const TOO_LONG_MS = 20_000;
// So long it is read what was done; a refusal stays until something else is said.
const SAID_MS = 12_000;

export class Desk {
  #chain = Promise.resolve();
  #waiting = 0;

  constructor(frame, words) {
    this.frame = frame; // stays; what is in it comes anew after every change
    this.words = words;
    this.said = document.getElementById("said");
    this.isHeld = false; // somebody is dragging: nothing may be put in its place now
    this.pending = null; // what keys moved and is not sent yet
    this.onChoice = () => {};
    frame.classList.add("is-live");
  }

  get root() {
    return this.frame.querySelector("#editor");
  }

  get board() {
    const { begins, minutes, pace, zone } = this.root.dataset;
    return { begins: Number(begins), minutes: Number(minutes), pace: Number(pace), zone };
  }

  get isBusy() {
    return this.isHeld || this.#waiting > 0 || this.pending !== null;
  }

  piece(uid) {
    return this.root.querySelector(`.piece[data-uid="${CSS.escape(uid)}"]`);
  }

  columns() {
    return [...this.root.querySelectorAll("[data-column]")];
  }

  // What a block says of itself; `at` is null in the tray.
  read(piece) {
    const column = piece.closest("[data-column]");
    return {
      uid: piece.dataset.uid,
      room: column ? column.dataset.column : piece.dataset.room,
      at: column ? Number(piece.dataset.at) : null,
      minutes: Number(piece.dataset.minutes),
      people: piece.dataset.people ? piece.dataset.people.split(" ") : [],
      title: piece.querySelector("a").textContent.trim(),
      isLocked: piece.classList.contains("is-locked"),
    };
  }

  others() {
    return [...this.root.querySelectorAll("[data-column] .piece")].map((piece) => this.read(piece));
  }

  say(text, isRefused = false) {
    clearTimeout(this.timer);
    if (text && !isRefused) this.timer = setTimeout(() => this.say(""), SAID_MS);
    this.said.textContent = text;
    this.said.classList.toggle("refused", isRefused);
  }

  where(wish) {
    const column = this.columns().find((one) => one.dataset.column === wish.room);
    return `${column?.dataset.name ?? ""}, ${span(this.board, wish.at, wish.minutes)}`;
  }

  // Shows a block where it is wished; the page is asked afterwards.
  show(wish) {
    const piece = this.piece(wish.uid);
    const column = this.columns().find((one) => one.dataset.column === wish.room);
    if (!piece || !column) return;
    if (piece.parentElement !== column) {
      const hadFocus = piece.contains(document.activeElement) ? document.activeElement : null;
      column.append(piece);
      hadFocus?.focus({ preventScroll: true });
    }
    piece.classList.add("spot", "high");
    piece.dataset.at = wish.at;
    piece.dataset.minutes = wish.minutes;
    piece.style.setProperty("--at", wish.at);
    piece.style.setProperty("--for", wish.minutes);
    piece.querySelector(".when").textContent = span(this.board, wish.at, wish.minutes);
    piece.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  place(wish) {
    const piece = this.piece(wish.uid);
    if (!piece) return Promise.resolve();
    const from = shown(this.board, wish.at);
    this.show(wish);
    piece.classList.add("is-sending");
    return this.send(piece.dataset.place, {
      room: wish.room,
      day: from.day,
      start: from.clock,
      minutes: wish.minutes,
    });
  }

  take(uid) {
    const piece = this.piece(uid);
    if (!piece) return Promise.resolve();
    return this.send(piece.dataset.place, { room: "", day: "", start: "", minutes: piece.dataset.minutes });
  }

  // One after the other, so that each is sent with the number of the step that the one before it made.
  send(address, values) {
    this.#waiting += 1;
    const done = this.#chain.then(() => this.#post(address, values));
    this.#chain = done.catch(() => {});
    return done;
  }

  async #post(address, values) {
    let answer;
    let said = {};
    try {
      const body = new URLSearchParams({
        ...values,
        csrf_token: this.frame.dataset.token,
        seen: values.seen ?? this.root.dataset.seen,
        shown: this.root.dataset.day,
      });
      answer = await fetch(address, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(TOO_LONG_MS),
      });
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) said = await answer.json();
    } catch {
      answer = null;
    }
    this.#waiting -= 1;
    if (said.board) this.swap(said.board);
    else if (!answer?.ok) await this.renew(true);
    if (said.said) this.say(said.said, !answer.ok);
    else if (!answer?.ok) this.say(answer ? this.words.stale : this.words.offline, true);
    if (said.form) this.onChoice(said.form);
    return { isDone: Boolean(answer?.ok), ...said };
  }

  // Puts a fresh board in the place of the old one; focus and scrolling stay where they are.
  swap(html) {
    const focused = document.activeElement;
    const id = this.frame.contains(focused) ? focused.id : "";
    const scrolled = [...this.frame.querySelectorAll("[data-scrolls]")].map((one) => [one.scrollLeft, one.scrollTop]);
    this.frame.innerHTML = html;
    [...this.frame.querySelectorAll("[data-scrolls]")].forEach((one, at) => {
      if (scrolled[at]) [one.scrollLeft, one.scrollTop] = scrolled[at];
    });
    if (this.pending) this.show(this.pending);
    if (id) (document.getElementById(id) ?? this.frame.querySelector("[data-scrolls]"))?.focus({ preventScroll: true });
  }

  // Asks whether anything changed since; a light question, answered by 304 as long as nothing did.
  async renew(always = false) {
    if (this.isBusy && !always) return;
    const headers = { "X-Lsos-Fragment": "board" };
    if (!always) headers["If-None-Match"] = this.root.dataset.version;
    let answer;
    try {
      answer = await fetch(this.root.dataset.address, { headers, cache: "no-store" });
    } catch {
      return;
    }
    if (answer.status !== 200 || answer.redirected || (this.isBusy && !always)) return;
    const html = await answer.text();
    if (this.isBusy && !always) return;
    this.swap(html);
    if (!always && this.root.dataset.latest) this.say(this.root.dataset.latest);
  }
}
