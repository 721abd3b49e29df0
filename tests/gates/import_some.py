"""usage: import_some.py {base,full} MODULE...   the check `imports` of `avatar status --strict`, for some modules."""

import sys

from avatar.cli.status import lines
from avatar.environment import checks, installed

layers = {"base": ["base"], "full": ["base", "full"]}[sys.argv[1]]
check = checks.check_imports(installed.site_packages(), layers, sys.argv[2:])
print("\n".join(lines({"host": {}, "checks": [vars(check)], "fingerprints": {}})))
sys.exit(not check.ok)
