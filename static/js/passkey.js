// Makes a passkey, or signs in by one. Where the browser knows none, the parts of the page for it stay hidden,
// and links, passwords and one-time codes do without it.
const parts = document.querySelectorAll("[data-passkey]");
// A passkey is bound to a name: no browser makes one for an address in numbers.
const hasName = !/^[\d.]+$|^\[/.test(window.location.hostname);
const isKnown = hasName && window.PublicKeyCredential?.parseCreationOptionsFromJSON;

const post = async (address, token, body) => {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  const type = answer.headers.get("Content-Type") ?? "";
  const sent = type.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(sent.why ?? "");
  return sent;
};

const credentialFor = (kind, options) =>
  kind === "make"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

for (const words of document.querySelectorAll("[data-no-passkey]")) words.hidden = Boolean(isKnown);

for (const part of isKnown ? parts : []) {
  const { passkey: kind, ask, send, token, next } = part.dataset;
  const button = part.querySelector("button");
  const problem = part.querySelector("[data-problem]");
  const name = part.querySelector("input");
  part.hidden = false;
  button.addEventListener("click", async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      const options = await post(ask, token, {});
      const credential = await credentialFor(kind, options);
      const { to } = await post(send, token, { credential: credential.toJSON(), name: name?.value ?? "", next });
      window.location.assign(to);
    } catch (error) {
      // Whoever closes the browser's own question has changed their mind; it needs no words.
      if (error.name !== "NotAllowedError") {
        if (error.name === "Error" && error.message) problem.textContent = error.message;
        problem.hidden = false;
      }
      button.disabled = false;
    }
  });
}
