// Dragging a block to another place, or by its lower edge to another length. Fingers scroll; they tap a block instead.
import { inTheWay, lengthOf, span, startOf } from "./geometry.js";

const SLACK_PX = 4;
const NEAR_PX = 36;
const STEP_PX = 14;

export function pointer(desk) {
  let held = null; // {piece, now, grip, how, ghost, target}

  const perMinute = () => {
    const column = desk.columns()[0];
    return column.getBoundingClientRect().height / desk.board.minutes;
  };

  const minuteAt = (column, y) => (y - column.getBoundingClientRect().top) / perMinute();

  const begin = (event) => {
    held.isMoving = true;
    desk.isHeld = true;
    document.documentElement.classList.add(held.how === "size" ? "is-sizing" : "is-dragging");
    held.piece.classList.add("is-held");
    held.ghost = document.createElement("div");
    held.ghost.className = "ghost spot high";
    held.ghost.append(document.createElement("span"), document.createElement("small"));
    move(event);
  };

  const tell = (wish) => {
    const others = inTheWay(wish, desk.others());
    const [when, why] = held.ghost.children;
    when.textContent = span(desk.board, wish.at, wish.minutes);
    why.textContent = others.length ? `${desk.words.clash} ${others.map((one) => one.title).join(", ")}` : "";
    held.ghost.classList.toggle("wrong", others.length > 0);
    held.ghost.style.setProperty("--at", wish.at);
    held.ghost.style.setProperty("--for", wish.minutes);
  };

  const under = (event, selector) => document.elementFromPoint(event.clientX, event.clientY)?.closest(selector);

  const move = (event) => {
    const { now } = held;
    const tray = desk.root.querySelector("[data-tray]");
    tray.classList.remove("is-over");
    held.wish = null;
    if (held.how === "size") {
      const column = held.piece.closest("[data-column]");
      held.wish = { ...now, minutes: lengthOf(minuteAt(column, event.clientY) - now.at, now.at, desk.board) };
      column.append(held.ghost);
      tell(held.wish);
    } else {
      const column = under(event, "[data-column]") ?? under(event, ".room")?.querySelector("[data-column]");
      if (column && desk.root.contains(column)) {
        const at = startOf(minuteAt(column, event.clientY) - held.grip, now.minutes, desk.board);
        held.wish = { ...now, room: column.dataset.column, at };
        column.append(held.ghost);
        tell(held.wish);
      } else {
        held.ghost.remove();
        if (now.at !== null && under(event, "[data-tray]")) {
          held.wish = { uid: now.uid, at: null };
          tray.classList.add("is-over");
        }
      }
    }
    scroll(event);
  };

  // Near an edge the board slides under the hand.
  const scroll = (event) => {
    const frame = desk.root.querySelector("[data-board]");
    const edge = frame.getBoundingClientRect();
    const across = event.clientX > edge.right - NEAR_PX ? STEP_PX : event.clientX < edge.left + NEAR_PX ? -STEP_PX : 0;
    const down = event.clientY > edge.bottom - NEAR_PX ? STEP_PX : event.clientY < edge.top + NEAR_PX ? -STEP_PX : 0;
    const isInside = event.clientX > edge.left && event.clientX < edge.right;
    cancelAnimationFrame(held.frame);
    if (!isInside || (!across && !down)) return;
    const [left, top] = [frame.scrollLeft, frame.scrollTop];
    frame.scrollBy(across, down);
    if (frame.scrollLeft === left && frame.scrollTop === top) return;
    held.frame = requestAnimationFrame(() => held && move(event));
  };

  const end = () => {
    if (!held) return;
    cancelAnimationFrame(held.frame);
    held.ghost?.remove();
    held.piece.classList.remove("is-held");
    desk.root.querySelector("[data-tray]").classList.remove("is-over");
    document.documentElement.classList.remove("is-dragging", "is-sizing");
    desk.isHeld = false;
    held = null;
  };

  desk.frame.addEventListener("pointerdown", (event) => {
    const piece = event.target.closest(".piece");
    if (!piece || event.button !== 0 || event.pointerType === "touch" || held || event.ctrlKey || event.metaKey) return;
    const now = desk.read(piece);
    if (now.isLocked || !desk.columns()[0]?.offsetParent) return;
    const how = event.target.closest(".edge") ? "size" : "move";
    const grip = now.at === null ? 0 : (event.clientY - piece.getBoundingClientRect().top) / perMinute();
    held = { piece, now, how, grip, x: event.clientX, y: event.clientY, wish: null, isMoving: false };
  });

  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (held.isMoving) move(event);
    else if (Math.hypot(event.clientX - held.x, event.clientY - held.y) > SLACK_PX) begin(event);
  });

  document.addEventListener("pointerup", () => {
    if (!held) return;
    const { now, wish, isMoving } = held;
    end();
    if (!isMoving) return;
    // The click that ends a drag opens nothing.
    const swallow = (click) => (click.preventDefault(), click.stopPropagation());
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    if (!wish) return;
    if (wish.at === null) desk.take(wish.uid);
    else if (wish.room !== now.room || wish.at !== now.at || wish.minutes !== now.minutes) desk.place(wish);
  });

  document.addEventListener("pointercancel", end);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && held) end();
  });
  desk.frame.addEventListener("dragstart", (event) => event.preventDefault());
}
