// Small helpers over the document. Nothing here knows of videos.

export const $ = (id) => document.getElementById(id);

/** An element with properties (class, on…, attributes) and children. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const button = (text, onclick, properties = {}) =>
  el("button", { type: "button", class: "small", onclick, ...properties }, text);

/** Told to who listens to the page rather than sees it. */
export function announce(text) {
  $("said-aloud").textContent = text;
}

export const sentence = (name) => {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(Number(seconds))) return "";
  const whole = Number(seconds);
  if (whole < 10) return `${whole.toFixed(1)}\u00a0s`;
  if (whole < 100) return `${Math.round(whole)}\u00a0s`;
  if (whole < 5400) return `${Math.round(whole / 60)}\u00a0min`;
  return `${(whole / 3600).toFixed(1)}\u00a0h`;
}

export function when(unix) {
  const time = new Date(unix * 1000);
  const isToday = time.toDateString() === new Date().toDateString();
  const form = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(undefined, form).format(time);
}

export function languageName(code) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Calls that come in a row become one, `pause` ms after the last; .cancel() calls it off. */
export function debounced(pause, call) {
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(call, pause);
  };
  soon.cancel = () => clearTimeout(timer);
  return soon;
}

/** Asks in a dialog; true for yes. */
export function isSure(question, yes) {
  const dialog = $("sure-dialog");
  $("sure-title").textContent = question;
  $("sure-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

// ---- messages beside their fields

const fieldOf = (form, name) =>
  [...form.querySelectorAll("[data-fields]")].find((field) => field.dataset.fields.split(" ").includes(name)) ??
  (form.dataset.fields?.split(" ").includes(name) ? form : null);

export function clearErrors(form) {
  for (const error of form.querySelectorAll(".error")) error.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/** Shows an error beside the field it is about, or at `otherwise`; goes there if asked to. */
export function showError(form, error, otherwise, { move = false } = {}) {
  const field = error.param ? fieldOf(form, error.param) : null;
  const place = field && !field.closest("[hidden]") ? field.querySelector(".error") : null;
  if (!place) {
    otherwise.textContent = error.message;
    return;
  }
  place.textContent = error.message;
  const folded = field.closest("details");
  if (folded) folded.open = true;
  const controls = [...field.querySelectorAll("textarea, select, input, button")];
  const control = controls.find((one) => one.checked) ?? controls.find((one) => !one.closest("[hidden]"));
  if (!control) return;
  if (control.matches("textarea, select, input:not([type=radio], [type=file])")) control.setAttribute("aria-invalid", "true");
  if (move) control.focus();
}
