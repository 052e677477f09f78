// Values in the phone's own database, each encrypted with a key that no script can read out. What is kept is written
// strictly durably: it survives a reload, a crash and an empty battery.

const VERSION = 3;

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

// Each store has a key of its own, so that what is in one can be thrown away with it while the others stay.
export class Vault {
  #database;
  #keys = new Map();

  static async open(name, stores) {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const store of ["keys", ...stores]) if (!there.contains(store)) request.result.createObjectStore(store);
    };
    const vault = new Vault();
    vault.#database = await asked(request);
    return vault;
  }

  #read(store) {
    return this.#database.transaction(store).objectStore(store);
  }

  async #key(name) {
    if (!this.#keys.has(name)) this.#keys.set(name, await this.#heldKey(name));
    return this.#keys.get(name);
  }

  async #heldKey(name) {
    const held = await asked(this.#read("keys").get(name));
    if (held) return held;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = this.#database.transaction("keys", "readwrite", { durability: "strict" });
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

  async put(store, key, item, durability = "strict") {
    const sealed = { at: item.at, ...(await this.#seal(store, item)) };
    const transaction = this.#database.transaction(store, "readwrite", { durability });
    transaction.objectStore(store).put(sealed, key);
    await finished(transaction);
  }

  async drop(store, keys) {
    const transaction = this.#database.transaction(store, "readwrite", { durability: "strict" });
    for (const key of keys) transaction.objectStore(store).delete(key);
    await finished(transaction);
  }

  count(store) {
    return asked(this.#read(store).count());
  }

  // Gives what is kept in a store, the oldest first; what cannot be read stays where it is.
  async all(store) {
    const held = await asked(this.#read(store).getAll());
    const read = await Promise.allSettled(held.sort((one, other) => one.at - other.at).map((one) => this.#open(store, one)));
    return read.filter((one) => one.status === "fulfilled").map((one) => one.value);
  }

  // Throws away what is in a store, with its key.
  async burn(store) {
    const transaction = this.#database.transaction([store, "keys"], "readwrite");
    transaction.objectStore(store).clear();
    transaction.objectStore("keys").delete(store);
    await finished(transaction);
    this.#keys.delete(store);
  }
}
