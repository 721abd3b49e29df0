# Each attribute has nixpkgs' name and takes nixpkgs' arguments; what it gives is links to the host's files. So this
# proves how the flake is put together, and nothing about nixpkgs' own packages (docs/nix.md says what that leaves).
let
  path = "/usr/local/bin:/usr/bin:/bin";
  gnu = "/usr/lib/x86_64-linux-gnu";

  # Builders end in `exit 0`: a last command that bash execs closes the log at its end, for which Nix kills it.
  builder =
    name: attributes: script:
    derivation (
      {
        inherit name script;
        system = "x86_64-linux";
        builder = "/bin/bash";
        args = [
          "-euo"
          "pipefail"
          "-c"
          ". \"$scriptPath\"; exit 0"
        ];
        passAsFile = [ "script" ];
        PATH = path;
      }
      // attributes
    );

  # { "bin/ld" = "/usr/bin/ld"; }: a tree of links to files of the host.
  host =
    name: links:
    builder name { } (
      builtins.concatStringsSep "" (
        map (to: ''
          test -e ${links.${to}} || { echo "this host lacks ${links.${to}}"; exit 1; }
          mkdir -p "$out/${dirOf to}"
          ln -s ${links.${to}} "$out/${to}"
        '') (builtins.attrNames links)
      )
    );
  library = name: sonames: host name (hostFiles "lib" gnu sonames);
  hostFiles =
    to: from: names:
    builtins.listToAttrs (
      map (name: {
        name = "${to}/${name}";
        value = "${from}/${name}";
      }) names
    );

  executable =
    name: text:
    builder name { inherit text; } ''
      mkdir -p "$out/bin"
      printf '%s' "$text" > "$out/bin/${name}"
      chmod 755 "$out/bin/${name}"
      bash -n "$out/bin/${name}"
    '';
  binPaths = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);

  # A file with a known digest. Nix looks for it in the store first, and ci/nix/seed has put it there. Nothing is
  # downloaded; AVATAR_FILES, a folder, stands for the network in the check that a wrong digest is refused.
  fetched =
    name: sha256:
    builder name
      {
        outputHashMode = "flat";
        outputHashAlgo = "sha256";
        outputHash = sha256;
        impureEnvVars = [ "AVATAR_FILES" ];
      }
      ''
        if [ -z "$AVATAR_FILES" ]; then
          echo "${name} is not in the store, and the stand-in downloads nothing; seed it: ci/nix/seed"
          exit 1
        fi
        cp "$AVATAR_FILES/${name}" "$out"
      '';
in
rec {
  runCommand = builder;

  python311 = builder "python3-3.11" { } ''
    mkdir -p "$out/bin"
    ln -s "$(command -v python3.11)" "$out/bin/python3.11"
  '' // {
    pythonVersion = "3.11";
    sitePackages = "lib/python3.11/site-packages";
  };
  python312 = python311 // {
    pythonVersion = "3.12"; # for the check that another Python is refused
  };

  stdenv.cc = {
    cc.lib = library "gcc-lib" [
      "libstdc++.so.6"
      "libgcc_s.so.1"
    ];
    bintools.dynamicLinker = "${host "glibc" {
      "lib/ld-linux-x86-64.so.2" = "/lib64/ld-linux-x86-64.so.2";
    }}/lib/ld-linux-x86-64.so.2";
  };
  zlib = library "zlib" [ "libz.so.1" ];
  libglvnd = library "libglvnd" [
    "libEGL.so.1"
    "libGLESv2.so.2"
  ];
  coreutils = host "coreutils" (
    hostFiles "bin" "/usr/bin" [
      "cksum"
      "cut"
      "ln"
      "mkdir"
      "mktemp"
      "mv"
      "readlink"
      "rm"
    ]
  );
  gnused = host "gnused" { "bin/sed" = "/bin/sed"; };
  bashInteractive = host "bash-interactive" { "bin/bash" = "/bin/bash"; }; # `nix develop` asks for it by itself

  # The real ones name the file as the address does, and so does this: the store paths are equal.
  fetchurl =
    {
      url,
      sha256,
      name ? baseNameOf url,
    }:
    fetched name sha256;
  fetchPypi =
    {
      pname,
      version,
      format,
      dist,
      python,
      abi,
      platform,
      sha256,
    }:
    assert format == "wheel" && dist == python;
    fetched "${pname}-${version}-${python}-${abi}-${platform}.whl" sha256;

  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
    }:
    executable name ''
      #!/bin/bash
      set -o errexit -o nounset -o pipefail
      export PATH="${binPaths runtimeInputs}:$PATH"
      ${text}'';
  mkShellNoCC =
    { packages }:
    builder "nix-shell" {
      outputs = [ "out" ]; # `nix develop` reads this variable, which stdenv sets
      PATH = "${binPaths packages}:${path}";
    } ''echo shell > "$out"'';
  dockerTools = {
    caCertificates = host "ca-certificates" {
      "etc/ssl/certs/ca-bundle.crt" = "/etc/ssl/certs/ca-certificates.crt";
    };
    fakeNss = host "fake-nss" { "etc/passwd" = "/etc/passwd"; };
    # Only evaluates the arguments; no image is made.
    streamLayeredImage =
      {
        name,
        tag,
        contents,
        extraCommands,
        config,
      }@image:
      builder "stream-${name}" { text = builtins.toJSON image; } ''printf '%s' "$text" > "$out"'';
  };
  nixfmt-rfc-style = executable "nixfmt" "#!/bin/sh\necho 'the stand-in formats nothing' >&2\nexit 1\n";
}
