"""Downloads an engine from Pulumi's site. Run as a module, it fetches a URL into a folder."""

import os
import platform
import sys
import tarfile
import tempfile
import time
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

from local_aws.engine_steps import EngineError, Work, run

SITE = "https://get.pulumi.com/releases/sdk"
SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
SILENCE = 8  # seconds without data, as on a network that drops packets, before the download is given up
MB = 1_000_000


def download(work: Work, version: str) -> Path:
    """The folder of an engine of a version such as ``v3.274.1``; EngineError if it can't be had."""
    kind = SYSTEMS.get(platform.system()), MACHINES.get(platform.machine().lower())
    if None in kind:
        raise EngineError(f"Pulumi has no download for {platform.system()} on {platform.machine()}")
    engine = work.scratch / "engine"
    url = f"{SITE}/pulumi-{version}-{kind[0]}-{kind[1]}.tar.gz"
    # Wait 2 seconds for a name server that never answers, not the C library's 10.
    environment = {**os.environ, "RES_OPTIONS": "timeout:2 attempts:1", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "local_aws.engine_download", url, str(engine)]
    tree = Path(__file__).resolve().parent.parent
    run(work, f"downloading pulumi {version}", command, environment, cwd=tree, status=_how_far, silence=SILENCE)
    return engine


def _how_far(lines: list[str], seconds: float) -> str:
    return lines[-1] if lines else f"no answer for {seconds:.0f} s"


def fetch(url: str, engine: Path) -> None:
    """Download an archive and unpack it into ``engine/bin``, and print each second how much has arrived."""
    with tempfile.TemporaryFile() as archive, urlopen(url, timeout=SILENCE) as answer:
        size = int(answer.headers.get("Content-Length") or 0)
        _copy(answer, archive, size)
        if size and archive.tell() != size:
            raise EOFError(f"the download ended after {archive.tell()} of {size} bytes")
        archive.seek(0)
        _unpack(archive, engine)


def _copy(answer: Any, archive: IO[bytes], size: int) -> None:
    told = 0.0
    while block := answer.read1(MB):
        archive.write(block)
        if time.monotonic() - told >= 1:
            print(f"{archive.tell() / MB:.0f} of {size / MB:.0f} MB" if size else f"{archive.tell() / MB:.0f} MB")
            told = time.monotonic()


def _unpack(archive: IO[bytes], engine: Path) -> None:
    with tarfile.open(fileobj=archive, mode="r:gz") as held:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        held.extractall(engine, **safe)  # type: ignore[arg-type]  # noqa: S202 - from Pulumi's site, over TLS
    (engine / "pulumi").rename(engine / "bin")


def main(argv: list[str]) -> str | None:
    """Download and unpack; returns why it failed, if it did."""
    url, engine = argv
    try:
        fetch(url, Path(engine))
    except (OSError, EOFError, HTTPException, tarfile.TarError) as error:
        return str(error) or type(error).__name__
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
