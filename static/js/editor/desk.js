// The board as it stands on the page, and the one way to change it: shown at once, sent in turn, then read afresh.
import { shown, span } from "./geometry.js";

const TOO_LONG_MS = 20_000;
// So long it is read what was done, and why something was not; whoever points at it or holds it in focus reads on.
const SAID_MS = 8_000;
const REFUSED_MS = 20_000;
// So much of a block is enough to see what it is.
const LEAST_PX = 40;

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
    this.said.textContent = text;
    this.said.classList.remove("is-past");
    this.said.classList.toggle("refused", isRefused);
    this.#letGo();
  }

  // The words go from the screen after a while; they stay on the page for who reads it by ear.
  #letGo() {
    clearTimeout(this.timer);
    const isRead = () => this.said.matches(":hover, :focus-within");
    const go = () => (isRead() ? this.#letGo() : this.said.classList.add("is-past"));
    this.timer = setTimeout(go, this.said.classList.contains("refused") ? REFUSED_MS : SAID_MS);
  }

  // Brings a block into the picture, the first of the day unless the address names another: what is opened is never
  // an empty part of a day. The page itself stays at its top, where it says what was done.
  open() {
    const frame = this.root.querySelector("[data-board]");
    const named = location.hash && document.getElementById(location.hash.slice(1))?.closest("[data-column] .piece");
    const first = named || (this.root.dataset.first && this.piece(this.root.dataset.first));
    if (!first || !this.columns()[0]?.offsetParent || (location.hash && !named)) return;
    scrollTo(0, 0);
    const [seen, there] = [frame.getBoundingClientRect(), first.getBoundingClientRect()];
    const head = frame.querySelector(".corner").getBoundingClientRect();
    if (there.top < head.bottom || there.top + LEAST_PX > seen.bottom) frame.scrollTop += there.top - head.bottom - 8;
    if (there.left < head.right || there.right > seen.right) frame.scrollLeft += there.left - head.right - 8;
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
