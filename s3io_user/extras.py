"""The libraries that only a part of the package needs: which extra has each, and what to do where it is missing."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

MODULES = {
    "cli": ("argcomplete", "dotenv", "jinja2", "policy_sentry", "rich"),
    "pgp": ("pysequoia",),
}
"""By the extra, the modules of its packages, as pyproject.toml has them."""


def missing(extra: str, purpose: str) -> str | None:
    """Why ``purpose`` does not work, and the command that corrects it, where a module of an extra is not installed."""
    absent = [name for name in MODULES[extra] if find_spec(name) is None]
    if not absent:
        return None
    return f"{purpose} needs packages that are not installed ({', '.join(absent)}): {_install(extra)}"


def _install(extra: str) -> str:
    try:
        version("s3io-user")
    except PackageNotFoundError:  # in a copy of the repository that is not installed
        return "run pip install -r requirements.txt"
    return f"install the package with its extra [{extra}], for example by: pip install 's3io-user[{extra}]'"
