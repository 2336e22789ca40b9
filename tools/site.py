"""mkdocs's hooks: the README is the site's first page, and what links to files beside docs/ leads to the repository."""

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from s3io_user import __version__

PROJECT = Path(__file__).resolve().parent.parent
_BESIDE = r"(?<!!)\[([^\]]+)\]\((?:\.\./)([^)]+)\)"


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the first page, its links as seen from docs/."""
    readme = (PROJECT / "README.md").read_text("utf-8")
    seen = re.sub(r"\]\((?!\w+:|#)(docs/)?([^)]+)\)", lambda link: f"]({'' if link[1] else '../'}{link[2]})", readme)
    files.append(File.generated(config, "index.md", content=seen))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A link to a file that is no page, as one to the repository, or as text where nobody said which that is."""
    repository = os.environ.get("S3IO_USER_REPOSITORY", "").rstrip("/")
    return re.sub(_BESIDE, rf"[\1]({repository}/blob/v{__version__}/\2)" if repository else r"\1", markdown)
