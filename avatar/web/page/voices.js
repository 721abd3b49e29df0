// The voices: choose one, listen to it, add one with the speaker's consent, remove one.

import { blobUrl, call, getJson, sendForm } from "./api.js";
import { $, announce, clearErrors, el, isSure, languageName, showError } from "./dom.js";
import { recording } from "./recorder.js";

const SENTENCES = {
  en: "I am the owner of this voice, and I agree that avatar makes synthetic speech with it.",
  de: "Dies ist meine Stimme, und ich bin damit einverstanden, dass avatar mit ihr künstliche Sprache erzeugt.",
  es: "Esta es mi voz y acepto que avatar la use para crear habla sintética.",
  fr: "Cette voix est la mienne et j'accepte qu'avatar l'utilise pour créer de la parole synthétique.",
  it: "Questa è la mia voce e accetto che avatar la usi per creare un parlato sintetico.",
  pt: "Esta é a minha voz e concordo que o avatar a use para criar fala sintética.",
};

const SAYS = {
  en: "Hello. This is how I sound.",
  es: "Hola. Así suena mi voz.",
  fr: "Bonjour. Voici comment je parle.",
  it: "Buongiorno. Ecco come parlo.",
  pt: "Olá. É assim que eu falo.",
};

let voices = [];
let changed = () => {};
let sound = null; // what is being listened to

export async function startVoices(languages, onchange) {
  changed = onchange;
  const names = languages.map((code) => el("option", { value: code }, languageName(code)));
  $("language").append(...names.map((option) => option.cloneNode(true)));
  $("voice-language").append(...names);
  $("voice").addEventListener("change", () => { showButtons(); changed(); });
  $("voice-remove").addEventListener("click", removeVoice);
  $("voice-listen").addEventListener("click", listen);
  startDialog();
  await loadVoices();
}

async function loadVoices(choose) {
  voices = (await getJson("v1/audio/voices")).data ?? [];
  const before = choose ?? $("voice").value;
  const group = (kind, label) => {
    const options = voices.filter((voice) => voice.kind === kind && voice.is_here).map((voice) =>
      el("option", { value: voice.id }, voice.description ? `${voice.name} (${voice.description})` : voice.name));
    return options.length ? el("optgroup", { label }, ...options) : null;
  };
  $("voice").replaceChildren(el("option", { value: "" }, "Standard voice"),
    ...[group("preset", "Ready-made"), group("clone", "Your own")].filter(Boolean));
  $("voice").value = voices.some((voice) => voice.id === before) ? before : "";
  showButtons();
}

const chosen = () => voices.find((voice) => voice.id === $("voice").value);

/** ["preset" or "voice", its id], or null for the standard voice. */
export function chosenVoice() {
  const voice = chosen();
  return voice ? [voice.kind === "preset" ? "preset" : "voice", voice.id] : null;
}

export function fillVoice({ voice, preset }) {
  const wanted = voices.find((one) => [one.id, one.name].includes(preset ?? voice));
  $("voice").value = wanted?.id ?? "";
  showButtons();
}

function showButtons() {
  $("voice-remove").hidden = chosen()?.kind !== "clone";
  $("voice-listen").hidden = !chosen();
}

async function listen() {
  if (sound) {
    sound.pause();
    sound = null;
    $("voice-listen").textContent = "Listen";
    return;
  }
  $("voice-error").textContent = "";
  try {
    $("voice-listen").disabled = true;
    sound = new Audio(await heardAs(chosen()));
    sound.addEventListener("ended", () => listen());
    $("voice-listen").textContent = "Stop";
    await sound.play();
  } catch (error) {
    $("voice-error").textContent = error.message;
  } finally {
    $("voice-listen").disabled = false;
  }
}

/** A clone's own recording; a preset is asked to say a sentence. */
async function heardAs(voice) {
  if (voice.kind === "clone") return blobUrl(`v1/audio/voices/${encodeURIComponent(voice.id)}/sample`);
  const wanted = { model: "avatar-preview", input: SAYS[voice.language] ?? SAYS.en, voice: voice.id };
  const headers = { "Content-Type": "application/json" };
  const answer = await call("v1/audio/speech", { method: "POST", body: JSON.stringify(wanted), headers });
  return URL.createObjectURL(await answer.blob());
}

async function removeVoice() {
  const voice = chosen();
  if (!(await isSure(`Remove the voice “${voice.name}” and its recording?`, "Remove"))) return;
  try {
    await call(`v1/audio/voices/${encodeURIComponent(voice.id)}`, { method: "DELETE" });
    await loadVoices("");
    announce(`The voice ${voice.name} is removed.`);
    $("voice").focus();
    changed();
  } catch (error) {
    $("voice-error").textContent = error.message;
  }
}

function startDialog() {
  const dialog = $("voice-dialog");
  const form = $("voice-form");
  const consent = recording($("consent"), { label: "the consent", longest: 30 });
  const sample = recording($("sample"), { label: "the voice", longest: 120 });
  const say = () => {
    const language = SENTENCES[$("voice-language").value] ? $("voice-language").value : "en";
    $("consent-sentence").textContent = SENTENCES[language];
    $("consent-sentence").lang = language;
  };
  $("voice-language").addEventListener("change", say);
  $("voice-add").addEventListener("click", () => {
    form.reset();
    clearErrors(form);
    consent.clear();
    sample.clear();
    say();
    dialog.showModal();
    $("voice-name").focus();
  });
  $("voice-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    consent.stop();
    sample.stop();
    $("voice-add").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    const missing = !$("voice-name").value.trim() ? ["name", "The voice needs a name."]
      : !consent.file ? ["consent", "The speaker's consent is missing; record the sentence, or choose a file with it."]
        : !sample.file ? ["audio_sample", "The recording of the voice is missing."] : null;
    if (missing) {
      showError(form, { param: missing[0], message: missing[1] }, $("voice-form-error"), { move: true });
      return;
    }
    $("voice-save").disabled = true;
    try {
      const voice = await save($("voice-name").value.trim(), $("voice-language").value, consent.file, sample.file);
      await loadVoices(voice.id);
      dialog.close();
      announce(`The voice ${voice.name} is saved and chosen.`);
      changed();
    } catch (error) {
      showError(form, error, $("voice-form-error"), { move: true });
    } finally {
      $("voice-save").disabled = false;
    }
  });
}

async function save(name, language, consentFile, sampleFile) {
  const given = new FormData();
  given.set("name", name);
  given.set("language", language);
  given.set("recording", consentFile);
  const consent = await sendForm("v1/audio/voice_consents", given);
  const wanted = new FormData();
  wanted.set("name", name);
  wanted.set("audio_sample", sampleFile);
  wanted.set("consent", consent.id);
  return sendForm("v1/audio/voices", wanted);
}
