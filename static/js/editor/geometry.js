// Where things are on the board, in minutes from its top. Pure: it reads no page.

export const snap = (minutes, pace) => Math.round(minutes / pace) * pace;

export const within = (value, least, most) => Math.min(Math.max(value, least), Math.max(most, least));

// Where a block may start, so that it ends on the board and keeps the pace of the grid.
export const startOf = (wanted, minutes, board) => within(snap(wanted, board.pace), 0, board.minutes - minutes);

// How long a block may be that starts at a minute.
export const lengthOf = (wanted, at, board) => within(snap(wanted, board.pace), board.pace, board.minutes - at);

export const overlaps = (a, b) => a.at < b.at + b.minutes && b.at < a.at + a.minutes;

// What would be in the way of a block: others in its room then, and others of its people then.
export const inTheWay = (wish, others) =>
  others.filter(
    (other) =>
      other.uid !== wish.uid &&
      overlaps(wish, other) &&
      (other.room === wish.room || other.people.some((person) => wish.people.includes(person))),
  );

// What clocks of the event's zone show so many minutes below the top of the board.
export const shown = (board, at) => {
  const moment = new Date(board.begins + at * 60_000);
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: board.zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(moment);
  const of = (type) => parts.find((part) => part.type === type).value;
  return { day: `${of("year")}-${of("month")}-${of("day")}`, clock: `${of("hour")}:${of("minute")}` };
};

export const span = (board, at, minutes) => `${shown(board, at).clock}–${shown(board, at + minutes).clock}`;
