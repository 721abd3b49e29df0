// Files dropped anywhere on the page go where they belong.

import { $, announce } from "./dom.js";

const KINDS = [
  ["table", /\.(csv|tsv|jsonl|ndjson|json)$/i, /^text\/csv/],
  ["script", /\.(txt|md|text)$/i, /^text\//],
  ["speech", /\.(wav|mp3|m4a|flac|ogg|opus|aac|aiff?|wma)$/i, /^audio\//],
  ["portrait", /\.(jpe?g|png|webp|avif|gif|bmp|tiff?|heic|heif|mp4|mov|mkv|webm|avi)$/i, /^(image|video)\//],
];

export const kindOf = (file) =>
  (KINDS.find(([, ending]) => ending.test(file.name)) ?? KINDS.find(([, , type]) => type.test(file.type)))?.[0];

/** takers: {kind: function of the file}. */
export function startDrop(takers) {
  let inside = 0;
  const isOfFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const showing = (is) => ($("drop").hidden = !is);
  addEventListener("dragenter", (event) => isOfFiles(event) && showing(++inside > 0));
  addEventListener("dragleave", (event) => isOfFiles(event) && showing((inside = Math.max(0, inside - 1)) > 0));
  addEventListener("dragover", (event) => isOfFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    showing(!!(inside = 0));
    $("form-error").textContent = "";
    for (const file of event.dataTransfer.files) {
      const kind = kindOf(file);
      if (!kind) {
        $("form-error").textContent = `${file.name} is no script, portrait, recording or table.`;
        continue;
      }
      takers[kind](file);
      announce(`${file.name} is taken as the ${kind}.`);
    }
  });
}
