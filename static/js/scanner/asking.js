// The questions of the door, put on the phone itself: only those that are open, the required ones first, and each only
// where it is asked. What was typed for one guest waits with that guest when the next badge is scanned meanwhile.

import { answerProblem, isRequiredOn } from "../questions/answers.js";
import { shown } from "../questions/conditions.js";

const TYPES = { number: "text", date: "date", time: "time", email: "email", phone: "tel", url: "url" };
const $ = (id) => document.getElementById(id);

function element(tag, values = {}, ...children) {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export class Asking {
  // `say` puts bilingual words into the reader's language, `onAnswers` takes what was answered.
  constructor(words, say, onAnswers) {
    Object.assign(this, { words, say, onAnswers });
    this.forms = new Map();
    this.uid = "";
    $("ask-later").addEventListener("click", () => this.show(""));
    $("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    $("ask-form").addEventListener("input", () => this.#appear());
  }

  // Keeps the questions of a guest ready, by the scan that let them in.
  prepare(uid, name, questions, today) {
    if (!questions.length) return;
    const order = [...questions].sort((one, other) => isRequiredOn(other, today) - isRequiredOn(one, today));
    const blocks = order.map((question) => this.#block(question, isRequiredOn(question, today)));
    // Conditions go by the order of the questions, the page by what is required.
    this.forms.set(uid, { name, questions, blocks: new Map(blocks), today });
  }

  has(uid) {
    return this.forms.has(uid);
  }

  // Shows the questions of one guest; of nobody where there are none.
  show(uid) {
    const form = this.forms.get(uid);
    this.uid = form ? uid : "";
    $("ask").hidden = !form;
    $("ask-name").textContent = form?.name ?? "";
    $("ask-fields").replaceChildren(...(form?.blocks.values() ?? []));
    this.#appear();
  }

  #appear() {
    const form = this.forms.get(this.uid);
    if (!form) return;
    const answers = Object.fromEntries(form.questions.map((one) => [one.code, this.#given(form, one)]));
    // What depends on an answer given before was decided by the server: here only these questions are known.
    const known = new Set(form.questions.map((one) => one.code));
    const asks = form.questions.map((one) => ({ code: one.code, when: one.when.filter((each) => known.has(each.code)) }));
    this.asked = new Set(shown(asks, answers));
    for (const [code, block] of form.blocks) block.hidden = !this.asked.has(code);
  }

  #block(question, isRequired) {
    const { kind, code } = question;
    const label = this.say(question.label);
    const help = question.help ? element("p", { className: "hint", textContent: this.say(question.help) }) : null;
    const wrong = element("p", { className: "wrong-because", id: `ask-${code}-error` });
    if (kind === "statement") return [code, element("div", { className: "asked" }, element("p", { textContent: label }), help)];
    if (kind === "file") {
      const sentence = element("p", { className: "hint", textContent: this.words.at_the_desk });
      return [code, element("div", { className: "asked" }, element("p", { textContent: label }), sentence)];
    }
    const mark = isRequired ? ` (${this.words.ask_required})` : "";
    const choices = this.#choices(question);
    if (choices && kind !== "choose_from_list") {
      const type = kind === "choose_several" || kind === "tick" ? "checkbox" : "radio";
      const fields = choices.map(([value, words, isFull], n) =>
        element(
          "div",
          { className: "choice" },
          element("input", { type, name: code, value, id: `ask-${code}-${n}`, disabled: isFull }),
          element("label", { htmlFor: `ask-${code}-${n}`, textContent: isFull ? `${words} (${this.words.full})` : words }),
        ),
      );
      return [code, element("fieldset", { className: "field asked" }, element("legend", { textContent: label + mark }), help, ...fields, wrong)];
    }
    const id = `ask-${code}`;
    const field = choices
      ? element("select", { id, name: code }, new Option(this.words.choose, ""), ...choices.map(([value, words]) => new Option(words, value)))
      : kind === "long_text"
        ? element("textarea", { id, name: code, rows: 3 })
        : element("input", { id, name: code, type: TYPES[kind] ?? "text", autocomplete: "off" });
    if (kind === "number") field.inputMode = "decimal";
    return [code, element("div", { className: "field asked" }, element("label", { htmlFor: id, textContent: label + mark }), help, field, wrong)];
  }

  #choices({ kind, options, label }) {
    if (kind === "yes_no") return [["yes", this.words.yes, false], ["no", this.words.no, false]];
    if (kind === "tick") return [["yes", this.say(label), false]];
    if (!kind.startsWith("choose_")) return null;
    return options.map((option) => [option.code, this.say(option.name), option.is_full]);
  }

  #given(form, question) {
    const fields = [...form.blocks.get(question.code).querySelectorAll("[name]")];
    const said = fields.filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked);
    return said.map((field) => (question.kind === "country" ? field.value.trim().toUpperCase() : field.value.trim())).filter(Boolean);
  }

  #send() {
    const form = this.forms.get(this.uid);
    if (!form) return;
    const replies = {};
    let first = null;
    for (const question of form.questions) {
      const block = form.blocks.get(question.code);
      const wrong = block.querySelector(".wrong-because");
      if (!wrong) continue;
      const given = this.asked.has(question.code) ? this.#given(form, question) : [];
      const isRequired = this.asked.has(question.code) && isRequiredOn(question, form.today);
      const problem = answerProblem(question, given, { isRequired });
      const known = { length: question.length, least: question.least, most: question.most };
      wrong.textContent = problem ? this.words.problems[problem].replace(/%\((\w+)\)s/g, (_, name) => known[name] ?? "") : "";
      block.classList.toggle("wrong", Boolean(problem));
      for (const field of block.querySelectorAll("[name]")) {
        field.toggleAttribute("aria-invalid", Boolean(problem));
        if (problem) field.setAttribute("aria-describedby", wrong.id);
      }
      if (problem) first ??= block.querySelector("[name]");
      else if (given.length) replies[question.code] = given;
    }
    if (first) {
      first.focus();
      return;
    }
    const { uid } = this;
    this.forms.delete(uid);
    this.show("");
    this.onAnswers(uid, replies);
  }
}
