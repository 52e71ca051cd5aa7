// A form in the browser: asks what the server would ask, by the same trees (forms/linkage.py) and the same folding
// (forms/folding.py). What it finds wrong the server would, too; what counts is what the server says.
"use strict";

const UNASKED = Symbol("unasked");

// Folding.

const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200d\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff]";
const BLANKS = new RegExp(`${BLANK}+`, "g");
const ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");
const DASHES = /[-\u2010-\u2015\u2212()\u00b7\u2022\u30fb.]/g;
const CN_PREFIX = /^(\+86|0086|86(?=1[0-9]{10}$))/;
const GROUPED = /^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$/;
const STEPS = {
  nfkc: (text) => text.normalize("NFKC"),
  blanks: (text) => text.replace(BLANKS, ""),
  trim: (text) => text.replace(ENDS, ""),
  dashes: (text) => text.replace(DASHES, ""),
  cn_prefix: (text) => text.replace(CN_PREFIX, ""),
  grouping: (text) => (GROUPED.test(text) ? text.replaceAll(",", "") : text),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
};

function fold(text, steps) {
  return steps.reduce((sofar, step) => STEPS[step](sofar), text);
}

// The answer as the server would store it; null for none, undefined for one that does not fit.
function readAnswer(field, raw) {
  if (raw === null || raw === undefined || (Array.isArray(raw) && raw.length === 0)) return null;
  if (typeof raw !== "string") return raw;
  if (fold(raw, ["blanks"]) === "") return null;
  const text = fold(raw, field.fold);
  if (field.pattern && !new RegExp(field.pattern).test(text)) return undefined;
  if (field.options && !field.options.includes(text)) return undefined;
  if (field.type === "integer") return Number(text);
  if (field.type === "money") return withCents(text);
  if (field.type === "date") return isoDate(text);
  return text;
}

function withCents(text) {
  const [whole, cents = ""] = text.split(".");
  const bare = whole.replace(/^(-?)0+(?=[0-9])/, "$1");
  return `${bare}.${cents.padEnd(2, "0")}`;
}

function isoDate(text) {
  const [year, month, day] = text.match(/[0-9]+/g).map(Number);
  const moment = new Date(Date.UTC(year, month - 1, day));
  moment.setUTCFullYear(year);
  const real = moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day && year > 0;
  return real ? moment.toISOString().slice(0, 10) : undefined;
}

// Linkage: true, false, or null for unknown.

function truth(tree, known, kinds) {
  const [op, ...rest] = tree;
  if (op === "not") {
    const inner = truth(rest[0], known, kinds);
    return inner === null ? null : !inner;
  }
  if (op === "all" || op === "any") {
    const values = rest.map((part) => truth(part, known, kinds));
    const decisive = op === "any";
    return values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive;
  }
  const [name, operand] = rest;
  const value = known.has(name) ? known.get(name) : UNASKED;
  if (value === UNASKED) return null;
  if (value === null || value === undefined) return op === "present" ? !operand : null;
  return TESTS[op](read(kinds[name], value), operand, kinds[name]);
}

const TESTS = {
  eq: (value, operand, kind) => value === read(kind, operand),
  ne: (value, operand, kind) => value !== read(kind, operand),
  in: (value, operand, kind) => operand.some((each) => read(kind, each) === value),
  not_in: (value, operand, kind) => !operand.some((each) => read(kind, each) === value),
  present: (_, operand) => operand,
  gt: (value, operand, kind) => value > read(kind, operand),
  gte: (value, operand, kind) => value >= read(kind, operand),
  lt: (value, operand, kind) => value < read(kind, operand),
  lte: (value, operand, kind) => value <= read(kind, operand),
  contains_any: (value, operand) => operand.some((part) => value.toLowerCase().includes(part)),
  contains_all: (value, operand) => operand.every((part) => value.toLowerCase().includes(part)),
  has: (value, operand) => operand.some((each) => value.includes(each)),
  has_any: (value, operand) => operand.some((each) => value.includes(each)),
  has_all: (value, operand) => operand.every((each) => value.includes(each)),
  has_none: (value, operand) => !operand.some((each) => value.includes(each)),
  within: (value, operand) => operand.some((code) => regionsOf(value).includes(code)),
};

// Numbers are exact: ten decimals, as whole numbers.
function read(kind, value) {
  if (kind !== "number") return value;
  const [whole, decimals = ""] = String(value).split(".");
  return BigInt(whole + decimals.padEnd(10, "0"));
}

function regionsOf(code) {
  return code === "base" ? ["base"] : [code, `${code.slice(0, 4)}00`, `${code.slice(0, 2)}0000`, "base"];
}

// What is asked of whoever has typed this, and what of it is missing or wrong.
function lookAt(form, raw) {
  const fields = Object.fromEntries(form.fields.map((field) => [field.id, field]));
  const kinds = Object.fromEntries(form.fields.map((field) => [field.id, field.kind]));
  const known = new Map();
  const problems = {};
  for (const name of form.order) {
    const field = fields[name];
    if (truth(field.when, known, kinds) !== true) {
      known.set(name, UNASKED);
      continue;
    }
    const value = readAnswer(field, raw[name]);
    known.set(name, value === undefined ? null : value);
    if (value === undefined) problems[name] = "wrong";
    else if (value === null && field.required && truth(field.required, known, kinds) === true) problems[name] = "missing";
  }
  const shown = form.fields.map((field) => field.id).filter((name) => known.get(name) !== UNASKED);
  const kept = Object.fromEntries(shown.filter((name) => known.get(name) !== null).map((name) => [name, known.get(name)]));
  return { visible: shown, kept, problems };
}

// The page.

function typed(form, root) {
  const raw = {};
  for (const field of form.fields) {
    const inputs = [...root.querySelectorAll(`[name="${field.id}"]`)];
    if (field.type === "multi_select") raw[field.id] = inputs.filter((box) => box.checked).map((box) => box.value);
    else if (inputs.length > 1 || (inputs[0] && inputs[0].type === "radio")) {
      const chosen = inputs.find((radio) => radio.checked);
      raw[field.id] = chosen ? (field.type === "boolean" ? chosen.value === "true" : chosen.value) : null;
    } else raw[field.id] = inputs[0] ? inputs[0].value : null;
  }
  return raw;
}

function show(form, root, looked) {
  for (const field of form.fields) {
    root.querySelector(`[data-field="${field.id}"]`).hidden = !looked.visible.includes(field.id);
  }
  for (const section of root.querySelectorAll("[data-section]")) {
    section.hidden = ![...section.querySelectorAll("[data-field]")].some((part) => !part.hidden);
  }
}

function say(root, name, words) {
  const part = root.querySelector(`[data-field="${name}"]`);
  const place = part && part.querySelector(".wrong");
  if (!place) return;
  place.textContent = words;
  part.classList.toggle("is-wrong", Boolean(words));
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function start() {
  const form = JSON.parse(document.getElementById("form-data").textContent);
  const root = document.querySelector("form");
  const status = document.querySelector("[role=status]");
  const fields = Object.fromEntries(form.fields.map((field) => [field.id, field]));
  let last = { body: "", key: "" };

  const refresh = (event) => {
    const looked = lookAt(form, typed(form, root));
    show(form, root, looked);
    if (event && event.target.name) say(root, event.target.name, "");
    return looked;
  };
  root.addEventListener("input", refresh);
  root.addEventListener("change", refresh);
  root.addEventListener("focusout", (event) => {
    const name = event.target.name;
    if (name && fields[name] && refresh().problems[name] === "wrong") say(root, name, fields[name].say);
  });
  // What a field says as it is left would move the button from under the finger that presses it.
  root.querySelector("button").addEventListener("mousedown", (event) => event.preventDefault());
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    const looked = refresh();
    for (const field of form.fields) {
      const problem = looked.problems[field.id];
      say(root, field.id, problem ? (problem === "missing" ? form.words.missing : field.say) : "");
    }
    const first = form.fields.find((field) => looked.problems[field.id]);
    if (first) return focusOn(root, first.id);
    const body = JSON.stringify(looked.kept);
    if (body !== last.body) last = { body, key: randomKey() };
    await send(form, root, status, last);
  });
  refresh();
}

function focusOn(root, name) {
  const input = root.querySelector(`[data-field="${name}"] :is(input, select, textarea)`);
  if (input) input.focus();
}

async function send(form, root, status, { body, key }) {
  const button = root.querySelector("button");
  button.disabled = true;
  status.textContent = form.words.sending;
  try {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const response = await fetch(location.pathname + location.search, { method: "POST", headers, body });
    const answer = await response.json();
    if (response.ok) return thank(form, root, status, answer);
    const errors = (answer.zh && answer.zh.errors) || [];
    for (const error of errors) say(root, error.pointer.slice(1), error.detail);
    status.textContent = (answer.zh && answer.zh.detail) || form.words.failed;
    if (errors.length) focusOn(root, errors[0].pointer.slice(1));
  } catch {
    status.textContent = form.words.failed;
  }
  button.disabled = false;
}

function thank(form, root, status, answer) {
  root.remove();
  status.textContent = form.words.thanks;
  status.classList.add("done");
  if (!answer.link) return;
  const link = document.createElement("a");
  link.href = answer.link;
  link.textContent = form.words.follow;
  status.append(document.createElement("br"), link);
}

if (typeof document !== "undefined") start();
if (typeof module !== "undefined") module.exports = { lookAt, readAnswer, truth, fold, UNASKED };
