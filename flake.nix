{
  description = "avatar: a script, a voice and a portrait in; a lip-synced talking-head video out";

  # The only input. It brings the interpreter and the libraries that the wheels leave to the system; the Python
  # packages, FFmpeg and espeak-ng are the wheels of locks/, the same files as through every other door.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";

  outputs =
    { self, nixpkgs }:
    let
      system = "x86_64-linux"; # the only one that the locked wheels are for
      pkgs = nixpkgs.legacyPackages.${system};
      app = program: {
        type = "app";
        inherit program;
      };

      # Apart, so that the preview stack does not bring CUDA along, nor who clones with Pocket TTS alone XTTS-v2's packages.
      base = import ./nix/door.nix {
        inherit pkgs;
        suffix = "";
        layers = [ "base" ];
      };
      full = import ./nix/door.nix {
        inherit pkgs;
        suffix = "-full";
        layers = [
          "base"
          "full"
        ];
      };
      pocket = import ./nix/door.nix {
        inherit pkgs;
        suffix = "-pocket";
        layers = [
          "base"
          "pocket"
        ];
      };
    in
    {
      packages.${system} = {
        default = base.avatar;
        inherit (base) avatar env python;
        avatar-full = full.avatar;
        env-full = full.env;
        python-full = full.python;
        avatar-pocket = pocket.avatar;
        env-pocket = pocket.env;
        python-pocket = pocket.python;
        weights = import ./nix/weights.nix { inherit pkgs; }; # 8.5 GB; nothing else refers to it
        image = import ./nix/image.nix { inherit pkgs; door = base; };
      };

      apps.${system} = rec {
        default = avatar;
        avatar = app "${base.avatar}/bin/avatar";
        avatar-full = app "${full.avatar}/bin/avatar";
        avatar-pocket = app "${pocket.avatar}/bin/avatar";
        python = app "${base.python}/bin/avatar-python";
      };

      devShells.${system}.default = pkgs.mkShellNoCC {
        packages = [
          base.avatar
          base.python
        ];
      };

      # Of the base layer alone. The full environment checks its shared libraries too, when it is built.
      checks.${system} = {
        inherit (base) env;
        # Every file is the locked wheel's, every module imports.
        status = pkgs.runCommand "avatar-check-status" { } ''
          export HOME="$PWD"
          ${base.avatar}/bin/avatar status --strict | tee "$out"
        '';
        # A voice, and FFmpeg. No video: Nix builds without /sys, and MediaPipe, which finds the face, ends where it
        # cannot count processors there. `nix run . -- demo` renders one, outside.
        voice = pkgs.runCommand "avatar-check-voice" { } ''
          export HOME="$PWD"
          ${base.avatar}/bin/avatar voice say "It works on more than one machine, and it sounds the same." -o said.wav
          ffmpeg=$(${base.python}/bin/avatar-python -c "import imageio_ffmpeg as f; print(f.get_ffmpeg_exe())")
          "$ffmpeg" -loglevel error -i said.wav said.m4a
          ${base.avatar}/bin/avatar check said.m4a | tee "$out"
        '';
      };

      formatter.${system} = pkgs.nixfmt-rfc-style;
    };
}
