// Scans that wait to be sent. They lie in the browser's storage, so that a reload or an empty battery loses none.

export class Kept {
  constructor(name) {
    this.name = `lsos.kept.${name}`;
  }

  // Codes and times only: no name is ever stored.
  all() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return this.memory ?? [];
    }
  }

  add(scan) {
    this.#write([...this.all().filter((other) => other.uid !== scan.uid), scan]);
  }

  remove(uid) {
    this.#write(this.all().filter((scan) => scan.uid !== uid));
  }

  #write(scans) {
    this.memory = scans;
    try {
      localStorage.setItem(this.name, JSON.stringify(scans));
    } catch {
      // Storage is full or forbidden: the scans live as long as the page.
    }
  }
}
