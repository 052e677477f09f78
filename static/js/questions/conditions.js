// When a question is asked: the same decision as lsos/questionnaires/rules.py makes on the server, of the same data.

/** Say whether an answer is as a condition wants it. */
export function holds(condition, given) {
  if (condition.test === "answered") return given.length > 0;
  if (condition.test === "not_answered") return given.length === 0;
  const hasOne = given.some((value) => condition.values.includes(value));
  return condition.test === "one_of" ? hasOne : given.length > 0 && !hasOne;
}

/** List the codes of the questions that are asked of somebody who answers so; only what stands before counts. */
export function shown(asks, answers, elsewhere = {}) {
  const said = new Map(Object.entries(elsewhere));
  const asked = [];
  for (const ask of asks) {
    if (ask.when.every((condition) => holds(condition, said.get(condition.code) ?? []))) {
      asked.push(ask.code);
      said.set(ask.code, answers[ask.code] ?? []);
    }
  }
  return asked;
}
