"""The house rules: imports run one way, each library has its home, and the command starts without the heavy ones."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.pyproject import PYPROJECT

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = "s3io_user"


def module_name(path: Path) -> str:
    """``s3io_user/explain/__init__.py`` → ``explain``; the package itself is ``__init__``."""
    parts = path.relative_to(PROJECT / PACKAGE).with_suffix("").parts
    return ".".join(parts if len(parts) == 1 else [part for part in parts if part != "__init__"])


TREES = {module_name(path): ast.parse(path.read_text()) for path in sorted((PROJECT / PACKAGE).rglob("*.py"))}
MODULES = set(TREES)

# Which modules may import a library: what is not here, none may.
HOMES = {
    "pulumi": {
        "access_keys",
        "args",
        "component",
        "config",
        "gates",
        "grants",
        "key_hooks",
        "own_state",
        "project",
        "runtime",
        "site",
        "takeover",
        "testing",
    },
    "pulumi_aws": {"access_keys", "component", "grants", "key_hooks", "runtime"},
    "boto3": {"aws"},
    "botocore": {"aws", "shared_files"},
    "dotenv": {"env_file"},
    "policy_sentry": {"actions"},
    "pysequoia": {"pgp_rules"},
    "rich": {name for name in MODULES if name.startswith("render_")},
    "yaml": {"project", "users_file"},
}
# A library that comes with another, which is the declared one, or under a name of its own.
COMES_WITH = {"botocore": "boto3", "dotenv": "python_dotenv", "yaml": "pulumi"}

PURE = {
    "addresses",
    "calendar",
    "causes",
    "credentials",
    "documents",
    "errors",
    "findings",
    "grammar",
    "holdings",
    "identity",
    "keys",
    "names",
    "obstacles",
    "ownership",
    "packing",
    "pasted",
    "policy",
    "presets",
    "profiles",
    "steps",
    "stores",
    "user_policies",
    "verify",
    "wildcards",
    *(name for name in MODULES if name.split(".")[0] == "explain"),
}
"""They import neither Pulumi nor boto3 nor any other library, nor a module that does."""


def imports(tree: ast.AST, *, lazy: bool = True) -> Iterator[str]:
    """Dotted names that a module imports, but for its types alone; without ``lazy`` those at its start."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(node, lazy=lazy)


def of_ours(name: str) -> str | None:
    """The module of ours that a dotted name is, or is in."""
    package, _, rest = name.partition(".")
    if package != PACKAGE:
        return None
    return next((known for known in (rest, rest.rpartition(".")[0]) if known in MODULES), "__init__")


@cache
def graph(*, lazy: bool = True) -> dict[str, set[str]]:
    """Which modules of ours each module imports."""
    return {
        module: {found for name in imports(tree, lazy=lazy) if (found := of_ours(name))}
        for module, tree in TREES.items()
    }


def reached(module: str, *, lazy: bool = True) -> set[str]:
    """A module, and all that it imports, directly or not."""
    edges, seen, ahead = graph(lazy=lazy), set[str](), [module]
    while ahead:
        if (next_ := ahead.pop()) not in seen:
            seen.add(next_)
            ahead += edges[next_]
    return seen


def libraries(module: str, *, lazy: bool = True) -> set[str]:
    """The libraries that a module itself imports."""
    found = {name.split(".")[0] for name in imports(TREES[module], lazy=lazy)}
    return found - set(sys.stdlib_module_names) - {PACKAGE}


def test_the_package_is_read_whole() -> None:
    assert {"__init__", "__main__", "explain", "explain.decide", "commands.explain", "policy"} <= MODULES
    assert of_ours("s3io_user.policy.compact") == "policy"
    assert of_ours("s3io_user.explain.decide") == "explain.decide"
    assert of_ours("s3io_user.explain.explain") == "explain"
    assert of_ours("json.loads") is None


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_library_is_imported_at_home(module: str) -> None:
    assert {name for name in libraries(module) if module not in HOMES.get(name, ())} == set()


def test_each_home_is_lived_in() -> None:
    assert {name for name, homes in HOMES.items() if not any(name in libraries(home) for home in homes)} == set()


def test_each_library_is_declared() -> None:
    dependencies = PYPROJECT["project"]["dependencies"]
    declared = {each.split(">")[0].replace("-", "_") for each in dependencies}

    assert {COMES_WITH.get(name, name) for name in HOMES} == declared


@pytest.mark.parametrize("module", sorted(PURE & MODULES))
def test_a_pure_module_imports_no_library_nor_a_module_that_does(module: str) -> None:
    assert {found: libraries(found) for found in reached(module) if libraries(found)} == {}


def test_there_are_no_import_cycles() -> None:
    assert list(TopologicalSorter(graph()).static_order())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_product_knows_nothing_of_the_embedded_aws_and_of_tests(module: str) -> None:
    around = {"local_aws", "tests", "bench", "plugin", "tools"}

    assert {name.split(".")[0] for name in imports(TREES[module])} & around == set()


def test_imports_run_one_way() -> None:
    edges = graph()
    users = {module: {other for other in MODULES if module in edges[other]} for module in MODULES}

    assert edges["errors"] == set()
    assert edges["addresses"] == set()
    assert edges["names"] <= {"addresses", "errors"}
    assert edges["policy"] == {"errors", "names", "presets"}
    assert edges["presets"] == set()
    assert edges["keys"] == set()
    assert users["cli"] == {"__main__"}
    assert users["testing"] == set()
    assert users["__init__"] == set()
    for module in MODULES:
        # What the command does needs the inputs and the config, and makes no resource itself.
        assert module.split(".")[0] != "commands" or "component" not in edges[module], module


def test_two_modules_start_programs() -> None:
    """``pulumi_process`` starts pulumi, and ``env_file`` a shell that runs nothing."""
    starters = {"subprocess", "multiprocessing", "pty"}

    found = {module for module, tree in TREES.items() if starters & {n.split(".")[0] for n in imports(tree)}}
    assert found == {"env_file", "pulumi_process"}


def test_a_program_without_lookups_does_not_wait_for_boto3() -> None:
    at_once = reached("component", lazy=False)

    assert {name for module in at_once for name in libraries(module, lazy=False)} == {"pulumi", "pulumi_aws"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["-m", PACKAGE, "--help"], id="help"),
        pytest.param(["-m", PACKAGE, "--version"], id="version"),
        pytest.param(["-c", f"from {PACKAGE} import s3_policy_document"], id="policy"),
    ],
)
def test_it_starts_without_the_heavy_libraries(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in ran.stderr.splitlines()}

    assert PACKAGE in loaded
    assert loaded & (set(HOMES) | {"grpc", "google", "yaml", "asyncio"}) == set()


# ---- what goes without saying ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", sorted(MODULES - {"_version"}))
def test_a_module_says_its_job_in_a_line(module: str) -> None:
    first = (ast.get_docstring(TREES[module]) or "").split("\n")[0]

    assert first.endswith((".", ":"))
    assert len(first) <= 120
