"""Commands with generated arguments, files and outputs of pulumi: each ends in one sentence, or hands over the key."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import dotenv
import pulumi as sdk
import pytest

from s3io_user import cli, secret_files
from s3io_user.errors import InputError, S3IOError
from s3io_user.handover.credentials import MASK, Credentials, from_outputs, user_outputs
from s3io_user.handover.formats import RENDERERS, render_wp_config
from s3io_user.inputs import project
from s3io_user.inputs.checks import resolve
from s3io_user.stack import pulumi_cli
from tests import bad_inputs, fake_pulumi
from tests.bad_inputs import BROKEN, CANARY, TOO_DEEP, complaint, spoilt, text, written
from tests.fake_pulumi import FakePulumi
from tests.programs import require_program
from tests.unit.handover.test_credentials import read_ini, read_php
from tests.unit.inputs.test_bad_inputs import POLICY, some_config
from tests.unit.inputs.test_checks import GOOD
from tests.unit.policy.test_bad_policies import DOCUMENT, policy_text

# ---- the commands ----------------------------------------------------------------------------------------------------

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
PAIR = {"userName": "site-a", "accessKeyId": KEY_ID, "secretAccessKey": CANARY}
PLACES = {"region": "eu-west-1", "buckets": ["photos/wp-content/uploads"]}
OUTPUTS = {**PAIR, "credentials": {**PAIR, **PLACES}, "policyDocument": json.dumps(POLICY)}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def complaint(self) -> str | None:
        """What is wrong with how a command failed."""
        if self.code not in (1, 2) or self.out:
            return f"ended with {self.code}, having printed {self.out[:200]!r}"
        if not self.err.startswith("s3io-user: " if self.code == 1 else "usage: "):
            return f"says {self.err[:200]!r}"
        return complaint(self.err.rstrip("\n"))


def command(*argv: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = cli.main(argv)
        except SystemExit as end:
            code = int(end.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


_USER = {"type": "aws:iam/user:User", "urn": "u", "id": "site-a", "outputs": {"name": PAIR["userName"]}}
STATE = json.dumps({"deployment": {"resources": [_USER]}})


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A stack whose outputs are what ``outputs`` here says, and a folder of its own to be in."""
    answers = {"outputs": json.dumps(OUTPUTS)}
    monkeypatch.setattr(pulumi_cli, "forbid_core_dumps", lambda: None)  # not for the whole test run
    monkeypatch.setattr(pulumi_cli, "run", lambda asked, *_, **__: STATE if "export" in asked else answers["outputs"])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)
    return answers


def some_export(source: Random) -> tuple[str, list[str]]:
    """A stack's outputs with something wrong in them, and a way to export them."""
    outputs = {key: value for key, value in OUTPUTS.items() if source.random() < 0.95}
    for _ in range(source.choice([0, 1, 1, 1, 2])):
        outputs = spoilt(source, outputs)
    if source.random() < 0.3:
        users = {text(source, "blog"): outputs, **{f"s{n}": OUTPUTS for n in range(source.choice([0, 0, 1, 30]))}}
        outputs = {"users": spoilt(source, users) if source.random() < 0.3 else users}
    argv = ["--format", source.choice(list(RENDERERS))]
    argv += source.choice(
        [[], ["--out", "-"], ["--out", "-"], ["--out", "keys"], ["--out", "keys"], ["--show-secrets"]]
    )
    if source.random() < 0.3:
        argv += ["--user", source.choice([*(outputs if isinstance(outputs, dict) else []), "s0", text(source, "blog")])]
    if source.random() < 0.02:
        outputs = {**OUTPUTS, "credentials": {**PAIR, "secretAccessKey": MASK}}
    return written(source, outputs), argv


def read_back(form: str, said: str) -> dict[str, str]:
    """The pair, as the reader of a format finds it, by the names that an environment has for it."""
    if form == "json":
        found = json.loads(said)
        return {"AWS_ACCESS_KEY_ID": found["accessKeyId"], "AWS_SECRET_ACCESS_KEY": found["secretAccessKey"]}
    if form == "csv":
        _, row = csv.reader(io.StringIO(said))
        return dict(zip(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], row[:2], strict=True))
    if form == "ini":
        ((_, values),) = ((name, values) for name, values in read_ini(said).items())
        return {key.upper(): value for key, value in values.items() if key != "region"}
    if form == "wp-config":
        found = read_php(said)
        assert set(found) <= {"DBI_AWS_ACCESS_KEY_ID", "DBI_AWS_SECRET_ACCESS_KEY", *_PLACES}
        return {key.removeprefix("DBI_"): value for key, value in found.items() if key.startswith("DBI_")}
    if form in _LINES:
        found = dict(line.split(" = ", 1) for line in said.splitlines()[1:])
        return dict(zip(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], map(found.get, _LINES[form]), strict=True))
    if form == "wp-cli":
        ran = subprocess.run(["sh", "-euc", _WP + said], capture_output=True, text=True, check=True, env={}).stdout
        found = dict(line.split("=", 1) for line in ran.splitlines())
        assert set(found) <= {"DBI_AWS_ACCESS_KEY_ID", "DBI_AWS_SECRET_ACCESS_KEY", *_PLACES}
        return {key.removeprefix("DBI_"): value for key, value in found.items() if key.startswith("DBI_")}
    in_shell = ["sh", "-euc", f'{said}printf "%s|%s" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"']
    shell = subprocess.run(in_shell, capture_output=True, text=True, check=True, env={}).stdout.split("|")
    found = dotenv.dotenv_values(stream=io.StringIO(said))
    assert [found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]] == shell
    return {key: value or "" for key, value in found.items() if not key.endswith("REGION") and key.startswith("AWS_")}


_LINES = {"rclone": ("access_key_id", "secret_access_key"), "s3cmd": ("access_key", "secret_key")}
# WP-CLI as these lines call it: with --prompt it reads the value, and standard output is not where it is kept.
_WP = """exec 3>&1
wp() {
    value=$4
    if [ "$value" = --type=constant ]; then read -r value; fi
    printf '%s=%s\\n' "$3" "$value" >&3
}
"""
_PLACES = {f"S3_IMAGE_OPTIMIZER_{name}" for name in ("BUCKET", "FOLDER", "REGION")}


def pair_of(outputs: dict[str, Any], argv: list[str]) -> dict[str, str]:
    """The pair that an export of these outputs must give."""
    users = outputs.get("users", {"": outputs})
    own = (
        users[argv[argv.index("--user") + 1]] if "--user" in argv and "users" in outputs else next(iter(users.values()))
    )
    within = own.get("credentials")
    every = {**own, **{k: v for k, v in within.items() if v}} if isinstance(within, dict) else own
    masked = "--out" not in argv and "--show-secrets" not in argv
    secret = MASK if masked else every["secretAccessKey"]
    return {"AWS_ACCESS_KEY_ID": every["accessKeyId"], "AWS_SECRET_ACCESS_KEY": secret}


def test_export(answers: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "keys"

    def judge(case: tuple[str, list[str]]) -> str | None:
        answers["outputs"], argv = case
        file.unlink(missing_ok=True)
        ended = command("export", *argv)
        said = file.read_text() if file.exists() else ended.out
        if left := {path.name for path in tmp_path.iterdir()} - {"keys"}:
            return f"leaves {left}"
        if ended.code:
            return "a file is left" if file.exists() else ended.complaint()
        if fault := complaint(ended.err.rstrip("\n") or "nothing to say"):
            return fault
        wanted = pair_of(json.loads(case[0]), argv)
        found = read_back(argv[1], said)
        return None if found == wanted else f"read back as {found}"

    bad_inputs.run("export", some_export, judge)


def test_wp_config_of_odd_folders_in_real_php() -> None:
    texts = []
    for number in range(300):
        with suppress(InputError):
            place = f"photos/{text(Random(number), 'wp/up')}"  # noqa: S311
            texts.append(render_wp_config(Credentials("site", KEY_ID, CANARY, "eu-west-1", [place])))
    # All in one program, in which no constant can be defined twice.
    shown = "function show($name, $value) { echo $name, '=', bin2hex($value), PHP_EOL; }"
    program = f"<?php {shown}\n" + re.sub(r"^define\(", "show(", "".join(texts), flags=re.MULTILINE)
    php = require_program("php", "php-cli")
    ran = subprocess.run([php], input=program.encode(), capture_output=True, check=True).stdout.decode()
    wanted = [f"{name}={value.encode().hex()}" for each in texts for name, value in read_php(each).items()]
    assert ran.splitlines() == wanted
    assert len(texts) > 50


def some_credentials_file(source: Random) -> tuple[str, str]:
    """A shared credentials file in disorder, and a profile."""
    lines = ["[default]", "aws_access_key_id = x", "[site]", f"aws_secret_access_key = {CANARY}", "region: eu-west-1"]
    lines += [
        "  more",
        "# note",
        "",
        "[a b]",
        "[site",
        "aws_session_token",
        "key",
        "s3 =",
        "  max = 1",
        "[DEFAULT]",
        "x =",
    ]
    found = source.choices(lines, k=source.randint(0, 12)) if source.random() < 0.7 else lines[: source.randint(1, 9)]
    if source.random() < 0.7:
        found.insert(source.randint(0, len(found)), text(source, source.choice(lines)))
    profile = source.choice(["site", "default", "new", text(source, "site")])
    return source.choice(["\n", "\n", "\r\n", "\r"]).join(found) + source.choice(["", "\n"]), profile


def test_profile(answers: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    pair = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": CANARY}

    def judge(case: tuple[str, str]) -> str | None:
        before, profile = case
        file.write_bytes(before.encode("utf-8", "surrogatepass"))
        ended = command("export", "--format", "ini", "--profile", profile, "--out", "credentials")
        after = file.read_bytes()
        if ended.code:
            return ended.complaint() if after == before.encode("utf-8", "surrogatepass") else "the file is changed"
        found = read_ini(after.decode("utf-8", "surrogateescape"))
        kept = read_ini(before.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"))
        own = found.pop(profile)
        if {key: own[key] for key in pair} != pair or "aws_session_token" in own:
            return f"read back as {own}"
        kept.pop(profile, None)
        flat = [
            {name: {k: v.rstrip() for k, v in each.items()} for name, each in file.items()} for file in (found, kept)
        ]
        return None if flat[0] == flat[1] else f"another profile is changed: {flat}"

    bad_inputs.run("profile", some_credentials_file, judge)


def some_path(source: Random) -> tuple[str, list[str]]:
    """A name for the file to write, and options."""
    odd = [
        "",
        ".",
        "..",
        "/",
        "folder",
        "folder/",
        "dangling",
        "linked",
        "there",
        "missing/keys",
        "there/keys",
        "~no-such-user/x",
    ]
    odd += [
        "/dev/null",
        "/dev/full",
        "/proc/keys",
        "fifo",
        "x" * 255,
        "x" * 256,
        "é" * 127,
        "x/" * 3000,
        "folder/../keys",
    ]
    # Nothing outside of the test's own folder.
    generated = re.sub(r"\.\.+", ".", text(source, source.choice(["keys", "folder/keys"]))).lstrip("/")
    path = source.choice(odd) if source.random() < 0.4 else generated
    more = source.choice([[], [], ["--force"], ["--profile", "site"]])
    return path, ["--format", "ini" if "--profile" in more else source.choice(list(RENDERERS)), *more]


def test_path(answers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "in"))

    def fresh() -> dict[str, Any]:
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        (tmp_path / "in" / "folder").mkdir(parents=True)
        os.chdir(tmp_path / "in")
        Path("there").write_text("mine")
        Path("outside").write_text("mine")
        Path("linked").symlink_to("outside")
        Path("dangling").symlink_to("nowhere")
        os.mkfifo("fifo")
        return snapshot()

    def snapshot() -> dict[str, Any]:
        every = [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()]
        return {os.fsdecode(path): path.read_text() if path.exists() else None for path in every}

    def judge(case: tuple[str, list[str]]) -> str | None:
        path, argv = case
        before = fresh()
        ended = command("export", *argv, "--out", path)
        new = {name: held for name, held in snapshot().items() if before.get(name, "") != held}
        if ended.code:
            return f"leaves {new}" if new else ended.complaint()
        if fault := complaint(ended.err.rstrip("\n") or "nothing to say"):
            return fault
        if path == "-":
            return f"leaves {new}" if new else None
        ((name, held),) = new.items()
        if (
            os.path.realpath(name) != os.path.realpath(os.path.expanduser(path))
            or os.stat(name).st_mode & 0o777 != 0o600
        ):
            return f"writes {name}"
        return None if read_back(argv[1], held)["AWS_SECRET_ACCESS_KEY"] == CANARY else f"writes {held}"

    bad_inputs.run("path", some_path, judge)


def some_explain(source: Random) -> tuple[bytes, list[str]]:
    """A file that is no policy, or not quite one, and a way to explain it."""
    document = spoilt(source, DOCUMENT) if source.random() < 0.5 else DOCUMENT
    wrapped = source.choice(
        [document, document, {"PolicyDocument": document}, {"PolicyVersion": {"Document": document}}]
    )
    found = policy_text(source, spoilt(source, wrapped) if source.random() < 0.3 else wrapped)
    as_bytes = found.encode(source.choice(["utf-8", "utf-8", "utf-8", "utf-16"]), "surrogatepass")
    junk = [source.randbytes(source.randrange(2000)), b"", b"\0" * 10, b"\xff\xfe", b" " * 200_000, b"x" * 10_000_000]
    name = source.choice(["policy.json", "policy.json", text(source, "policy").replace("/", "").replace("\0", "")[:60]])
    argv = ["--format", source.choice(["table", "json", "markdown", "svg"]), *source.choice([[], ["--all"]])]
    return source.choice(junk) if source.random() < 0.15 else as_bytes, [*argv, "--document", f"./p{name}"]


def test_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def judge(case: tuple[bytes, list[str]]) -> str | None:
        found, argv = case
        try:
            file = Path(os.fsdecode(os.fsencode(argv[-1])))
        except UnicodeEncodeError:
            file = Path("policy.json")
        file.write_bytes(found)
        ended = command("explain", *argv[:-1], str(file))
        file.unlink()
        if ended.code:
            return ended.complaint()
        if odd := next((one for one in ended.out if not one.isprintable() and one not in "\n\xa0\xad"), None):
            return f"prints {odd!r}"
        if argv[1] == "json":
            json.loads(ended.out)
        return f"says {ended.err}" if ended.err or not ended.out else None

    bad_inputs.run("explain", some_explain, judge)


# Options that take any text: each with a good value.
OPTIONS = {
    "export": {"--stack": "prod", "--cwd": ".", "--user": "blog", "--profile": "site"},
    "to-config": {"--stack": "prod", "--cwd": ".", "--key-prefix": "s3io:", "--from-stack": "dev", "--from-cwd": "."},
    "explain": {
        "--bucket": "photos/wp",
        "--kms-key-arn": GOOD["kms_key_arns"][0],
        "--source-ip": "198.51.100.0/24",
        "--source-vpc-endpoint": "vpce-0123456789abcdef0",
        "--partition": "aws",
        "--document": "policy.json",
        "--stack": "prod",
        "--cwd": ".",
        "--user": "blog",
    },
}
NEEDED = {"export": ["--format", "ini"], "to-config": ["--stack", "prod"], "explain": []}
COMPLAINTS = [
    "error: no stack named 'x' found",
    f"error: {CANARY}\x1b[31m",
    "error: no Pulumi.yaml project file found",
    "",
]


def some_argv(source: Random) -> tuple[list[str], int]:
    """A command with bad values for one or two of its options, and which complaint its pulumi has, if any."""
    name = source.choice(["export", "explain", "explain", "to-config"])
    options = source.sample(list(OPTIONS[name]), source.choice([1, 1, 2]))
    values = [text(source, OPTIONS[name][option]) for option in options]
    # What the system lets through as an argument: no null, and of the surrogates those that stand for bytes.
    passed = [re.sub("[\0\ud800-\udbff\udc00-\udc7f\udd00-\udfff]", "", value) for value in values]
    argv = [f"{option}={value}" for option, value in zip(options, passed, strict=True)]
    argv += [f"--{passed[0]}"] if source.random() < 0.1 else []
    return [name, *NEEDED[name], *argv], source.choice([-1, -1, *range(len(COMPLAINTS))])


def pulumi_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """A pulumi that answers as told, and a folder with a project."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    pulumi = fake_pulumi.in_project(folder, monkeypatch, "s3io-user")
    pulumi.answer("stack export", STATE)
    return pulumi


def test_argv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = pulumi_in(tmp_path, monkeypatch)
    pulumi.answer("stack ls", '[{"name": "\\u001b[2J"}, {"name": 5}]')

    def judge(case: tuple[list[str], int]) -> str | None:
        argv, complaint_at = case
        said = COMPLAINTS[complaint_at] if complaint_at >= 0 else ""
        pulumi.answer("stack output", json.dumps(OUTPUTS), said, 1 if complaint_at >= 0 else 0)
        ended = command(*argv)
        if ended.code:
            return ended.complaint()
        return complaint(re.sub("[\n\xa0\xad]+", " ", ended.out + ended.err)[:900])

    bad_inputs.run("argv", some_argv, judge)
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("bin", "Pulumi.yaml")] == []


def some_answer(source: Random) -> tuple[str, str, str, int]:
    """What pulumi prints, on both of its streams, and how it ends (-9: killed); and who asks."""
    asks = source.choice(["export", "explain", "project"])
    value = (
        spoilt(source, OUTPUTS)
        if asks != "project"
        else {key: spoilt(source, {"value": held, "secret": False}) for key, held in some_config(source).items()}
    )
    out = written(source, spoilt(source, value) if source.random() < 0.3 else value, BROKEN)
    out = out[: source.randint(0, len(out))] if source.random() < 0.2 else out
    return asks, out, text(source, f"error: {CANARY}"), source.choice([0, 0, 0, 1, 255, -9])


def test_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = pulumi_in(tmp_path, monkeypatch)
    program = tmp_path / "bin" / "pulumi"
    alive = program.read_text()

    def judge(case: tuple[str, str, str, int]) -> str | None:
        asks, out, err, code = case
        program.write_text("#!/bin/sh\nkill -9 $$\n" if code < 0 else alive)
        pulumi.answer("config get", "")
        for asked in ("stack output", "config --json"):
            pulumi.answer(asked, out, err, abs(code))
        if asks == "project":
            return _project_complaint()
        ended = command(asks, *NEEDED[asks])
        if ended.code:
            return ended.complaint()
        return f"believes a pulumi that failed: {ended.out[:200]}" if code else None

    def _project_complaint() -> str | None:
        try:
            return complaint(project.read_project().fault or "nothing to say")
        except S3IOError as error:
            return complaint(str(error))

    bad_inputs.run("pulumi", some_answer, judge)
    sdk.runtime.settings.reset_options()
    sdk.runtime.set_all_config({})


# ---- what such runs have found ---------------------------------------------------------------------------------------

USERS = {"users": {f"\x1b[{number}m": {} for number in range(30)}}


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        pytest.param(lambda: user_outputs(USERS), r"(\x1b[0m, \x1b[10m, ", id="users-on-the-terminal"),
        pytest.param(lambda: user_outputs(USERS), " and 10 more)", id="many-users"),
        pytest.param(lambda: from_outputs({**PAIR, "secretAccessKey": MASK}), "does not know the secret", id="mask"),
        pytest.param(lambda: secret_files.write_private("a\0b", ""), r"a\x00b can't be the name of a file", id="null"),
        pytest.param(lambda: secret_files.write_private("/no/such\n/x", ""), r"/no/such\n does not exist", id="folder"),
    ],
)
def test_found(refuse: Callable[[], object], said: str) -> None:
    with pytest.raises(S3IOError) as raised:
        refuse()
    assert said in str(raised.value)
    assert complaint(str(raised.value)) is None


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(["export", "--format", "env", "--out", "~nobody-here/x"], "write the path in full", id="home"),
        pytest.param(
            ["export", "--all", "--format", "json", "--out", "~nobody-here/x"],
            "write the path in full",
            id="home-of-all",
        ),
        pytest.param(
            ["export", "--all", "--format", "env", "--out-dir", "~nobody-here/x"],
            "write the path in full",
            id="home-dir",
        ),
        pytest.param(["report", "--out", "~nobody-here/x"], "write the path in full", id="home-of-a-report"),
        pytest.param(["export", "--format", "env", "--out", "\x1b[2J/x"], r"\x1b[2J does not exist", id="folder"),
        pytest.param(["explain", "--document", "deep"], "deep is nested too deeply", id="deep-document"),
        pytest.param(["explain", "--document", "digits"], "digits holds a number of 5,000 digits", id="digits"),
        pytest.param(["explain", "--document", "/dev/zero"], "has more than 1,048,576 characters", id="endless"),
        pytest.param(["explain", "--document", "a\x1bb"], r"--document a\x1bb can't be read", id="document"),
        pytest.param(["explain"], "policyDocument of site-a must be JSON as a text (got 5)", id="no-text"),
    ],
)
def test_found_in_a_command(argv: list[str], said: str, answers: dict[str, str]) -> None:
    answers["outputs"] = json.dumps({**OUTPUTS, "policyDocument": 5})
    Path("Pulumi.yaml").write_text("name: site\nruntime: python\n")
    Path("deep").write_text("[" * 100_000)
    Path("digits").write_text("9" * 5000)
    ended = command(*argv)
    assert said in ended.err
    assert ended.complaint() is None


def test_a_hostile_name_reaches_the_terminal_as_escapes(answers: dict[str, str]) -> None:
    assert command("export", "--format", "env", "--out", "a\x1b[2J\n").err.startswith(r"s3io-user: a\x1b[2J\n: key ")
    answers["outputs"] = json.dumps({**OUTPUTS, "userName": "a\u202e"})
    Path("Pulumi.yaml").write_text("name: site\nruntime: python\n")
    assert r"What the key of a\u202e may do" in command("explain", "--format", "markdown").out.replace("\\\\", "\\")


@pytest.mark.parametrize(
    "printed", ["[]", "5", TOO_DEEP[0], '{"s3io-user:x": 5}'], ids=["list", "number", "deep", "value"]
)
def test_pulumi_s_config_is_not_believed(printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi_in(tmp_path, monkeypatch).answer("config --json", printed)
    with suppress(S3IOError):
        assert project.read_project().users == {"s3io-user": resolve({})}
        assert printed.startswith("{")
