# A container image of the preview stack. The build makes a script that prints the image, so that nothing of its size
# lands in the store: nix build .#image && ./result | docker load
{ pkgs, door }:
pkgs.dockerTools.streamLayeredImage {
  name = "avatar";
  tag = "nix";
  contents = [
    door.avatar
    door.python
    pkgs.dockerTools.caCertificates
    pkgs.dockerTools.fakeNss # /etc/passwd, which names root and nobody
  ];
  # An image made of store paths alone has no /tmp, and no folder that its user may write to.
  extraCommands = ''
    mkdir -m 1777 tmp workspace
  '';
  config = {
    Entrypoint = [ "${door.avatar}/bin/avatar" ];
    Env = [
      "HOME=/tmp"
      "AVATAR_HOME=/workspace/.avatar" # jobs outlive the container where /workspace is a volume
    ];
    WorkingDir = "/workspace";
    User = "65534:65534"; # nobody
  };
}
