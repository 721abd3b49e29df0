// Many videos from one table.

import { sendForm } from "./api.js";
import { $, clearErrors, el } from "./dom.js";

let file = null;

export function startTable(queued) {
  $("table-file").addEventListener("change", (event) => event.target.files[0] && giveTable(event.target.files[0]));
  $("batch-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send(queued);
  });
}

/** A table that was chosen or dropped. */
export function giveTable(given) {
  file = given;
  $("batch").open = true;
  $("table-name").textContent = given.name;
  $("table-make").disabled = false;
  $("table-told").textContent = "";
  $("table-result").hidden = true;
  clearErrors($("batch-form"));
  $("batch").scrollIntoView({ block: "nearest" });
}

async function send(queued) {
  clearErrors($("batch-form"));
  const wanted = new FormData();
  wanted.set("table", file);
  $("table-make").disabled = true;
  try {
    const { data } = await sendForm("v1/tables", wanted, { once: true });
    const bad = data.filter((row) => row.error).length;
    const put = data.length - bad;
    $("table-told").textContent =
      `${put} ${put === 1 ? "video is" : "videos are"} in the queue${bad ? `, ${bad} ${bad === 1 ? "row" : "rows"} cannot be made` : ""}.`;
    const rows = data.map((row) => el("tr", { class: row.error ? "bad" : "" }, el("td", {}, String(row.row)), el("td", {}, row.name ?? ""),
      el("td", {}, row.error ? (row.error.message ?? String(row.error)) : "in the queue")));
    const head = el("tr", {}, ...["Row", "Name", "State"].map((name) => el("th", { scope: "col" }, name)));
    $("table-result").replaceChildren(el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
    $("table-result").hidden = false;
    queued();
  } catch (error) {
    $("table-error").textContent = error.message;
    $("table-make").disabled = false;
  }
}
