// A form made from the schema of the request: an option that the server learns appears here by itself.

import { $, button, el, sentence } from "./dom.js";
import { OPTIONS } from "./words.js";

// What has a place of its own on the page, or is for programs.
const ELSEWHERE = new Set([
  "prompt", "text", "audio", "transcript", "voice", "preset", "language", "portrait", "input_reference", "portrait_prompt", "model",
  "stack", "metadata", "webhook", "webhook_secret", "user",
]);

let schemas = {};
const controls = new Map(); // name -> {input, usual, show: after a file has changed}

/** The schema of one property without its null, references followed. */
function plain(property) {
  const { anyOf = [], allOf = [], $ref, ...own } = property;
  const pointed = $ref ? schemas[$ref.split("/").pop()] : {};
  const one = [...anyOf, ...allOf].find((part) => part.type !== "null");
  return { ...pointed, ...(one ? plain(one) : {}), ...own };
}

/** Reads /openapi.json; returns the properties of the request by name. */
export function requestProperties(openapi) {
  schemas = openapi.components.schemas;
  const wanted = schemas.VideoRequest.properties;
  return Object.fromEntries(Object.entries(wanted).map(([name, property]) => [name, plain(property)]));
}

export function makeOptions(properties) {
  const place = $("options");
  place.replaceChildren();
  controls.clear();
  const names = new Set([...Object.keys(OPTIONS), ...Object.keys(properties)]);
  for (const name of names) {
    if (ELSEWHERE.has(name) || !properties[name]) continue;
    const made = control(name, properties[name]);
    if (made) place.append(made);
  }
}

function control(name, property) {
  const id = `option-${name}`;
  const usual = property.default ?? null;
  const described = `${id}-hint ${id}-error`;
  let input;
  if (property.const !== undefined || property.enum?.length === 1) return null; // nothing to choose
  if (property.enum) {
    input = el("select", { id, "aria-describedby": described });
    if (usual === null) input.append(el("option", { value: "" }, "Automatic"));
    for (const value of property.enum) input.append(el("option", { value: String(value) }, sentence(String(value))));
    input.value = usual === null ? "" : String(usual);
  } else if (property.type === "boolean") {
    input = el("input", { id, type: "checkbox", "aria-describedby": described });
    input.checked = usual === true;
  } else if (property.type === "integer" || property.type === "number") {
    input = el("input", { id, type: "number", inputmode: "decimal", "aria-describedby": described });
    if (property.minimum !== undefined) input.min = property.minimum;
    if (property.maximum !== undefined) input.max = property.maximum;
    input.step = property.type === "integer" ? "1" : "any";
    input.placeholder = usual === null ? "Automatic" : String(usual);
  } else if (property.type === "string" && property.format === "binary") {
    input = el("input", { id, type: "file", "aria-describedby": described });
  } else if (property.type === "string") {
    input = el("input", { id, type: "text", autocomplete: "off", "aria-describedby": described });
    input.placeholder = usual ?? "";
    if (property.examples) input.setAttribute("list", `${id}-known`);
  } else return null;
  controls.set(name, { input, usual });

  const [title, hint] = OPTIONS[name] ?? [sentence((property.title ?? name).toLowerCase()), limits(property)];
  const isTick = input.type === "checkbox";
  const label = el("label", { for: id }, title);
  const shown = input.type === "file" ? chooser(name, input, title) : input;
  return el("div", { class: isTick ? "field tick" : "field", "data-fields": name },
    ...(isTick ? [input, label] : [label, shown]),
    ...(property.examples ? [el("datalist", { id: `${id}-known` }, ...property.examples.map((value) => el("option", { value })))] : []),
    el("p", { class: "hint", id: `${id}-hint` }, hint), el("p", { class: "error", id: `${id}-error` }));
}

/** A button that chooses a file, the file's name, and what removes it again: the browser's own control is not shown. */
function chooser(name, input, title) {
  const told = el("span", { class: "hint", id: `option-${name}-name` });
  const away = button("Remove", () => {
    input.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  }, { "aria-label": `${title}: remove it`, hidden: true });
  const show = () => {
    told.textContent = input.files[0]?.name ?? "";
    away.hidden = !input.files[0];
  };
  input.addEventListener("input", show);
  controls.get(name).show = show;
  return el("div", { class: "row" }, el("label", { class: "button small" }, input, " Choose a file"), told, away);
}

function limits({ description = "", minimum, exclusiveMinimum, maximum }) {
  const least = minimum ?? exclusiveMinimum;
  return least === undefined || maximum === undefined ? description : `${description} From ${least} to ${maximum}.`.trim();
}

/** [name, value] of what differs from the default. */
export function chosenOptions() {
  const chosen = [];
  for (const [name, { input, usual }] of controls) {
    if (input.type === "checkbox") {
      if (input.checked !== (usual === true)) chosen.push([name, String(input.checked)]);
    } else if (input.type === "file") {
      if (input.files[0]) chosen.push([name, input.files[0]]);
    } else if (input.value !== "" && input.value !== String(usual ?? "")) chosen.push([name, input.value]);
  }
  return chosen;
}

/** Sets some options; null is the default. */
export function setOptions(values) {
  for (const [name, value] of Object.entries(values)) {
    const { input, usual } = controls.get(name) ?? {};
    if (input) input.value = value ?? (input.tagName === "SELECT" ? usual ?? "" : "");
  }
}

/** Whether these options have these values. */
export const areChosen = (values) =>
  Object.entries(values).every(([name, value]) => controls.get(name)?.input.value.trim().toLowerCase() === value);

/** Sets the options to what a request held; those it does not name get their default. */
export function fillOptions(values) {
  let isAny = false;
  for (const [name, { input, usual, show }] of controls) {
    const value = values[name] ?? null;
    isAny ||= value !== null && value !== usual;
    if (input.type === "checkbox") input.checked = (value ?? usual) === true;
    else if (input.type === "file") {
      input.value = "";
      show();
    }
    else if (input.tagName === "SELECT") input.value = String(value ?? usual ?? "");
    else input.value = value === null || value === usual ? "" : String(value);
  }
  if (isAny) $("more").open = true;
}
