// What a stand collected and has not sent yet, encrypted with a key that no script can read out. Written strictly
// durably: what was shown as kept survives a reload, a crash and an empty battery.

const STORES = ["pieces", "keys"];

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

export class Queue {
  // Each person's pieces lie by themselves, so that nobody sends what somebody else collected on the same phone.
  static async open(who) {
    const request = indexedDB.open(`lsos-leads-${who}`, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    const queue = new Queue();
    queue.database = await asked(request);
    queue.key = await queue.#key();
    return queue;
  }

  async #key() {
    const held = await asked(this.database.transaction("keys").objectStore("keys").get("pieces"));
    if (held) return held;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = this.database.transaction("keys", "readwrite", { durability: "strict" });
    const keys = transaction.objectStore("keys");
    // Another tab may have made one meanwhile; the first stays.
    const first = await asked(keys.get("pieces"));
    if (!first) keys.put(made, "pieces");
    await finished(transaction);
    return first ?? made;
  }

  async keep(piece) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(piece));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plain);
    const transaction = this.database.transaction("pieces", "readwrite", { durability: "strict" });
    transaction.objectStore("pieces").put({ at: piece.at, iv, sealed }, piece.uid);
    await finished(transaction);
  }

  async sent(uids) {
    const transaction = this.database.transaction("pieces", "readwrite", { durability: "strict" });
    for (const uid of uids) transaction.objectStore("pieces").delete(uid);
    await finished(transaction);
  }

  async waiting() {
    const held = await asked(this.database.transaction("pieces").objectStore("pieces").getAll());
    const pieces = [];
    for (const { iv, sealed } of held) {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, this.key, sealed);
      pieces.push(JSON.parse(new TextDecoder().decode(plain)));
    }
    return pieces.sort((one, other) => one.at - other.at);
  }
}
