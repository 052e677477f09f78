// What is wrong with an answer, as lsos/questionnaires/rules.py says it on the server: the name of the sentence, or
// nothing. An answer is a list of texts, empty where nothing was said.

const LONG = "long_text";
const SHAPES = {
  yes_no: [(text) => text === "yes" || text === "no", "NO_SUCH_OPTION"],
  tick: [(text) => text === "yes", "NO_SUCH_OPTION"],
  date: [isDate, "NO_DATE"],
  time: [(text) => /^([01]\d|2[0-3]):[0-5]\d$/.test(text), "NO_TIME"],
  country: [(text) => /^[A-Z]{2}$/.test(text), "NO_COUNTRY"],
  email: [(text) => /^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$/.test(text), "NO_EMAIL"],
  phone: [isPhone, "NO_PHONE"],
  url: [isWebAddress, "NO_URL"],
};

export function answerProblem(question, given, { isRequired = false } = {}) {
  if (!given.length) {
    if (!isRequired) return "";
    return question.kind === "tick" ? "NOT_TICKED" : "MISSING";
  }
  if (given.length > 1 && question.kind !== "choose_several") return "ONLY_ONE";
  if (question.kind.startsWith("choose_")) {
    const offered = question.options.map((option) => option.code);
    return given.every((code) => offered.includes(code)) ? "" : "NO_SUCH_OPTION";
  }
  const [text] = given;
  if ([...text].length > question.length) return "TOO_LONG";
  if (question.kind === LONG) return "";
  if (/[\n\r]/.test(text)) return "NOT_ONE_LINE";
  if (question.kind === "number") return numberProblem(question, text);
  const [isWellFormed, problem] = SHAPES[question.kind] ?? [() => true, ""];
  return isWellFormed(text) ? "" : problem;
}

// Says whether an answer is required on a day, written as year, month and day.
export function isRequiredOn(question, day) {
  return question.is_required && (!question.required_from || day >= question.required_from);
}

function numberProblem(question, text) {
  const written = text.replace(/[\s\u00a0\u202f]+/g, "").replace(",", ".").replace("\u2212", "-");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written)) return "NO_NUMBER";
  if (question.least && Number(written) < Number(question.least)) return "TOO_SMALL";
  return question.most && Number(written) > Number(question.most) ? "TOO_LARGE" : "";
}

function isDate(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found || found[1] === "0000") return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
}

function isPhone(text) {
  const digits = text.replace(/\D/g, "").length;
  return /^\+?[\d\s().\u2013/-]+$/.test(text) && digits >= 5 && digits <= 20;
}

function isWebAddress(text) {
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s/.test(text)) return false;
  return URL.canParse(text);
}
