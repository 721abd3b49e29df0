# shellcheck shell=bash
# Sourced by the launcher: avatar_driver_folder prints a folder that holds the host's NVIDIA driver libraries and
# nothing else, or nothing where there is no driver. The driver belongs to the host's kernel, so it is never pinned. A
# folder of all the host's libraries will not do: its C and C++ libraries must stay unseen by a Python of another glibc.

avatar_driver_folder() {
  local folder found
  # The user's choice, NixOS, WSL: folders of a driver alone.
  for folder in "${AVATAR_DRIVER_LIBS:-}" /run/opengl-driver/lib /usr/lib/wsl/lib; do
    if [ -n "$folder" ] && [ -e "$folder/libcuda.so.1" ]; then
      echo "$folder"
      return
    fi
  done
  # Other systems and containers: a folder where it lies among others.
  for folder in /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/lib /usr/local/nvidia/lib64 /usr/lib64-nvidia; do
    if [ -e "$folder/libcuda.so.1" ]; then
      avatar_driver_links "$folder"
      return
    fi
  done
  if [ -x /sbin/ldconfig ]; then
    found=$(/sbin/ldconfig -p 2>/dev/null | sed -n 's|^[[:space:]]*libcuda\.so\.1 (libc6,x86-64.*=> \(/.*\)/[^/]*$|\1|p')
    if [ -n "$found" ]; then
      avatar_driver_links "${found%%$'\n'*}" # the first of them
    fi
  fi
}

# avatar_driver_links FOLDER: make, once, and print a folder of links to the driver's libraries of FOLDER.
avatar_driver_links() {
  local host=$1 links library scratch
  # Named after the file that libcuda.so.1 leads to, whose name has the version: another driver gets another folder.
  links=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/avatar/driver-$(readlink -f "$host/libcuda.so.1" | cksum | cut -d' ' -f1)
  if [ ! -d "$links" ]; then
    mkdir -p "${links%/*}"
    scratch=$(mktemp -d "$links.XXXXXX")
    for library in "$host"/libcuda.so* "$host"/libcudadebugger.so* "$host"/libnvidia-*.so* "$host"/libnvcuvid.so*; do
      if [ -e "$library" ]; then
        ln -s "$library" "$scratch/"
      fi
    done
    mv -T "$scratch" "$links" 2>/dev/null || rm -r "$scratch" # another process made it meanwhile
  fi
  echo "$links"
}
