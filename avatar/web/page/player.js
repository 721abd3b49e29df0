// One video: how far it is, then the video itself with what can be done with it.

import { ApiError, blobUrl, call, download, events, getJson } from "./api.js";
import { $, announce, button, duration, el } from "./dom.js";
import { cancel, isActive, nameOf, put, remove, shortened, stateOf } from "./videos.js";

const STAGES = ["portrait", "voice", "lips", "video"];
const TOLD = {
  portrait: "Preparing the portrait", voice: "Speaking the script", lips: "Moving the lips", video: "Putting the video together",
};

let now = null; // the video that is shown
let following = null; // ends the watching of the one before
let address = null; // of the blob in the player
let again = () => {};

export function startPlayer(madeAgain) {
  again = madeAgain;
  document.addEventListener("video-deleted", (event) => {
    if (event.detail === now?.id) close();
  });
  $("report").addEventListener("toggle", () => $("report").open && showReport());
}

function close() {
  following?.abort();
  forget();
  now = null;
  $("current").hidden = true;
}

function forget() {
  $("player").pause();
  $("player").removeAttribute("src");
  if (address) URL.revokeObjectURL(address);
  address = null;
}

/** Shows a video, and follows it while it is being made. */
export function show(video, { move = true } = {}) {
  following?.abort();
  forget();
  $("current").hidden = false;
  $("report").open = false;
  $("current-error").textContent = "";
  $("report-body").replaceChildren();
  set(video);
  if (move) {
    $("current-title").focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    $("current").scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
  if (isActive(video)) follow(video.id);
}

function set(video) {
  now = video;
  const done = video.status === "completed";
  $("making").hidden = !isActive(video);
  $("player").hidden = !done;
  $("failed").hidden = isActive(video) || done;
  $("report").hidden = !done;
  $("current-prompt").textContent = shortened(video.prompt ?? "", 600) || nameOf(video);
  $("current-notes").replaceChildren();
  $("failed").textContent = done || isActive(video) ? "" : `${stateOf(video)}. ${video.error?.message ?? ""}`;
  if (isActive(video)) progress({ stage: video.stage, progress: video.progress, number: STAGES.indexOf(video.stage) + 1 });
  $("current-actions").replaceChildren(...actions(video));
  if (done) play(video);
}

function actions(video) {
  const path = `v1/videos/${encodeURIComponent(video.id)}`;
  const get = (variant, ending) => async () => {
    $("current-error").textContent = "";
    try {
      await download(`${path}/content?variant=${variant}`, `${video.id}.${ending}`);
    } catch (error) {
      $("current-error").textContent = error.message;
    }
  };
  const edit = button("Edit and make again", () => makeAgain(video));
  if (isActive(video)) return [button("Cancel", () => cancel(video).then(look))];
  const gone = button("Delete", () => remove(video));
  if (video.status !== "completed") return [button("Try again", () => resume(video)), edit, gone];
  return [button("Download", get("video", "mp4"), { class: "primary small" }),
    button("Subtitles", get("subtitles", "srt"), { id: "subtitles", hidden: true }), // until the report says that there are any
    button("Sound", get("audio", "wav")), edit, gone];
}

/** What the video was asked with, and its files as far as they can be had. */
async function makeAgain(video) {
  $("current-error").textContent = "";
  try {
    const fields = await getJson(`v1/videos/${encodeURIComponent(video.id)}/request`);
    const given = video.status === "completed" ? ((await reportOf(video.id)).request ?? {}) : {};
    const file = async (variant, name) => {
      const answer = await call(`v1/videos/${encodeURIComponent(video.id)}/content?variant=${variant}`);
      return new File([await answer.blob()], name, { type: answer.headers.get("content-type") });
    };
    again(fields, {
      portrait: given.portrait && !fields.portrait ? await file("thumbnail", "portrait of that video.png") : null,
      audio: given.audio ? await file("audio", "speech of that video.wav") : null,
      lost: video.status !== "completed" ? "Choose its files again, if it had any."
        : given.voice && !fields.voice ? "Choose its voice again." : "",
    });
  } catch (error) {
    $("current-error").textContent = error.message;
  }
}

async function resume(video) {
  try {
    const taken = await getJson(`v1/videos/${encodeURIComponent(video.id)}/resume`, { method: "POST" });
    put(taken);
    show(taken);
  } catch (error) {
    $("current-error").textContent = error.message;
  }
}

/** The newest state of the video that is shown. */
async function look() {
  const video = await getJson(`v1/videos/${encodeURIComponent(now.id)}`);
  if (video.id !== now?.id) return video;
  put(video);
  $("current-error").textContent = "";
  if (!isActive(video)) {
    following?.abort();
    set(video);
    announce(video.status === "completed" ? "The video is done." : $("failed").textContent);
  } else if (video.status === "queued") progress({ queue: video.queue_position, progress: 0 });
  return video;
}

async function follow(id) {
  const ended = new AbortController();
  following = ended;
  let lastId = null;
  while (!ended.signal.aborted) {
    try {
      for await (const { event, id: at, data } of events(`v1/videos/${encodeURIComponent(id)}/events`, { signal: ended.signal, lastId })) {
        if (ended.signal.aborted) return;
        lastId = at ?? lastId;
        $("current-error").textContent = "";
        if (event === "queued") progress({ queue: data.queue_position });
        if (event === "progress") {
          progress(data);
          if (now.status !== "in_progress" || now.progress !== data.progress) put(Object.assign(now, { status: "in_progress", stage: data.stage, progress: data.progress }));
        }
        if (event === "completed" || event === "failed") break;
      }
      if (!ended.signal.aborted && !isActive(await look())) return;
    } catch (error) {
      if (error.name === "AbortError") return; // of a page that shows another video now
      $("current-error").textContent = error instanceof ApiError ? error.message : "The server went away; it is asked again.";
      if (error.status === 404 || error.status === 410) return;
    }
    await new Promise((done) => setTimeout(done, 1500));
  }
}

function progress({ stage, number, done, total, note, progress: percent, queue }) {
  const what = TOLD[stage] ?? stage;
  const text = what ? `${what}…` : queue ? `Waiting: number ${queue} in the queue.` : "Waiting to begin…";
  if ($("making-what").textContent !== text) {
    $("making-what").textContent = text;
    announce(what ? `Step ${number} of ${STAGES.length}: ${what}` : text);
  }
  $("making-bar").value = percent ?? 0;
  $("making-stages").replaceChildren(...STAGES.map((one, place) => {
    const state = place + 1 < number ? "over" : place + 1 === number ? "on" : "";
    const count = state === "on" && total ? ` ${done} of ${total}` : "";
    return el("li", { class: state, "aria-current": state === "on" ? "step" : null }, one.charAt(0).toUpperCase() + one.slice(1) + count);
  }));
  if (note) addNotes([note]);
}

function addNotes(notes) {
  const there = [...$("current-notes").children].map((item) => item.textContent);
  $("current-notes").append(...notes.filter((note) => !there.includes(note)).map((note) => el("li", {}, note)));
}

async function play(video) {
  try {
    const url = await blobUrl(`v1/videos/${encodeURIComponent(video.id)}/content?variant=video`);
    if (now?.id !== video.id) {
      URL.revokeObjectURL(url);
      return;
    }
    address = url;
    $("player").src = url;
    $("player").setAttribute("aria-label", `Video: ${nameOf(video)}`);
    const report = await reportOf(video.id);
    if (now?.id !== video.id) return;
    addNotes(report.notes ?? []);
    $("subtitles").hidden = !(report.request?.subtitles || ["soft", "srt", "vtt"].includes(report.request?.captions));
  } catch (error) {
    $("current-error").textContent = error.message;
  }
}

const reportOf = (id) => getJson(`v1/videos/${encodeURIComponent(id)}/report`);

async function showReport() {
  try {
    const report = await reportOf(now.id);
    const facts = [["Length", duration(now.seconds)], ["Made in", duration(report.seconds)], ["Stack", report.stack],
      ["Memory", report.peak_memory_mib ? `${report.peak_memory_mib} MiB at most` : ""], ["sha256", report.video_sha256]];
    const list = facts.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]);
    const save = button("Download the report", () => download(`v1/videos/${encodeURIComponent(now.id)}/report`, `${now.id}.json`));
    $("report-body").replaceChildren(el("dl", {}, ...list),
      el("pre", { tabindex: "0", role: "region", "aria-label": "The whole report" }, JSON.stringify(report, null, 1)),
      el("div", { class: "row" }, save));
  } catch (error) {
    $("report-body").replaceChildren(el("p", { class: "error" }, error.message));
  }
}
