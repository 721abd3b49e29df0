# The wheels of some layers: what the lines of locks/<layer>.txt say. There is no address in them; nixpkgs' fetchPypi
# makes one from the parts of the file name, and the sha256 alone decides what is accepted.
layers:
let
  linesOf =
    layer:
    builtins.filter (line: builtins.isString line && builtins.match "(#.*)?" line == null) (
      builtins.split "\n" (builtins.readFile (../locks + "/${layer}.txt"))
    );

  # name==version --hash=sha256:<digest>  # <file>
  wheelOf =
    line:
    let
      parts = builtins.match "([^= ]+)==([^ ]+) --hash=sha256:([0-9a-f]{64})  # ([^ ]+[.]whl)" line;
      part = builtins.elemAt parts;
    in
    if parts == null then
      throw "a line of locks/ is not as ci/lock writes it: ${line}"
    else
      {
        name = part 0;
        version = part 1;
        sha256 = part 2;
        file = part 3;
      };

  # <project>-<version>[-<build>]-<python>-<abi>-<platform>.whl (PEP 427); fetchPypi takes a build number as a part of
  # the version.
  fileParts =
    file:
    let
      parts = builtins.match "([^-]+)-([^-]+(-[0-9][^-]*)?)-([^-]+)-([^-]+)-([^-]+)[.]whl" file;
      part = builtins.elemAt parts;
    in
    if parts == null then
      throw "not the name of a wheel: ${file}"
    else
      {
        pname = part 0;
        version = part 1;
        python = part 3;
        abi = part 4;
        platform = part 5;
      };
in
map (line: wheelOf line // { parts = fileParts (wheelOf line).file; }) (builtins.concatMap linesOf layers)
