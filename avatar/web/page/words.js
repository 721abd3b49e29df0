// What the options of a request are called here, in the order in which they are shown. One that is not named here is shown
// too, by the words of the schema.

export const OPTIONS = {
  size: ["Size", "square, portrait, landscape, source, as 4:5 or as 1280x720; 512x512 where it is empty."],
  captions: ["Captions", "A track of the video, in the picture, a file beside it, or none."],
  caption_style: ["Captions in the picture", "Plain, in a box, or word by word."],
  font: ["Font of captions in the picture", "A .ttf, .otf or .ttc file; DejaVu Sans without one."],
  fit: ["Fit", "The head large, or the whole picture."],
  position: ["Place of the head", "In a wide frame."],
  background: ["Background", "Where the picture does not reach, or is clear: blur, or a colour as #203040."],
  backdrop: ["Picture or video for the background", "It fills the frame where the portrait does not reach, or is clear; a video is repeated."],
  subtitles: ["Subtitles", "The same as captions as a track."],
  mark: ["Visible mark", "A small “synthetic preview” in the picture."],
  seconds: ["Length in seconds", "The speech is fitted to it; up to 120."],
  speed: ["Speed", "0.7 to 1.5; 1 is the voice's own pace. Without a length."],
  seed: ["Seed", "Another number gives other blinks and another intonation."],
  face: ["Which face", "Counted from the left, where the picture has several."],
  negative_prompt: ["Not in the portrait", "What a drawn portrait must not show (Full)."],
  steps: ["Drawing steps", "More are slower and finer (Full)."],
  tries: ["Drawing tries", "Until a portrait shows a face (Full)."],
  lips_region: ["Lips: what is drawn", "“Lips” keeps a beard (Full)."],
  lips_shift: ["Lips: opening", "-1 is calmer, 1 is wider (Full)."],
  lips_margin: ["Lips: room below the chin", "0 to 0.1 of the face (Full)."],
  profile: ["Memory profile", "What fits is chosen by itself (Full)."],
  priority: ["Priority", "A higher one is made earlier."],
};

// What a video is for: the options that `avatar make --for` chooses, by the same names.
export const PURPOSES = {
  youtube: ["YouTube, 16:9", { size: "landscape", captions: "soft", caption_style: "plain" }],
  shorts: ["Shorts, 9:16", { size: "portrait", captions: "burned", caption_style: "karaoke" }],
  square: ["Square post", { size: "square", captions: "burned", caption_style: "box" }],
};

export const MODELS = {
  "avatar-preview": ["Preview", "quick, on any computer"],
  "avatar-full": ["Full", "drawn lips and your own voices; wants a GPU"],
};
