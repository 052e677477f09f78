// What a phone keeps, all of it encrypted with keys that no script can read out: what waits to be sent, and whom the
// phone knows. The two have a key each, since guests are forgotten while what waits must still be sent.

const NAME = "lsos-scanner";
const QUEUE = "queue";
const KNOWN = "snapshot";

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
  #keys = new Map();

  static async open() {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (!oldVersion) for (const store of ["known", "keys"]) request.result.createObjectStore(store);
      request.result.createObjectStore("queue").createIndex("at", "at");
    };
    const store = new Store(await asked(request));
    await store.#moveOld();
    return store;
  }

  constructor(database) {
    this.database = database;
  }

  // Scans that lay here before they were encrypted.
  async #moveOld() {
    if (!this.database.objectStoreNames.contains("scans")) return;
    for (const scan of await asked(this.database.transaction("scans").objectStore("scans").getAll())) {
      await this.keep(scan);
      const transaction = this.database.transaction("scans", "readwrite");
      transaction.objectStore("scans").delete(scan.uid);
      await finished(transaction);
    }
  }

  // ---- keys

  async #key(name) {
    if (!this.#keys.has(name)) this.#keys.set(name, await this.#heldKey(name));
    return this.#keys.get(name);
  }

  async #heldKey(name) {
    const held = await asked(this.database.transaction("keys").objectStore("keys").get(name));
    if (held) return held;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = this.database.transaction("keys", "readwrite", { durability: "strict" });
    // Another page of this browser may have been first: then its key is the one.
    const keys = transaction.objectStore("keys");
    const there = await asked(keys.get(name));
    if (!there) keys.put(made, name);
    await finished(transaction);
    return there ?? made;
  }

  async #seal(name, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#key(name), plain) };
  }

  async #open(name, { iv, sealed }) {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await this.#key(name), sealed);
    return JSON.parse(new TextDecoder().decode(plain));
  }

  // ---- what waits: strictly durable, since what was shown must never be lost

  async keep(item) {
    const sealed = { at: item.at, ...(await this.#seal(QUEUE, item)) };
    const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
    transaction.objectStore("queue").put(sealed, item.uid);
    await finished(transaction);
  }

  async sent(uids) {
    const transaction = this.database.transaction("queue", "readwrite", { durability: "strict" });
    for (const uid of uids) transaction.objectStore("queue").delete(uid);
    await finished(transaction);
  }

  async count() {
    return asked(this.database.transaction("queue").objectStore("queue").count());
  }

  // Gives what waits, the oldest first; what cannot be read stays where it is.
  async waiting() {
    const held = await asked(this.database.transaction("queue").objectStore("queue").index("at").getAll());
    const read = await Promise.allSettled(held.map((one) => this.#open(QUEUE, one)));
    return read.filter((one) => one.status === "fulfilled").map((one) => one.value);
  }

  // ---- whom the phone knows

  async know(snapshot) {
    const sealed = { forget_at: snapshot.forget_at, ...(await this.#seal(KNOWN, snapshot)) };
    const transaction = this.database.transaction("known", "readwrite");
    transaction.objectStore("known").put(sealed, KNOWN);
    await finished(transaction);
  }

  // Gives what is known, or nothing where there is nothing, it cannot be read, or its time is over.
  async known() {
    const held = await asked(this.database.transaction("known").objectStore("known").get(KNOWN));
    if (!held) return null;
    try {
      if (Date.now() <= held.forget_at) return await this.#open(KNOWN, held);
    } catch {
      // The key is gone: what it sealed is nobody's any more.
    }
    await this.forget();
    return null;
  }

  async forget() {
    const transaction = this.database.transaction(["known", "keys"], "readwrite");
    transaction.objectStore("known").clear();
    transaction.objectStore("keys").delete(KNOWN);
    await finished(transaction);
    this.#keys.delete(KNOWN);
  }
}
