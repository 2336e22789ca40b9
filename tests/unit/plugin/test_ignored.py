"""What a language host leaves in plugin/ is not offered to git."""

import subprocess
import venv
from pathlib import Path

import pytest

from tests.pyproject import PROJECT


@pytest.mark.parametrize("folder", [".", "venv", ".venv"])
def test_a_virtual_environment_in_the_plugin_is_ignored(folder: str, tmp_path: Path) -> None:
    """The old Python host creates it in the plugin's folder itself, newer ones where `virtualenv` says."""
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (tmp_path / ".gitignore").write_text((PROJECT / ".gitignore").read_text())
    venv.create(plugin / folder, symlinks=True)
    for command in (["init", "-q"], ["add", ".gitignore"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    shown = ["git", "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.check_output(shown, cwd=tmp_path, text=True) == "A  .gitignore\n"
