"""Optional packages: which extra installs each, and what to do if one is missing."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

MODULES = {
    "cli": ("argcomplete", "dotenv", "jinja2", "policy_sentry", "rich"),
    "pgp": ("pysequoia",),
}
"""The modules that each extra of pyproject.toml installs."""


def missing(extra: str, purpose: str) -> str | None:
    """Why ``purpose`` fails and how to correct that, if a module of the extra is not installed; None if all are."""
    absent = [name for name in MODULES[extra] if find_spec(name) is None]
    if not absent:
        return None
    return f"{purpose} needs packages that are not installed ({', '.join(absent)}): {_install(extra)}"


def _install(extra: str) -> str:
    try:
        version("s3io-user")
    except PackageNotFoundError:  # in a copy of the repository that is not installed
        return "run pip install -r requirements.txt"
    return f"install the package with its extra [{extra}], for example: pip install 's3io-user[{extra}]'"
