// What a phone keeps: what waits to be sent, and whom the phone knows. Guests are forgotten while what waits must still
// be sent.

import { Vault } from "../door/vault.js";

const QUEUE = "queue";
const KNOWN = "known";

export class Store {
  #vault;

  static async open() {
    const store = new Store();
    store.#vault = await Vault.open("lsos-scanner", [QUEUE, KNOWN]);
    return store;
  }

  keep(item) {
    return this.#vault.put(QUEUE, item.uid, item);
  }

  sent(uids) {
    return this.#vault.drop(QUEUE, uids);
  }

  count() {
    return this.#vault.count(QUEUE);
  }

  waiting() {
    return this.#vault.all(QUEUE);
  }

  // It is had again from the server, so that nobody waits until it is on the disk.
  know(snapshot) {
    return this.#vault.put(KNOWN, KNOWN, snapshot, "relaxed");
  }

  // Gives what is known, or nothing where there is nothing, it cannot be read, or its time is over.
  async known() {
    const [snapshot] = await this.#vault.all(KNOWN);
    if (snapshot && Date.now() <= snapshot.forget_at) return snapshot;
    await this.forget();
    return null;
  }

  forget() {
    return this.#vault.burn(KNOWN);
  }
}
