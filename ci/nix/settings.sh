# shellcheck shell=bash
# Sourced: Nix as root without a daemon, with nothing fetched from anywhere. It builds in the sandbox as it does by default:
# without a network, /sys and the rest of the host. Let in are the host's own files that the stand-in is made of, which
# real builds have no need of, and AVATAR_FILES, which stands for the network (ci/nix/standin/pkgs.nix).
if ! command -v nix >/dev/null; then
    echo "ci/nix: no Nix here. On Debian 12:  apt-get install --no-install-recommends nix-bin" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "ci/nix: this writes to /nix/store without a daemon; run it as root, in a container for instance." >&2
    exit 1
fi
export NIX_REMOTE='' NIX_CONFIG="experimental-features = nix-command flakes
sandbox = true
sandbox-fallback = false
sandbox-paths = /usr /lib /lib64 /bin /sbin /etc/alternatives /etc/ld.so.cache /etc/ld.so.conf /etc/ld.so.conf.d ${AVATAR_FILES:-}
substituters =
build-users-group =
builders =
flake-registry =
warn-dirty = false"
