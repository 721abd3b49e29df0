# The needed files of avatar/weights/models.lock as one folder, laid out for AVATAR_MODELS: <owner>/<name>/<path>.
# Whoever builds this downloads 8.5 GB; nothing else refers to it. Who downloaded a model does not matter: it is used
# only when its licence was accepted, and when its bytes are the locked ones.
{ pkgs }:
let
  lock = builtins.fromTOML (builtins.readFile ../avatar/weights/models.lock);

  link =
    model: file:
    let
      download = pkgs.fetchurl {
        name = baseNameOf file.path;
        # The lock pins hub repositories by revision; this is how the hub addresses a file of one.
        url = "https://huggingface.co/${model.repo}/resolve/${model.revision}/${file.path}";
        inherit (file) sha256;
      };
    in
    ''
      mkdir -p "$out/${model.repo}/${dirOf file.path}"
      ln -s ${download} "$out/${model.repo}/${file.path}"
    '';

  rendering = builtins.filter (model: !(model.evaluation or false)) (builtins.attrValues lock.models);
  linksOf = model: map (link model) (builtins.filter (file: file.needed) model.files);
in
pkgs.runCommand "avatar-weights" { } (
  builtins.concatStringsSep "" (builtins.concatMap linksOf rendering)
)
