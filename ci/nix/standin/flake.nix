{
  description = "A stand-in for nixpkgs: the attributes that avatar's flake uses, made of a Debian host's own files. For CI only.";
  outputs =
    { self }:
    {
      legacyPackages.x86_64-linux = import ./pkgs.nix;
    };
}
