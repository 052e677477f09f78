// What the desk reads of a scan that the phone decided by itself: the twin of lsos/checkin/telling.py, with the
// sentences that the server sent along.

// Names the saying for a decision; isComplete says that all of a meeting are at its table.
export function sayingOf(decision, kind, isComplete = false) {
  const { result, reason, session } = decision;
  if (result === "undone") return "undone";
  if (reason) return result === "admitted" ? "let_in" : reason;
  if (kind === "tables") {
    if (isComplete) return "held";
    return result === "again" ? "again.tables" : "present";
  }
  if (result !== "admitted") return result;
  if (session !== null) return "admitted.session";
  return kind === "door" ? "admitted.door" : "admitted";
}

export function filled(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

// Ends what somebody wrote as a sentence, since another may follow it.
export function ended(note) {
  return !note || /[.!?…:;]$/.test(note) ? note : `${note}.`;
}

// Puts a decision into words; `values` fill in times, points and names, `note` is what organisers wrote for the desk,
// `fits` how many fit in.
export function tell(decision, kind, words, values, { note = "", fits = null, isComplete = false } = {}) {
  const saying = words.sayings[sayingOf(decision, kind, isComplete)];
  const known = { note: ended(note), fits: fits ?? "–" };
  const needs = [...new Set(decision.needs.map((need) => filled(words.needs[need], known)))].join(" ");
  return {
    tone: needs ? "look" : saying.tone,
    word: saying.word,
    sentence: needs || filled(saying.sentence, { ...values, why: words.why[decision.reason] ?? "" }),
    short: words.short[decision.result],
  };
}
