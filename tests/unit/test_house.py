"""The house rules: imports run one way, each library has its home, and the command starts without the heavy ones."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from s3io_user import extras
from tests.pyproject import EVERY_DEPENDENCY, PROJECT

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
        *(
            f"component.{name}"
            for name in ("calendar", "context", "gates", "hooks", "keys", "lookups", "own_state", "program")
        ),
        *(f"component.{name}" for name in ("required", "rights", "run", "takeover", "user")),
        *(f"inputs.{name}" for name in ("args", "aws_config", "checks", "config", "fields", "late", "project")),
        "testing",
    },
    "pulumi_aws": {f"component.{name}" for name in ("hooks", "keys", "lookups", "rights", "user")},
    "argcomplete": {"cli.completion"},
    "boto3": {"aws.connection"},
    "botocore": {"aws.connection", "handover.shared_files"},
    "dotenv": {"handover.env_file"},
    "jinja2": {"report.page"},
    "markupsafe": {"report.page"},
    "policy_sentry": {"explain.actions"},
    "pysequoia": {"iam.pgp_rules"},
    "rich": {"cli.table", "explain.rows", "explain.terminal", "setup.asker"},
    "yaml": {"fleet.places", "inputs.users_file", "stack.map_file", "stack.project_file"},
}
# A library that comes with another, which is the declared one, or under a name of its own.
COMES_WITH = {"botocore": "boto3", "markupsafe": "jinja2", "dotenv": "python_dotenv", "yaml": "pulumi"}

# Which rooms a room imports from; every room may know `errors`, `tokens` and `wording`.
KNOWS = {
    "errors": set[str](),
    "tokens": set[str](),
    "wording": set[str](),
    "screen": set[str](),
    "secret_files": set[str](),
    "extras": set[str](),
    "iam": set[str](),
    "keys": set[str](),
    "aws": {"iam"},
    "policy": {"iam"},
    "handover": {"iam"},
    "stack": {"iam", "secret_files"},
    "inputs": {"aws", "iam", "keys", "policy", "stack"},
    "component": {"aws", "iam", "inputs", "keys", "policy"},
    "deployer": {"aws", "iam", "inputs", "keys", "policy", "stack"},
    "explain": {"aws", "handover", "iam", "inputs", "policy", "stack"},
    "doctor": {"aws", "deployer", "iam", "inputs", "keys", "policy", "stack"},
    "verify": {"aws", "explain", "handover", "iam", "inputs", "policy", "stack"},
    "rotation": {"aws", "explain", "handover", "iam", "inputs", "keys", "stack", "verify"},
    "setup": {
        *("aws", "doctor", "explain", "handover", "iam", "inputs", "policy", "secret_files", "stack", "verify"),
    },
    "report": {"aws", "doctor", "explain", "handover", "iam", "inputs", "stack", "verify"},
    "fleet": {"doctor", "explain", "iam", "inputs", "keys", "policy", "stack"},
    "testing": set[str](),
    "cli": {
        *("aws", "deployer", "doctor", "explain", "fleet", "handover", "iam", "inputs", "policy", "report", "rotation"),
        *("secret_files", "setup", "stack", "verify"),
    },
}
EVERY_ROOM_KNOWS = {"errors", "extras", "screen", "tokens", "wording"}

# They import neither Pulumi nor boto3 nor any other library, nor a module that does.
PURE_ROOMS = {"errors", "extras", "iam", "keys", "policy", "screen", "secret_files", "tokens", "wording"}
PURE = {
    *(module for module in MODULES if module.split(".")[0] in PURE_ROOMS),
    *(module for module in MODULES if module.startswith("explain.")),
    *("aws.answers", "component.identity", "deployer.policy", "inputs.redaction", "inputs.written", "verify.expected"),
    *("rotation.due", "rotation.evidence", "rotation.redaction", "rotation.state"),
    *("doctor.facts", "doctor.findings", "doctor.obstacles", "doctor.ownership", "doctor.quarantine", "doctor.wanted"),
    *("fleet.facts", "fleet.inventory", "fleet.preset", "fleet.side_by_side"),
    "report.facts",
    *("handover.credentials", "handover.formats", "handover.profiles"),
    *("setup.answers", "setup.checklist", "setup.origins"),
    *("stack.causes", "stack.declared", "stack.exported", "stack.state"),
} - {
    *("iam.pgp", "iam.pgp_rules"),
    *("explain.actions", "explain.analyzer", "explain.reader", "explain.stack", "explain.rows", "explain.terminal"),
}


def room(module: str) -> str:
    """The room that a module is in: the package directly below ours, or the module itself."""
    return module.split(".")[0]


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
    assert {"__init__", "__main__", "explain", "explain.decide", "cli.commands.explain", "policy"} <= MODULES
    assert of_ours("s3io_user.policy.document.compact") == "policy.document"
    assert of_ours("s3io_user.explain.decide") == "explain.decide"
    assert of_ours("s3io_user.explain.explain") == "explain"
    assert of_ours("json.loads") is None


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_library_is_imported_at_home(module: str) -> None:
    assert {name for name in libraries(module) if module not in HOMES.get(name, ())} == set()


def test_each_home_is_lived_in() -> None:
    assert {name for name, homes in HOMES.items() if not any(name in libraries(home) for home in homes)} == set()


def test_each_library_is_declared() -> None:
    declared = {each.split(">")[0].replace("-", "_") for each in EVERY_DEPENDENCY}

    assert {COMES_WITH.get(name, name) for name in HOMES} == declared


def test_an_extra_has_what_the_component_does_not_import() -> None:
    component = {name for module in reached("component.user") for name in libraries(module)} - {"pysequoia"}
    extra = {Requirement(each).name.replace("-", "_") for each in EVERY_DEPENDENCY[3:]}

    assert {COMES_WITH.get(name, name) for name in component} & extra == set()
    modules = {name for names in extras.MODULES.values() for name in names}
    assert {COMES_WITH.get(name, name) for name in modules} == extra


@pytest.mark.parametrize("module", sorted(PURE & MODULES))
def test_a_pure_module_imports_no_library_nor_a_module_that_does(module: str) -> None:
    assert {found: libraries(found) for found in reached(module) if libraries(found)} == {}


def test_there_are_no_import_cycles() -> None:
    assert list(TopologicalSorter(graph()).static_order())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_product_knows_nothing_of_the_embedded_aws_and_of_tests(module: str) -> None:
    around = {"local_aws", "tests", "bench", "plugin", "tools"}

    assert {name.split(".")[0] for name in imports(TREES[module])} & around == set()


def test_each_room_is_in_the_table() -> None:
    assert {room(module) for module in MODULES} - {"__init__", "__main__", "_version"} == set(KNOWS)


@pytest.mark.parametrize("name", sorted(KNOWS))
def test_a_room_knows_those_that_the_table_says(name: str) -> None:
    known = {room(other) for module in MODULES if room(module) == name for other in graph()[module]}

    assert known - EVERY_ROOM_KNOWS - {name, "_version"} == KNOWS[name]


def test_rooms_know_one_another_in_one_direction() -> None:
    assert list(TopologicalSorter(KNOWS).static_order())


def test_the_product_makes_resources_in_the_component_alone() -> None:
    users = {module: {other for other in MODULES if module in graph()[other]} for module in MODULES}

    assert {room(user) for module in MODULES if room(module) == "component" for user in users[module]} == {"component"}
    assert users["cli"] == {"__main__"}
    assert users["testing"] == set()
    assert users["__init__"] == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_uses_the_private_names_of_another(module: str) -> None:
    private = {name for name in imports(TREES[module]) if of_ours(name) and name.rpartition(".")[2].startswith("_")}
    aliases = {
        name.rpartition(".")[2] for name in imports(TREES[module]) if name.removeprefix(f"{PACKAGE}.") in MODULES
    }
    reached_into = {
        ast.unparse(node)
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
        if isinstance(node.value, ast.Name) and node.value.id in aliases
    }

    assert (private - {f"{PACKAGE}._version.__version__"}) | reached_into == set()


def test_three_modules_start_programs() -> None:
    """``stack.process`` starts pulumi, ``handover.env_file`` a shell that runs nothing, ``rotation.delivery`` yours."""
    starters = {"subprocess", "multiprocessing", "pty"}

    found = {module for module, tree in TREES.items() if starters & {n.split(".")[0] for n in imports(tree)}}
    assert found == {"handover.env_file", "rotation.delivery", "stack.process"}


def test_a_program_without_lookups_does_not_wait_for_boto3() -> None:
    at_once = reached("component.user", lazy=False)

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
