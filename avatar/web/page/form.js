// The form of a new video: what is in it, whether it fits, sending it.

import { sendForm } from "./api.js";
import { $, button, clearErrors, debounced, duration, el, showError } from "./dom.js";
import { areChosen, chosenOptions, fillOptions, makeOptions, setOptions } from "./options.js";
import { chosenPortrait, fillPortrait, startPortraits } from "./portraits.js";
import { recording } from "./recorder.js";
import { chosenVoice, fillVoice, startVoices } from "./voices.js";
import { MODELS, PURPOSES } from "./words.js";

const DRAFT = "avatar.script";
const LARGE = 16 * 1024 * 1024; // files above are not sent for a plan alone

let speech = null; // a recording instead of a script
let defaultModel = "";
let planning = null; // the dry run that is under way
const form = $("form");

export async function startForm(properties, submitted) {
  speech = recording($("audio"), { label: "the speech", changed: planSoon });
  $("script").value = sessionStorage.getItem(DRAFT) ?? "";
  $("script").addEventListener("input", () => {
    sessionStorage.setItem(DRAFT, $("script").value);
    count();
  });
  $("script-file").addEventListener("change", (event) => event.target.files[0] && giveScript(event.target.files[0]));
  for (const radio of form.elements.said) radio.addEventListener("change", showSaid);
  $("fresh").addEventListener("click", () => {
    fillForm({});
    $("script").focus();
  });
  form.addEventListener("input", planSoon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(submitted);
  });
  makeModels(properties.model);
  makeOptions(properties);
  makePurposes();
  count();
  await Promise.all([startVoices(properties.language?.enum ?? ["en"], planSoon), startPortraits(properties, planSoon)]);
  planLater();
}

const isSpeech = () => form.elements.said.value === "audio";

function showSaid() {
  for (const part of form.querySelectorAll("[data-said]")) part.hidden = part.dataset.said !== form.elements.said.value;
  planSoon();
}

function count() {
  const letters = [...$("script").value].length;
  $("script-count").textContent = letters ? `${letters.toLocaleString("en")} characters` : "";
}

/** A text file that was chosen or dropped. */
export async function giveScript(file) {
  $("script-error").textContent = "";
  try {
    if (file.size > 1_000_000) throw new RangeError();
    $("script").value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    $("script-error").textContent = `${file.name} is no short text in UTF-8; choose another file.`;
    return;
  } finally {
    $("script-file").value = "";
  }
  sessionStorage.setItem(DRAFT, $("script").value);
  form.elements.said.value = "script";
  count();
  showSaid();
}

export function giveSpeech(file) {
  form.elements.said.value = "audio";
  showSaid();
  speech.set(file);
}

function makeModels(property = {}) {
  const models = property.enum ?? [];
  defaultModel = property.default ?? models[0] ?? "";
  $("model-field").hidden = models.length < 2;
  for (const model of models) {
    const [name, what] = MODELS[model] ?? [model, ""];
    const input = el("input", { type: "radio", name: "model", value: model });
    input.checked = model === defaultModel;
    $("models").append(el("label", {}, input, el("span", {}, el("b", {}, name), what ? ` ${what}` : "")));
  }
}

/** A button for each purpose, which sets its options, or takes them back. */
function makePurposes() {
  $("purposes").append(...Object.values(PURPOSES).map(([title, means]) => button(title, ({ currentTarget }) => {
    const isOff = currentTarget.ariaPressed === "true";
    const values = Object.entries(means).filter(([name]) => name === "size" || isOff || canHaveCaptions());
    setOptions(Object.fromEntries(values.map(([name, value]) => [name, isOff ? null : value])));
    form.dispatchEvent(new Event("input"));
  })));
  form.addEventListener("input", showPurposes);
  showPurposes();
}

/** Captions of a recording are made of its words. */
const canHaveCaptions = () => !isSpeech() || $("transcript").value.trim() !== "";

function showPurposes() {
  for (const [number, [, means]] of Object.values(PURPOSES).entries()) {
    const { size, ...words } = means;
    const isOn = areChosen({ size }) && (areChosen(words) || !canHaveCaptions());
    $("purposes").children[number].setAttribute("aria-pressed", String(isOn));
  }
}

/** The request as a form, or an error {param, message} for what is missing. */
function collected() {
  const wanted = new FormData();
  if (isSpeech()) {
    if (speech.file) wanted.set("audio", speech.file);
    if ($("transcript").value.trim()) wanted.set("transcript", $("transcript").value);
  } else {
    wanted.set("prompt", $("script").value);
    const voice = chosenVoice();
    if (voice) wanted.set(...voice);
  }
  if ($("language").value) wanted.set("language", $("language").value);
  const portrait = chosenPortrait();
  if (portrait?.[0] === "missing") return { error: { param: "portrait", message: portrait[1] } };
  if (portrait) wanted.set(...portrait);
  const model = form.elements.model?.value;
  if (model) wanted.set("model", model);
  for (const [name, value] of chosenOptions()) wanted.set(name, value);
  return { wanted };
}

// ---- the plan

const planLater = debounced(600, plan);

/** After a change: what was wrong before may be right now. */
function planSoon() {
  clearErrors(form);
  planLater();
}

function stopPlanning() {
  planLater.cancel();
  planning?.abort();
}

async function plan() {
  planning?.abort();
  const { wanted } = collected();
  const isEmpty = !wanted || (isSpeech() ? !speech.file : !$("script").value.trim());
  const size = wanted ? [...wanted.values()].reduce((sum, value) => sum + (value.size ?? 0), 0) : 0;
  if (isEmpty || size > LARGE) {
    tellPlan(size > LARGE ? "Large files are looked at when you send them." : "");
    return;
  }
  planning = new AbortController();
  try {
    const told = await sendForm("v1/videos/dry-run", wanted, { signal: planning.signal });
    const parts = [told.fits === false ? "It does not fit on this computer." : "It fits."];
    if (told.seconds) parts.push(`About ${duration(told.seconds)} of video.`);
    if (told.took_s) parts.push(`Making it takes about ${duration(told.took_s)}.`);
    tellPlan(parts.join(" "), told.fits === false ? "bad" : "good", told.notes ?? []);
  } catch (error) {
    if (error.name === "AbortError") return;
    tellPlan("It cannot be made like this.", "bad");
    showError(form, ofFile(error, wanted), $("form-error"));
  }
}

function tellPlan(text, kind = "", notes = []) {
  $("plan").className = kind;
  $("plan").replaceChildren(text || "\u00a0", ...notes.map((note) => el("span", { class: "hint" }, note)));
}

/** The server names a file that was sent by the field that it came in; a person knows it by its own name. */
function ofFile(error, wanted) {
  for (const [field, value] of wanted) {
    const place = new RegExp(`'[^']*${field}(\\.\\w+)?'`);
    if (!(value instanceof File) || !place.test(error.message)) continue;
    error.message = error.message.replace(place, value.name);
    error.param ??= field;
  }
  return error;
}

// ---- sending

async function submit(submitted) {
  stopPlanning();
  clearErrors(form);
  const { wanted, error } = collected();
  if (error) {
    showError(form, error, $("form-error"), { move: true });
    return;
  }
  $("make").disabled = true;
  try {
    submitted(await sendForm("v1/videos", wanted, { once: true }));
  } catch (problem) {
    showError(form, ofFile(problem, wanted), $("form-error"), { move: true });
  } finally {
    $("make").disabled = false;
  }
}

/** Fills the form with what a video was asked with; told is a word on it. {} is a fresh form. */
export function fillForm(fields, told = "") {
  clearErrors(form);
  $("script").value = fields.prompt ?? fields.text ?? "";
  sessionStorage.setItem(DRAFT, $("script").value);
  $("transcript").value = fields.transcript ?? "";
  $("language").value = fields.language ?? "";
  form.elements.said.value = fields.audio ? "audio" : "script";
  speech.clear();
  fillVoice(fields);
  fillPortrait(fields);
  for (const radio of form.querySelectorAll("[name=model]")) radio.checked = radio.value === (fields.model ?? defaultModel);
  fillOptions(fields);
  showPurposes();
  $("again").hidden = !told;
  $("again-text").textContent = told;
  count();
  showSaid();
}
