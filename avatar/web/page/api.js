// All talk with the server. Addresses are relative, so that the page works behind any prefix.

import { $ } from "./dom.js";

const TOKEN = "avatar.token";
let asking = null; // the one question for a token that all requests wait for

export class ApiError extends Error {
  constructor(message, param = null, code = null, status = 0) {
    super(message);
    Object.assign(this, { param, code, status });
  }
}

/** fetch with the token. Asks for one where the server wants it. Throws ApiError with the server's own sentence. */
export async function call(path, { method = "GET", body, headers = {}, signal } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const sent = { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    let answer;
    try {
      answer = await fetch(path, { method, body, headers: sent, signal, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError("The server does not answer; see whether it runs, then try again.", null, "unreachable");
    }
    if (answer.ok) return answer;
    if (answer.status !== 401) throw await told(answer);
    if (sessionStorage.getItem(TOKEN) !== token) continue; // another one was given while this request was on its way
    asking ??= askForToken(token).finally(() => (asking = null));
    await asking;
  }
}

async function told(answer) {
  try {
    const { error } = await answer.json();
    return new ApiError(error.message, error.param, error.code, answer.status);
  } catch {
    return new ApiError(`The server answered ${answer.status} without a reason.`, null, null, answer.status);
  }
}

function askForToken(refused) {
  const dialog = $("token-dialog");
  $("token-error").textContent = refused ? "That token was not accepted." : "";
  $("token").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    $("token-form").addEventListener("submit", () => {
      sessionStorage.setItem(TOKEN, $("token").value.trim());
      done();
    }, { once: true });
  });
}

export const getJson = async (path, options) => (await call(path, options)).json();

export const sendJson = (path, value) =>
  getJson(path, { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

/** POST of a form. A request whose answer was lost is sent once more under the same key, and counts once. */
export async function sendForm(path, form, { signal, once = false } = {}) {
  const headers = once ? { "Idempotency-Key": key() } : {};
  try {
    return await getJson(path, { method: "POST", body: form, headers, signal });
  } catch (error) {
    if (!once || error.code !== "unreachable") throw error;
    await new Promise((done) => setTimeout(done, 1000));
    return getJson(path, { method: "POST", body: form, headers, signal });
  }
}

function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An address for <img>, <video> and downloads; who calls it revokes it. */
export async function blobUrl(path) {
  return URL.createObjectURL(await (await call(path)).blob());
}

export async function download(path, name) {
  const href = await blobUrl(path);
  const link = document.createElement("a");
  Object.assign(link, { href, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Server-sent events as they come: {event, id, data}. Ends where the stream ends. */
export async function* events(path, { signal, lastId } = {}) {
  const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
  const answer = await call(path, { headers, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (waiting + value).split(/\r?\n\r?\n/);
    waiting = parts.pop();
    for (const part of parts) {
      const event = parsed(part);
      if (event.data) yield { ...event, data: JSON.parse(event.data) };
    }
  }
}

function parsed(part) {
  const event = { event: "message", id: null, data: "" };
  for (const line of part.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") event.data += (event.data ? "\n" : "") + value;
    else if (name === "event" || name === "id") event[name] = value;
  }
  return event;
}
