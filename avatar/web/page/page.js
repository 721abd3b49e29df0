// The page: puts its parts together.

import { getJson } from "./api.js";
import { $ } from "./dom.js";
import { startDrop } from "./drop.js";
import { fillForm, giveScript, giveSpeech, startForm } from "./form.js";
import { requestProperties } from "./options.js";
import { show, startPlayer } from "./player.js";
import { giveOwn } from "./portraits.js";
import { giveTable, startTable } from "./table.js";
import { isActive, put, refresh, startVideos } from "./videos.js";

function made(video) {
  put(video);
  show(video);
}

function again(fields, { portrait, audio, lost }) {
  fillForm(fields, `Filled in as that video was asked for.${lost ? ` ${lost}` : ""}`);
  if (portrait) giveOwn(portrait);
  if (audio) giveSpeech(audio);
  $(audio ? "portraits" : "script").focus();
  $("form").scrollIntoView({ block: "start" });
}

async function start() {
  startPlayer(again);
  startTable(refresh);
  startDrop({ script: giveScript, speech: giveSpeech, portrait: giveOwn, table: giveTable });
  const properties = requestProperties(await getJson("openapi.json"));
  const [videos] = await Promise.all([startVideos(show), startForm(properties, made)]);
  const active = videos.find(isActive);
  if (active && $("current").hidden) show(active, { move: false });
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  $("form-error").textContent = error.message;
});
