# What the wheels leave to the system, by full path: opened when Python starts (build_env.py). The same list as
# SYSTEM_LIBRARIES in avatar/environment/bootstrap.py.
pkgs:
let
  glvnd = "${pkgs.libglvnd}/lib";
in
[
  "${pkgs.stdenv.cc.cc.lib}/lib/libstdc++.so.6"
  "${pkgs.zlib}/lib/libz.so.1"
  # mediapipe
  "${glvnd}/libEGL.so.1"
  "${glvnd}/libGLESv2.so.2"
]
