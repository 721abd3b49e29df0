// The videos that were made and are being made: the list of them.

import { blobUrl, call, getJson } from "./api.js";
import { $, announce, button, duration, el, isSure, when } from "./dom.js";

const PAGE = 20;
const PAUSE = 3000; // ms between two looks, while something is being made
export const WORDS = { queued: "Waiting", in_progress: "Being made", completed: "Done", failed: "Failed" };

const rows = new Map(); // id -> {row, key, thumbnail}
let videos = [];
let last = null;
let open = () => {};
let timer;

export const isActive = (video) => video.status === "queued" || video.status === "in_progress";
export const nameOf = (video) => shortened((video.prompt ?? "").trim().replace(/\s+/g, " "), 90) || "Recorded speech";
export const shortened = (text, most) => (text.length > most ? `${text.slice(0, most).replace(/ \S*$/, "")}…` : text);
export const stateOf = (video) => (video.error?.code === "cancelled" ? "Cancelled" : WORDS[video.status] ?? video.status);

export async function startVideos(opened) {
  open = opened;
  $("older").addEventListener("click", older);
  await refresh();
  return videos;
}

/** Looks again; goes on looking while anything is waiting or being made. */
export async function refresh() {
  clearTimeout(timer);
  try {
    const first = await getJson(`v1/videos?limit=${PAGE}&order=desc`);
    const known = new Set(first.data.map((video) => video.id));
    const oldest = first.data.at(-1)?.created_at ?? 0;
    const kept = first.has_more ? videos.filter((video) => !known.has(video.id) && video.created_at <= oldest) : [];
    videos = [...first.data, ...kept];
    if (!kept.length) last = first.has_more ? first.last_id : null;
    $("history-error").textContent = "";
    draw();
  } catch (error) {
    $("history-error").textContent = error.message;
  }
  if (videos.some(isActive)) timer = setTimeout(refresh, PAUSE);
}

async function older() {
  try {
    const more = await getJson(`v1/videos?limit=${PAGE}&order=desc&after=${encodeURIComponent(last)}`);
    videos = [...videos, ...more.data.filter((video) => !rows.has(video.id))];
    last = more.has_more ? more.last_id : null;
    draw();
    rows.get(more.data[0]?.id)?.row.querySelector("button").focus();
  } catch (error) {
    $("history-error").textContent = error.message;
  }
}

/** Puts one video's newest state into the list. */
export function put(video) {
  const place = videos.findIndex((one) => one.id === video.id);
  if (place < 0) videos.unshift(video);
  else videos[place] = video;
  draw();
  if (isActive(video)) {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  }
}

function draw() {
  $("history-empty").hidden = videos.length > 0;
  $("older").hidden = !last;
  const there = new Set(videos.map((video) => video.id));
  for (const [id, { row }] of rows) {
    if (there.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  videos.forEach((video, place) => {
    const row = rowOf(video);
    if ($("videos").children[place] !== row) $("videos").insertBefore(row, $("videos").children[place] ?? null);
  });
}

function rowOf(video) {
  const key = JSON.stringify([video.status, video.progress, video.stage, video.queue_position, video.error]);
  const known = rows.get(video.id);
  if (known?.key === key) return known.row;
  const picture = known?.picture ?? el("span", { class: "thumb" });
  const hasFocus = known?.row.contains(document.activeElement) ? document.activeElement.textContent : null;
  const row = known?.row ?? el("li", { "data-id": video.id });
  const name = nameOf(video);
  const act = isActive(video)
    ? button("Cancel", () => cancel(video), { "aria-label": `Cancel: ${name}` })
    : button("Delete", () => remove(video), { "aria-label": `Delete: ${name}` });
  row.replaceChildren(picture,
    el("div", { class: "grow" },
      button(name, () => open(video), { class: "name" }),
      el("p", { class: "hint" }, el("span", { class: `state ${video.error?.code === "cancelled" ? "cancelled" : video.status}` }, stateOf(video)), ` ${detail(video)}`)),
    act);
  if (hasFocus !== null) [...row.querySelectorAll("button")].find((one) => one.textContent === hasFocus)?.focus();
  const entry = { row, key, picture, hasPicture: known?.hasPicture ?? false };
  rows.set(video.id, entry);
  if (video.status === "completed" && !entry.hasPicture) {
    entry.hasPicture = true;
    picture.dataset.of = video.id;
    seen.observe(picture);
  }
  return row;
}

function detail(video) {
  if (video.status === "in_progress") return `${Math.round(video.progress ?? 0)} %`;
  if (video.status === "queued") return video.queue_position ? `number ${video.queue_position} in the queue` : "";
  const length = video.status === "completed" ? duration(video.seconds) : "";
  return [when(video.created_at), length].filter(Boolean).join(" · ");
}

/** A picture is fetched when its row comes into sight. */
const seen = new IntersectionObserver((changes) => {
  for (const { isIntersecting, target } of changes) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    showThumbnail(target.dataset.of, target);
  }
}, { rootMargin: "200px" });

async function showThumbnail(id, picture) {
  try {
    const url = await blobUrl(`v1/videos/${encodeURIComponent(id)}/content?variant=thumbnail`);
    const image = el("img", { alt: "", width: "56", height: "56", src: url });
    image.addEventListener("load", () => URL.revokeObjectURL(url));
    picture.replaceChildren(image);
  } catch {
    // the place stays empty: a list is read without pictures too
  }
}

export async function cancel(video) {
  try {
    put(await getJson(`v1/videos/${encodeURIComponent(video.id)}/cancel`, { method: "POST" }));
    announce("Cancelled.");
  } catch (error) {
    $("history-error").textContent = error.message;
  }
  await refresh();
}

/** Asks first. True where it is gone. */
export async function remove(video) {
  if (!(await isSure(`Delete the video “${nameOf(video)}”?`, "Delete"))) return false;
  try {
    await call(`v1/videos/${encodeURIComponent(video.id)}`, { method: "DELETE" });
  } catch (error) {
    $("history-error").textContent = error.message;
    return false;
  }
  videos = videos.filter((one) => one.id !== video.id);
  draw();
  announce("Deleted.");
  $("history-title").focus();
  document.dispatchEvent(new CustomEvent("video-deleted", { detail: video.id }));
  return true;
}
