"""The documentation as a site: every page in its place, no dead link, nothing loaded from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.pages import PAGES, PROJECT

SETTINGS = yaml.safe_load((PROJECT / "mkdocs.yml").read_text())
OF_THE_REGISTRY = {"_index.md", "installation-configuration.md"}


def build(project: Path, out: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(PROJECT)}
    env.pop("S3IO_USER_REPOSITORY", None)
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(out)]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    built = build(PROJECT, out)
    assert built.returncode == 0, built.stdout + built.stderr
    return out


def test_every_page_has_its_place_once() -> None:
    placed = [page for part in SETTINGS["nav"] for entry in part.values() for page in _pages(entry)]

    assert sorted(placed) == sorted({"index.md", *PAGES} - {"README.md"} - OF_THE_REGISTRY)
    assert set(SETTINGS["exclude_docs"].split()) >= OF_THE_REGISTRY


def _pages(entry: str | list[dict[str, str]]) -> list[str]:
    return [entry] if isinstance(entry, str) else [page for each in entry for page in each.values()]


def test_the_first_page_is_the_readme_with_its_pictures(site: Path) -> None:
    shown = (site / "index.html").read_text()

    assert {path.name for path in (site / "pictures").glob("*.svg")} >= {"up.svg", "explain.svg", "verify.svg"}
    assert 'src="pictures/up.svg"' in shown
    assert 'href="rights/"' in shown


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', page.read_text())
        loaded += re.findall(r'<link[^>]* rel="(?:stylesheet|preconnect|icon)"[^>]* href="([^"]+)"', page.read_text())
        assert [each for each in loaded if each.startswith(("http", "//"))] == [], page.name


def test_a_link_to_a_file_beside_the_pages_is_text_where_no_repository_is_known(site: Path) -> None:
    assert "SECURITY.md" in (PROJECT / "docs" / "security.md").read_text()
    assert 'href="../SECURITY.md"' not in (site / "security" / "index.html").read_text()


@pytest.mark.parametrize(
    "link", [pytest.param("[x](nowhere.md)", id="page"), pytest.param("[x](rights.md#nowhere)", id="heading")]
)
def test_a_dead_link_stops_it(link: str, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "docs", tmp_path / "docs")
    (tmp_path / "tools").mkdir()
    shutil.copy(PROJECT / "mkdocs.yml", tmp_path)
    shutil.copy(PROJECT / "tools" / "site.py", tmp_path / "tools")
    shutil.copy(PROJECT / "README.md", tmp_path)
    with (tmp_path / "docs" / "doctor.md").open("a") as page:
        page.write(f"\n{link}\n")
    built = build(tmp_path, tmp_path / "site")

    assert built.returncode == 1
    assert "nowhere" in built.stdout + built.stderr
