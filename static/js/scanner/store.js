// What a phone keeps: scans until they are sent, and whom it knows, encrypted with a key that no script can read out.

const NAME = "lsos-scanner";
const STORES = ["scans", "known", "keys"];

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export class Store {
  static async open() {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    return new Store(await asked(request));
  }

  constructor(database) {
    this.database = database;
  }

  // ---- scans: strictly durable, since a scan that was shown must never be lost

  async keep(scan) {
    const transaction = this.database.transaction("scans", "readwrite", { durability: "strict" });
    transaction.objectStore("scans").put(scan, scan.uid);
    await finished(transaction);
  }

  async sent(uids) {
    const transaction = this.database.transaction("scans", "readwrite", { durability: "strict" });
    for (const uid of uids) transaction.objectStore("scans").delete(uid);
    await finished(transaction);
  }

  async waiting() {
    const scans = await asked(this.database.transaction("scans").objectStore("scans").getAll());
    return scans.sort((one, other) => one.at - other.at);
  }

  // ---- whom the phone knows

  async #key() {
    const held = await asked(this.database.transaction("keys").objectStore("keys").get("snapshot"));
    if (held) return held;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = this.database.transaction("keys", "readwrite");
    transaction.objectStore("keys").put(made, "snapshot");
    await finished(transaction);
    return made;
  }

  async know(snapshot) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(snapshot));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#key(), plain);
    const transaction = this.database.transaction("known", "readwrite");
    transaction.objectStore("known").put({ iv, sealed, forget_at: snapshot.forget_at }, "snapshot");
    await finished(transaction);
  }

  // Gives what is known, or nothing where there is nothing, it cannot be read, or its time is over.
  async known() {
    const held = await asked(this.database.transaction("known").objectStore("known").get("snapshot"));
    if (!held) return null;
    if (Date.now() > held.forget_at) {
      await this.forget();
      return null;
    }
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: held.iv }, await this.#key(), held.sealed);
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      await this.forget();
      return null;
    }
  }

  async forget() {
    const transaction = this.database.transaction(["known", "keys"], "readwrite");
    for (const store of ["known", "keys"]) transaction.objectStore(store).clear();
    await finished(transaction);
  }
}
