// The portrait: the built-in one, a kept one, a picture of one's own, or words to draw one from.

import { blobUrl, call, getJson, sendForm } from "./api.js";
import { $, announce, el, isSure } from "./dom.js";

const OWN = "/own"; // no kept portrait has a slash in its id
const WORDS = "/words";
const BUILT_IN = "";
let kept = [];
let file = null;
let ownAddress = null;
let canDraw = false;
let changed = () => {};

export async function startPortraits(properties, onchange) {
  changed = onchange;
  canDraw = "portrait_prompt" in properties;
  $("portrait-file").addEventListener("change", (event) => event.target.files[0] && giveOwn(event.target.files[0]));
  $("portrait-prompt").addEventListener("input", () => changed());
  $("portrait-keep").addEventListener("click", keep);
  $("portrait-remove").addEventListener("click", remove);
  $("portraits").addEventListener("change", () => { show(); changed(); });
  draw(BUILT_IN);
  await loadPortraits(BUILT_IN);
}

async function loadPortraits(choose) {
  kept = (await getJson("v1/portraits")).data ?? [];
  draw(choose);
}

const choice = () => $("portraits").querySelector("input:checked")?.value ?? BUILT_IN;

function draw(choose) {
  const cards = [card(BUILT_IN, "Built-in"), ...kept.map((one) => card(one.id, one.name || one.id, one)),
    card(OWN, "Your own"), ...(canDraw ? [card(WORDS, "Describe one")] : [])];
  $("portraits").replaceChildren(...cards);
  const wanted = [...$("portraits").querySelectorAll("input")].find((input) => input.value === choose);
  (wanted ?? $("portraits").querySelector("input")).checked = true;
  show();
}

function card(value, name, portrait) {
  const picture = el("span", { class: `face face-${portrait ? "kept" : value.slice(1) || "built-in"}` });
  if (portrait) {
    const address = `v1/portraits/${encodeURIComponent(portrait.id)}/picture`;
    blobUrl(address).then((url) => {
      const image = el("img", { alt: "", width: "72", height: "72", src: url });
      image.addEventListener("load", () => URL.revokeObjectURL(url));
      picture.append(image);
    }, () => {});
  } else if (value === OWN && ownAddress) {
    const tag = file.type.startsWith("video/") ? el("video", { src: ownAddress, muted: true }) : el("img", { src: ownAddress, alt: "", width: "72", height: "72" });
    tag.addEventListener("error", () => tag.remove()); // HEIC: the server reads what this browser cannot
    picture.append(tag);
  }
  return el("label", { class: "portrait" }, el("input", { type: "radio", name: "portrait", value }), picture, el("span", {}, name));
}

function show() {
  const now = choice();
  $("portrait-own").hidden = now !== OWN;
  $("portrait-words").hidden = now !== WORDS;
  $("portrait-keeping").hidden = !file;
  $("portrait-remove").hidden = !kept.some((one) => one.id === now);
  $("portrait-name").textContent = file ? file.name : "or drop one anywhere on this page";
}

/** A picture or clip that was chosen or dropped. */
export function giveOwn(given) {
  file = given;
  if (ownAddress) URL.revokeObjectURL(ownAddress);
  ownAddress = given ? URL.createObjectURL(given) : null;
  $("portrait-keep-name").value = given ? given.name.replace(/\.[^.]*$/, "").slice(0, 64) : "";
  $("portrait-error").textContent = "";
  draw(given ? OWN : BUILT_IN);
  changed();
}

/** [field, value] of the request, or null for the built-in portrait. */
export function chosenPortrait() {
  const now = choice();
  if (now === BUILT_IN) return null;
  if (now === OWN) return file ? ["input_reference", file] : ["missing", "Choose a picture, or another portrait."];
  if (now === WORDS) return ["portrait_prompt", $("portrait-prompt").value];
  return ["portrait", now];
}

export function fillPortrait({ portrait, portrait_prompt: words }) {
  $("portrait-prompt").value = words ?? "";
  giveOwn(null);
  draw(words ? WORDS : portrait ?? BUILT_IN);
}

async function keep() {
  const given = new FormData();
  given.set("name", $("portrait-keep-name").value.trim());
  given.set("picture", file);
  $("portrait-error").textContent = "";
  $("portrait-keep").disabled = true;
  try {
    const portrait = await sendForm("v1/portraits", given);
    giveOwn(null);
    await loadPortraits(portrait.id);
    announce("The portrait is kept and chosen.");
    $("portraits").querySelector("input:checked").focus();
    changed();
  } catch (error) {
    $("portrait-error").textContent = error.message;
  } finally {
    $("portrait-keep").disabled = false;
  }
}

async function remove() {
  const portrait = kept.find((one) => one.id === choice());
  if (!(await isSure(`Remove the portrait “${portrait.name || portrait.id}”?`, "Remove"))) return;
  try {
    await call(`v1/portraits/${encodeURIComponent(portrait.id)}`, { method: "DELETE" });
    await loadPortraits(BUILT_IN);
    announce("The portrait is removed.");
    $("portraits").querySelector("input:checked").focus();
    changed();
  } catch (error) {
    $("portrait-error").textContent = error.message;
  }
}
