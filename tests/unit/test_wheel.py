"""The wheel and the sdist: what is in them, and the wheel in an environment that holds nothing else of this tree."""

import email
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from s3io_user import __version__, extras, s3_policy_document
from tests.pyproject import EVERY_DEPENDENCY, PROJECT, PYPROJECT
from tools.release import metadata, packages

DECLARED = PYPROJECT["project"]
NAME = f"s3io_user-{__version__}"
REPOSITORY = "https://git.example.org/acme/s3io-user"
PACKAGE = {
    path.relative_to(PROJECT).as_posix()
    for path in (PROJECT / "s3io_user").rglob("*")
    if path.is_file() and path.suffix != ".pyc"
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(metadata.REPOSITORY, REPOSITORY)
        packages.build(PROJECT, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def _run(*command: str | Path, cwd: Path, status: int = 0) -> str:
    """Run to the end, without what the caller's environment says of Python, and return what was printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


# ---- what is in them -------------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}

    assert wheel.name == f"{NAME}-py3-none-any.whl"
    assert set(zipfile.ZipFile(wheel).namelist()) == PACKAGE | {f"{NAME}.dist-info/{name}" for name in about}
    assert "s3io_user/py.typed" in PACKAGE


def test_the_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    beside = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "PKG-INFO", ".gitignore"}
    beside.add("tools/release/metadata.py")
    with tarfile.open(built / f"{NAME}.tar.gz") as sdist:
        names = {member.name.removeprefix(f"{NAME}/") for member in sdist.getmembers() if member.isfile()}

    assert names == PACKAGE | beside


def _metadata(wheel: Path) -> Message:
    return email.message_from_string(zipfile.ZipFile(wheel).read(f"{NAME}.dist-info/METADATA").decode())


def test_the_metadata_says_what_pyproject_declares(wheel: Path) -> None:
    said = _metadata(wheel)
    needs = [Requirement(each) for each in said.get_all("Requires-Dist", [])]

    assert (said["Name"], said["Version"]) == ("s3io-user", __version__)
    assert said["License-Expression"] == "Apache-2.0"
    assert {each for each in needs if each.marker is None} == {Requirement(each) for each in DECLARED["dependencies"]}
    assert said.get_all("Provides-Extra") == ["all", "cli", "pgp"]
    declared = {**DECLARED["optional-dependencies"], "all": EVERY_DEPENDENCY[len(DECLARED["dependencies"]) :]}
    for extra, wanted in declared.items():
        of_extra = {f"{each.name}{each.specifier}" for each in needs if _is_of(each, extra)}
        assert of_extra == {str(Requirement(each)) for each in wanted}, extra
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["Author"] == "The s3io-user maintainers"
    assert [url.split(", ")[1] for url in said.get_all("Project-URL", []) if REPOSITORY not in url] == []


def _is_of(need: Requirement, extra: str) -> bool:
    return bool(need.marker and need.marker.evaluate({"extra": extra}))


def test_what_was_built_passes_the_checks_of_a_package_index(built: Path) -> None:
    packages.check(sorted(built.iterdir()))


def test_the_readme_s_links_and_pictures_lead_to_the_files_of_the_tag(wheel: Path) -> None:
    shown, tag = str(_metadata(wheel).get_payload()), f"v{__version__}"
    there = re.findall(rf"(!?)\[[^\]]*\]\({REPOSITORY}/(blob|raw)/{tag}/([^)]+)\)", shown)
    written = re.findall(r"(!?)\[[^\]]*\]\(((?!\w+:|#)[^)]+)\)", (PROJECT / "README.md").read_text())

    assert [(mark, path) for mark, _, path in there] == written
    assert len(written) > 10
    assert {(mark, how) for mark, how, _ in there} == {("!", "raw"), ("", "blob")}
    assert [path for _, _, path in there if not (PROJECT / path).exists()] == []
    assert re.findall(r"\]\((?!https://)", shown) == []


def test_the_wheel_from_the_source_distribution_is_the_same(built: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(built / f"{NAME}.tar.gz") as sdist:
        # Python 3.10 and 3.11 do not all know filters, and the archive is our own.
        sdist.extractall(tmp_path)  # noqa: S202
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=tmp_path / NAME)

    assert _contents(tmp_path / wheel.name) == _contents(wheel)


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as held:
        return {name: held.read(name) for name in held.namelist()}


def test_every_python_that_it_is_for_has_a_classifier(wheel: Path) -> None:
    said = _metadata(wheel)
    pythons = re.findall(r"^Classifier: Programming Language :: Python :: (3\.\d+)$", str(said), re.MULTILINE)

    assert min(pythons, key=Version) == "3.10"
    assert all(python in SpecifierSet(said["Requires-Python"]) for python in pythons)
    assert "3.9" not in SpecifierSet(said["Requires-Python"])


def test_the_version_stands_in_one_place() -> None:
    sources = [*(PROJECT / "s3io_user").rglob("*.py"), *(PROJECT / "plugin").iterdir(), PROJECT / "pyproject.toml"]
    quoted = re.compile(rf"""["' ]v?{re.escape(__version__)}["'\s]""")

    assert [path.name for path in sources if path.is_file() and quoted.search(path.read_text())] == ["_version.py"]
    assert "version=__version__" in (PROJECT / "plugin" / "__main__.py").read_text()


# ---- the wheel at work -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it. Its dependencies are this environment's; this tree is not in it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    options = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check", "--quiet"]
    _run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, cwd=folder)
    # A folder named so is read without its own .pth files, of which an install in place is one.
    site = Path(sysconfig.get_path("purelib", "posix_prefix", {"base": str(folder)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder


CONSUMER = '''\
"""A program of someone who has the package from its wheel."""
import pulumi
import s3io_user
from s3io_user import Access, KeyStatus, PolicyType, PreviousKey, S3IOUser, S3IOUserArgs, s3_policy_document
from s3io_user.testing import deploy

args: S3IOUserArgs = {
    "user_name": pulumi.Output.from_input("site-a"),
    "access": "optimizer",
    "buckets": ["photos/uploads", pulumi.Output.from_input("more")],
    "tags": {"team": "web"},
    "key_status": KeyStatus.ACTIVE,
    "previous_key": PreviousKey.INACTIVE,
    "policy_type": PolicyType.AUTO,
    "secrets_manager": {"name": "site/key", "recovery_window_in_days": 7},
}


def program() -> S3IOUser:
    site = S3IOUser("site", args, pulumi.ResourceOptions(protect=True))
    name: pulumi.Output[str] = site.user_name
    key: pulumi.Output[str | None] = site.access_key_id
    secret: pulumi.Output[str] = site.required.secret_access_key
    buckets: list[str] = ["photos"]
    S3IOUser("other", {"access": Access.READ_ONLY, "key_status": "Inactive", "buckets": buckets})
    pulumi.export("secret", secret)
    pulumi.export("both", pulumi.Output.concat(name, key.apply(lambda known: known or "")))
    return site


made = deploy(program)
version: str = s3_policy_document(["photos"], access="optimizer")["Version"]
print(s3io_user.__file__, version, made.one("aws:iam/userPolicy:UserPolicy", "site").name, sep="\\n")
'''


def test_a_program_uses_it(installed: Path) -> None:
    (installed / "consumer.py").write_text(CONSUMER)
    home, version, policy = _run(installed / "bin" / "python", "consumer.py", cwd=installed).splitlines()

    assert Path(home).is_relative_to(installed)
    assert (version, policy) == ("2012-10-17", "site")


def test_its_command_runs(installed: Path) -> None:
    command = installed / "bin" / "s3io-user"
    (installed / "policy.json").write_text(json.dumps(s3_policy_document()))

    assert _run(command, "--version", cwd=installed) == f"s3io-user {__version__}\n"
    assert "explain" in _run(command, "--help", cwd=installed)
    explained = json.loads(_run(command, "explain", "--document", "policy.json", "--format", "json", cwd=installed))
    assert explained["resources"][0]["kind"] == "every-bucket"


@pytest.fixture
def without_extras(installed: Path) -> Iterator[Path]:
    """The same environment as it is with the component alone: the extras' modules can't be imported."""
    hidden = [name for names in extras.MODULES.values() for name in names]
    site = Path(sysconfig.get_path("purelib", "posix_prefix", {"base": str(installed)}))
    # A line of a .pth file that begins with import is run.
    (site / "hidden.pth").write_text(f"import sys; sys.modules.update(dict.fromkeys({hidden}))\n")
    yield installed
    (site / "hidden.pth").unlink()


def test_a_program_needs_no_extra(without_extras: Path) -> None:
    (without_extras / "consumer.py").write_text(CONSUMER)

    assert len(_run(without_extras / "bin" / "python", "consumer.py", cwd=without_extras).splitlines()) == 3


NO_COMMAND = (
    "s3io-user: the command s3io-user needs packages that are not installed (argcomplete, dotenv, jinja2, "
    "policy_sentry, rich): install the package with its extra [cli], for example: pip install 's3io-user[cli]'\n"
)


@pytest.mark.parametrize(
    "arguments",
    [["policy"], ["explain", "--document", "-"], ["rotate", "--yes"], ["--cwd", ".", "verify", "--help"]],
    ids=lambda arguments: arguments[-1].strip("-"),
)
def test_a_command_without_its_extra_is_one_sentence(without_extras: Path, arguments: list[str]) -> None:
    command = [without_extras / "bin" / "s3io-user", *arguments]
    done = subprocess.run(command, cwd=without_extras, capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", NO_COMMAND)


def test_without_its_extra_the_command_still_says_what_it_is(without_extras: Path) -> None:
    command = without_extras / "bin" / "s3io-user"

    assert _run(command, "--version", cwd=without_extras) == f"s3io-user {__version__}\n"
    assert "explain" in _run(command, "--help", cwd=without_extras)


USES = """\
from s3io_user.errors import S3IOError
from s3io_user.explain.actions import catalogue
from s3io_user.iam.pgp import pgp_key_fault
try:
    catalogue(["s3"])
except S3IOError as error:
    print(error)
print(pgp_key_fault("bWFkZSB1" * 100))
print(pgp_key_fault("keybase:example"))
"""


def test_what_needs_an_extra_in_a_program_says_so(without_extras: Path) -> None:
    policy, pgp, keybase = _run(without_extras / "bin" / "python", "-c", USES, cwd=without_extras).splitlines()

    assert policy.startswith("explaining a policy needs packages that are not installed (argcomplete, ")
    assert policy.endswith(" for example: pip install 's3io-user[cli]'")
    assert pgp.startswith("the check of a PGP key needs packages that are not installed (pysequoia): install")
    assert pgp.endswith(" for example: pip install 's3io-user[pgp]'")
    assert keybase == "None"


MISTAKES = {
    "S3IOUser('a', {'bucket': ['photos']})": "typeddict-unknown-key",
    "S3IOUser('b', {'buckets': 1})": "typeddict-item",
    "S3IOUser('c', {'key_generation': '2'})": "typeddict-item",
    "S3IOUser('d', {'access': 'optimiser'})": "typeddict-item",
    "S3IOUser('e', {'secrets_manager': {'nam': 'site'}})": "typeddict-item",
    "S3IOUser('f', {}).user_nam": "attr-defined",
    "number: pulumi.Output[int] = S3IOUser('g', {}).user_name": "assignment",
    "certain: pulumi.Output[str] = S3IOUser('h', {}).access_key_id": "assignment",
    "S3IOUser('i', {}).required.user_name": "attr-defined",
    "s3_policy_document(['photos'], acces='optimizer')": "call-arg",
    "text: str = s3_policy_document()": "assignment",
}
"""Lines of a program, and what a type checker says of each."""

# Of the provider's SDK no type is in ours, and reading all of it takes minutes.
MYPY = "[mypy]\nstrict = true\n[mypy-pulumi_aws.*]\nfollow_imports = skip\n"


def test_a_type_checker_knows_its_types(installed: Path) -> None:
    imports = ["import pulumi", "from s3io_user import S3IOUser, s3_policy_document"]
    (installed / "mypy.ini").write_text(MYPY)
    (installed / "right.py").write_text(CONSUMER)
    (installed / "wrong.py").write_text("\n".join([*imports, *MISTAKES]))
    options = ["--config-file", "mypy.ini", "--cache-dir", os.devnull, "--no-error-summary"]
    options += ["--python-executable", str(installed / "bin" / "python")]
    said = _run(sys.executable, "-m", "mypy", *options, "right.py", "wrong.py", cwd=installed, status=1)
    faults = re.findall(r"^(\w+\.py):(\d+): error: .*\[([a-z-]+)\]$", said, re.MULTILINE)

    assert faults == [("wrong.py", str(line), code) for line, code in enumerate(MISTAKES.values(), len(imports) + 1)]
