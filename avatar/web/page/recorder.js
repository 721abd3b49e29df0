// A recording: from the microphone, or a file.

import { button, el } from "./dom.js";

/** Fills `place` with the controls; returns {file, set, clear}. `changed` is called whenever there is another file. */
export function recording(place, { label, longest = 120, changed = () => {} }) {
  const state = { file: null };
  const id = `${place.id}-file`;
  const input = el("input", { type: "file", id, accept: "audio/*,video/*" });
  const heard = el("audio", { controls: true, hidden: true, "aria-label": `Listen to: ${label}` });
  const name = el("span", { class: "hint" });
  const error = el("span", { class: "problem", role: "alert" });
  const record = button("Record", () => (recorder ? recorder.stop() : start()));
  const remove = button("Remove", () => state.clear(), { hidden: true });
  let recorder = null;
  let address = null;

  state.set = (file) => {
    state.file = file;
    if (address) URL.revokeObjectURL(address);
    address = file ? URL.createObjectURL(file) : null;
    heard.hidden = remove.hidden = !file;
    if (file) heard.src = address;
    else heard.removeAttribute("src");
    name.textContent = file ? file.name : "";
    error.textContent = "";
    changed();
  };
  state.clear = () => {
    input.value = "";
    state.set(null);
  };
  /** Of a dialog that is closed: the microphone is let go. */
  state.stop = () => recorder?.stop();

  async function start() {
    error.textContent = "";
    if (!navigator.mediaDevices?.getUserMedia) {
      error.textContent = "The browser lets no page record here; choose a file.";
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (problem) {
      error.textContent = problem.name === "NotFoundError"
        ? "There is no microphone; choose a file."
        : "The browser did not allow the microphone; allow it for this page, or choose a file.";
      return;
    }
    const kind = ["audio/webm;codecs=opus", "audio/mp4", ""].find((type) => !type || MediaRecorder.isTypeSupported(type));
    const parts = [];
    recorder = new MediaRecorder(stream, kind ? { mimeType: kind } : {});
    recorder.ondataavailable = (event) => parts.push(event.data);
    const began = Date.now();
    const told = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      record.textContent = `Stop (${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})`;
      if (seconds >= longest) recorder?.stop();
    };
    const clock = setInterval(told, 500);
    recorder.onstop = () => {
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      const type = recorder.mimeType.split(";")[0] || "audio/webm";
      recorder = null;
      record.textContent = "Record again";
      record.classList.remove("recording");
      state.set(new File(parts, `recording.${type.endsWith("mp4") ? "m4a" : "webm"}`, { type }));
    };
    recorder.start();
    record.classList.add("recording");
    told();
  }

  input.addEventListener("change", () => input.files[0] && state.set(input.files[0]));
  place.replaceChildren(
    el("div", { class: "row" }, record, el("label", { class: "button small" }, input, " Choose a file"), remove, name),
    heard, error);
  return state;
}
