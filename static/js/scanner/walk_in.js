// A guest who comes without a registration: the form of the page, read and checked where the server may not answer.

const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 10;
const EMAIL = /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/;

// A code as the server makes them, of 49 bits; it holds once the server took it.
export function newCode() {
  let code = "";
  while (code.length < LENGTH) {
    // Numbers above the last whole multiple would make the first letters likelier.
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH))) {
      if (byte < 240 && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

const field = (form, name) => form.elements[`guest-${name}`];
const text = (form, name) => field(form, name).value.trim();

// Reads who stands at the door, with the texts that the page shows.
export function readGuest(form) {
  return {
    once: field(form, "once").value,
    given_name: text(form, "given_name"),
    family_name: text(form, "family_name"),
    organisation: text(form, "organisation"),
    email: text(form, "email"),
    language: field(form, "language").value,
    type: field(form, "kind")?.value ?? "",
    accepts_terms: field(form, "accepts_terms").checked,
    texts: JSON.parse(form.dataset.texts),
  };
}

// Gives the names of what is missing or wrong, in the order of the form.
export function guestProblems(guest) {
  const problems = [];
  if (!guest.given_name) problems.push("given_name");
  if (guest.email && !EMAIL.test(guest.email)) problems.push("email");
  if (!guest.type) problems.push("kind");
  if (!guest.accepts_terms) problems.push("accepts_terms");
  return problems;
}

// Says beside each field what is wrong with it, and goes to the first.
export function showProblems(form, problems, words) {
  for (const old of form.querySelectorAll(".wrong-because")) old.remove();
  for (const old of form.querySelectorAll(".wrong")) old.classList.remove("wrong");
  for (const name of problems) {
    const at = field(form, name);
    const block = (at instanceof RadioNodeList ? at[0] : at).closest("fieldset, .field");
    const wrong = document.createElement("p");
    wrong.className = "wrong-because";
    wrong.textContent = words[name];
    block.classList.add("wrong");
    block.append(wrong);
  }
  const first = problems.length && field(form, problems[0]);
  if (first) (first instanceof RadioNodeList ? first[0] : first).focus();
}

export function emptyGuest(form, once) {
  form.reset();
  field(form, "once").value = once;
  showProblems(form, [], {});
}
