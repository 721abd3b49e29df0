# shellcheck shell=bash
# Sourced: Nix as root without a daemon, on the host's own files (no sandbox), with nothing fetched from anywhere.
if ! command -v nix >/dev/null; then
    echo "ci/nix: no Nix here. On Debian 12:  apt-get install --no-install-recommends nix-bin" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "ci/nix: this writes to /nix/store without a daemon; run it as root, in a container for instance." >&2
    exit 1
fi
export NIX_REMOTE='' NIX_CONFIG="experimental-features = nix-command flakes
sandbox = false
substituters =
build-users-group =
builders =
flake-registry =
warn-dirty = false"
