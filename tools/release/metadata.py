"""What the package says about where it is from: its URLs, and where the README's links lead.

The repository's address is in an environment variable, which the release workflow sets from the repository that it runs
in. So a fork names itself. Without the address there are no URLs, and what links to other files becomes plain text.
"""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

REPOSITORY = "S3IO_USER_REPOSITORY"
_PICTURE = r"!\[([^\]]*)\]\((?!\w+:)([^)]+)\)"
_LINK = r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)]+)\)"


class Released(MetadataHookInterface):
    """The README and the URLs. A source distribution has them already, and they stay what they are."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add them to the project's table."""
        if "readme" in metadata:
            return
        root = Path(self.root)
        version = (root / "s3io_user" / "_version.py").read_text("utf-8").split('"')[-2]
        repository, tag = os.environ.get(REPOSITORY, "").rstrip("/"), f"v{version}"
        text = published((root / "README.md").read_text("utf-8"), repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        if repository:
            metadata["urls"] = urls(repository, tag)


def published(readme: str, repository: str, tag: str) -> str:
    """The README for people who do not have the repository beside it: links and pictures by whole addresses."""
    if not repository:
        return re.sub(_LINK, r"\1", re.sub(rf"{_PICTURE}\n*", "", readme))
    shown = re.sub(_PICTURE, rf"![\1]({repository}/raw/{tag}/\2)", readme)
    return re.sub(_LINK, rf"[\1]({repository}/blob/{tag}/\2)", shown)


def urls(repository: str, tag: str) -> dict[str, str]:
    """The project's URLs, by the names that package indexes know."""
    at_tag = f"{repository}/blob/{tag}"
    return {
        "Homepage": repository,
        "Documentation": f"{repository}/tree/{tag}/docs",
        "Source": f"{repository}/tree/{tag}",
        "Issues": f"{repository}/issues",
        "Changelog": f"{at_tag}/CHANGELOG.md",
        "Security": f"{at_tag}/SECURITY.md",
    }
