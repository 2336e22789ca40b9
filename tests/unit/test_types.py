"""What type checkers say of users' programs: the docs' snippets and the examples, by mypy and pyright, both strict."""

import ast
import json
import os
import subprocess
import sys
from enum import Enum
from pathlib import Path

import pytest

from s3io_user import Access, KeyStatus, PolicyType, PreviousKey
from s3io_user.inputs import args
from tests.pages import PAGES, PROJECT, snippets

GIVEN = {
    "verify.md": "from typing import Any\nkey_id = secret = user_arn = ''\npolicy_document: dict[str, Any] = {}\n",
}
"""What a page's snippets take for granted."""


# Reading all of the provider's SDK takes minutes; pyright does it.
MYPY = """
[mypy]
strict = true
[mypy-pulumi_aws.*]
follow_imports = skip
[mypy-yaml.*]
ignore_missing_imports = true
"""
# Where a page has several snippets, more than one may begin with the same import.
PYRIGHT = {"typeCheckingMode": "strict", "reportDuplicateImport": False, "include": ["."]}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module for each page, its snippets one below the other, and one for each example."""
    folder = tmp_path_factory.mktemp("programs")
    for page in PAGES:
        if written := snippets(page):
            module = page.removesuffix(".md").replace("-", "_").lower()
            (folder / f"{module}.py").write_text(GIVEN.get(page, "") + "\n\n".join(written))
    for example in (PROJECT / "examples").glob("*/*.py"):
        name = f"{example.parent.name.replace('-', '_')}_{example.stem.strip('_')}.py"
        (folder / name).write_text(example.read_text())
    return folder


def _check(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_has_nothing_to_say_of_the_docs(programs: Path) -> None:
    (programs / "mypy.ini").write_text(MYPY)
    options = ["--config-file", "mypy.ini", "--cache-dir", os.devnull, "--python-executable", sys.executable]

    _check(sys.executable, "-m", "mypy", *options, ".", cwd=programs)


def test_pyright_has_nothing_to_say_of_the_docs(programs: Path) -> None:
    # basedpyright is pyright with node and all in a wheel; its mode "strict" is pyright's own.
    (programs / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))

    _check(sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, cwd=programs)


@pytest.mark.parametrize("kind", [Access, KeyStatus, PolicyType, PreviousKey])
def test_a_checker_takes_the_values_of_a_choice_and_no_others(kind: type[Enum]) -> None:
    literals = {
        ast.unparse(node.left): ast.literal_eval(node.right.slice)
        for node in ast.walk(ast.parse(Path(args.__file__).read_text()))
        if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Subscript)
    }

    assert literals[kind.__name__] == tuple(choice.value for choice in kind)
