"""The generator of SDKs, built from Go modules, and the SDKs that it writes."""

import subprocess
from pathlib import Path

from local_aws.engine_build import NOT_TO_DEBUG, Go
from local_aws.engine_steps import EngineError, Work, run
from plugin.__main__ import Plugin

GENERATOR = Path(__file__).parent / "generator"


def build_generator(work: Work, go: Go) -> Path:
    """The generator's executable, in ``work.scratch``; EngineError if it can't be built."""
    made = work.scratch / "generator"
    step = "building the generator of SDKs (some minutes, if Go has not built the engine here)"
    run(work, step, [go.command, "build", NOT_TO_DEBUG, "-o", str(made), "."], go.environment, cwd=GENERATOR)
    return made


def generate(generator: Path, language: str, folder: Path) -> None:
    """Write the component's SDK for ``go``, ``python`` or ``typescript`` into a folder; EngineError if it fails."""
    command = [str(generator), language, str(folder)]
    done = subprocess.run(command, input=Plugin().schema, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"the SDK for {language} could not be generated: {done.stderr.strip()}")
