# The environment: a virtual environment in the store, over nixpkgs' Python, of links to unpacked wheels.
{
  pkgs,
  suffix,
  layers,
}:
let
  python = pkgs.python311;
  interpreter = "${python}/bin/python3.11";
  requires = (builtins.fromTOML (builtins.readFile ../pyproject.toml)).project.requires-python;

  # One derivation for each wheel: a changed pin unpacks one wheel, not 7 GB, and an image gets a layer for each. No
  # fixup phase strips or patches anything: the files keep the wheel's bytes, so every door shows one fingerprint.
  unpacked =
    wheel:
    let
      file = pkgs.fetchPypi {
        inherit (wheel.parts)
          pname
          version
          python
          abi
          platform
          ;
        dist = wheel.parts.python; # how the index files wheels
        format = "wheel";
        inherit (wheel) sha256;
      };
    in
    # The fixed hash seed makes byte code the same each time.
    pkgs.runCommand "${wheel.name}-${wheel.version}" { PYTHONHASHSEED = "0"; } ''
      cp ${./unpack_wheel.py} unpack_wheel.py
      cp ${../avatar/environment/elf.py} elf.py
      ${interpreter} unpack_wheel.py ${file} "$out" ${python.sitePackages} ${pkgs.stdenv.cc.bintools.dynamicLinker}
    '';
in
if requires != "==${python.pythonVersion}.*" then
  throw "pyproject.toml and the locked wheels ask for Python ${requires}; this nixpkgs gives ${python.pythonVersion}"
else
  pkgs.runCommand "avatar-env${suffix}" { } ''
    cp ${./build_env.py} build_env.py
    cp ${./check_elf.py} check_elf.py
    cp ${../avatar/environment/elf.py} elf.py
    ${interpreter} build_env.py "$out" ${python.sitePackages} ${interpreter} ${./unresolved.txt} \
      ${toString (import ./libraries.nix pkgs)} -- ${toString (map unpacked (import ./lock.nix layers))}
  ''
