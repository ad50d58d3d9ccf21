"""Look up the packages of constraints.txt in the public list of vulnerabilities, with pip-audit.

Exit codes: 0 none is known; 1 some are; 3 the list cannot be reached, and nothing was looked up.
"""

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"


def main() -> int:
    """Print what is known, and return the exit code."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    command += ["--disable-pip", "--no-deps", "--requirement", str(CONSTRAINTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        found = []
    asked = [package for package in found if "skip_reason" not in package]
    if not asked:  # pip-audit itself ends with 0 here: to it, a package that it cannot find is only skipped
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"the list of vulnerabilities cannot be reached: nothing was audited ({last})", file=sys.stderr)
        return 3
    known = [(package, problem) for package in asked for problem in package["vulns"]]
    for package, problem in known:
        fixed = ", ".join(problem["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {problem['id']}, fixed in {fixed}")
    print(f"{len(asked)} of {len(found)} packages audited, {len(known)} known vulnerabilities")
    return int(bool(known) or len(asked) < len(found))


sys.exit(main())
