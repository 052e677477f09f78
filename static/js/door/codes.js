// Ids that a phone makes, and the codes of badges.

export function newUid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The code itself out of what was scanned or typed, as lsos/checkin/rules.py takes it.
export function codeOf(scanned) {
  const last = scanned.trim().replace(/\/+$/, "").split("/").at(-1);
  return last.replace(/[\s-]/g, "").toUpperCase();
}
