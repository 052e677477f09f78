// The keyboard way: arrows move the block in focus, with Shift they change its length; all presses are sent as one.
import { lengthOf, startOf } from "./geometry.js";

const PAUSE_MS = 600;

export function keys(desk) {
  let timer;

  const send = () => {
    clearTimeout(timer);
    const wish = desk.pending;
    desk.pending = null;
    if (wish) desk.place(wish);
  };

  const forget = () => {
    clearTimeout(timer);
    desk.pending = null;
    desk.renew(true);
  };

  const wished = (event, now) => {
    const columns = desk.columns().map((column) => column.dataset.column);
    const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -60 / desk.board.pace, PageDown: 60 / desk.board.pace };
    const by = (steps[event.key] ?? 0) * desk.board.pace;
    if (event.shiftKey) return by ? { ...now, minutes: lengthOf(now.minutes + by, now.at, desk.board) } : null;
    if (by) return { ...now, at: startOf(now.at + by, now.minutes, desk.board) };
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const room = columns[columns.indexOf(now.room) + side];
    return side ? { ...now, room: room ?? now.room } : null;
  };

  desk.frame.addEventListener("keydown", (event) => {
    const piece = event.target.closest(".piece");
    if (!piece || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && desk.pending) return forget();
    const now = desk.read(piece);
    if (now.at === null || !desk.columns()[0].offsetParent) return;
    const wish = wished(event, now);
    if (!wish) return;
    event.preventDefault();
    if (now.isLocked) return desk.say(desk.words.locked, true);
    if (desk.pending && desk.pending.uid !== now.uid) send();
    clearTimeout(timer);
    desk.pending = wish;
    desk.show(wish);
    desk.say(`${now.title}: ${desk.where(wish)}`);
    timer = setTimeout(send, PAUSE_MS);
  });

  desk.frame.addEventListener("focusout", (event) => {
    if (desk.pending && event.target.closest(".piece") && !event.relatedTarget?.closest(".piece")) {
      // A block that goes to another column loses focus for a moment.
      setTimeout(() => desk.pending && !document.activeElement?.closest(".piece") && send());
    }
  });

  addEventListener("pagehide", send);

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, dialog");
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || isTyping) return;
    const undo = document.getElementById("undo");
    if (!undo || undo.disabled) return;
    event.preventDefault();
    undo.form.requestSubmit(undo);
  });
}
