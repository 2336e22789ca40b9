"""The bill of materials: the package and all that came with it into a fresh environment, as CycloneDX."""

import json
import subprocess
import sys
from pathlib import Path

from tools.release.packages import digest


def write(wheel: Path, python: Path, project: Path, out: Path) -> None:
    """Write what a wheel brought into the environment of a Python, as JSON. Raises ValueError."""
    options: list[str | Path] = [
        "--pyproject",
        project / "pyproject.toml",
        "--mc-type",
        "library",
        "--output-reproducible",
    ]
    command = [sys.executable, "-m", "cyclonedx_py", "environment", *options, python]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"cyclonedx_py: {done.stderr.strip()}")
    bill = json.loads(done.stdout)
    # pyproject.toml has no version, and the program has seen no wheel.
    version, hashes = wheel.name.split("-")[1], [{"alg": "SHA-256", "content": digest(wheel)}]
    bill["metadata"]["component"] |= {"version": version, "hashes": hashes}
    out.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")
