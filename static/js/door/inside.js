// Who is in a place at a moment: the twin of lsos/checkin/inside.py. The same test puts the same cases to both.

// Gives since when each is in, by who; `passings` are { who, at, direction, session }, `ends` when each session ends
// by its id, `empties` when days end.
export function inside(passings, { at, ends, empties = [] }) {
  const moments = [...new Set([...ends.values(), ...empties])].sort((one, other) => one - other);
  const until = (one) => ends.get(one.session) ?? moments.find((moment) => moment > one.at) ?? Infinity;
  const held = new Map();
  const order = (one, other) => one.at - other.at || (one.direction === "exit") - (other.direction === "exit");
  for (const one of [...passings].sort(order)) {
    if (one.at > at) break;
    if (one.direction === "exit") held.delete(one.who);
    else held.set(one.who, [...(held.get(one.who) ?? []), one]);
  }
  const found = new Map();
  for (const [who, entries] of held) {
    const still = entries.find((one) => at < until(one));
    if (still) found.set(who, still.at);
  }
  return found;
}
