# A way in: the environment of some layers, its Python with all it needs set, and avatar.
{
  pkgs,
  suffix,
  layers,
}:
let
  env = import ./env.nix { inherit pkgs suffix layers; };

  # The web process of `avatar serve`, which `avatar` becomes; its worker stays in the environment above.
  service = import ./env.nix {
    inherit pkgs;
    suffix = "-service";
    layers = [ "service" ];
  };

  # avatar as this checkout has it; beside it the locks, which `avatar status` compares the environment with.
  source = pkgs.runCommand "avatar-source" { PYTHONHASHSEED = "0"; } ''
    mkdir "$out"
    cp -r ${../avatar} "$out/avatar"
    cp -r ${../locks} "$out/locks"
    chmod -R u+w "$out"
    ${pkgs.python311}/bin/python3.11 -m compileall -q -s "$out" --invalidation-mode unchecked-hash "$out/avatar"
  '';

  # The host's own Python packages and libraries stay outside. The store is not to be written, so no byte code is.
  python = pkgs.writeShellApplication {
    name = "avatar-python";
    runtimeInputs = [
      pkgs.coreutils
      pkgs.gnused
    ];
    text = ''
      # shellcheck source=/dev/null
      . ${./host-driver.sh}
      driver=$(avatar_driver_folder)
      unset LD_LIBRARY_PATH PYTHONHOME AVATAR_RUN
      if [ -n "$driver" ]; then
        export LD_LIBRARY_PATH="$driver" TRITON_LIBCUDA_PATH="$driver"
      fi
      export PYTHONPATH=${source} PYTHONUTF8=1 PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1
      export AVATAR_SERVICE_PYTHON=${service}/bin/python3
      exec ${env}/bin/python3 "$@"
    '';
  };

  avatar = pkgs.writeShellApplication {
    name = "avatar";
    text = ''
      exec ${python}/bin/avatar-python -P -m avatar "$@"
    '';
  };
in
{
  inherit env python avatar;
}
