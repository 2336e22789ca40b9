"""The scripts of examples/deliver, each with a consumer that works with the key that it got, and none in an argument.

What stands in for what can't be had here: `ssh` runs the remote command in a shell, as sshd does; `wp` edits the
constants of a file, as WP-CLI's `config set` does; `systemctl reload` sends SIGHUP; `gh` reads a dotenv file from its
standard input; an HTTP server takes what the real kubectl applies. PHP, jq and kubectl are the real ones.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local_aws.sandbox import PROJECT
from local_aws.server import Aws
from s3io_user.handover.credentials import Credentials
from s3io_user.rotation.delivery import Parcel, deliver
from tests.patience import PATIENCE, until
from tests.programs import require_program
from tests.shebang import shebang

RECIPES = PROJECT / "examples" / "deliver"


@dataclass
class Place:
    """A new key, a folder, and stand-ins first on PATH."""

    pair: Credentials
    folder: Path
    said: list[str] = field(default_factory=list)

    def stand_in(self, name: str, program: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(program.replace("#!python\n", shebang()))
        file.chmod(0o755)

    def deliver(self, recipe: str, *arguments: str) -> None:
        """Run a recipe as `rotate --deliver` does, and see that the secret is in nobody's arguments meanwhile."""
        secret = self.pair.secret_access_key
        with watching(secret) as seen:
            deliver(
                " ".join([str(RECIPES / recipe), *arguments]),
                Parcel(self.pair),
                cwd=str(self.folder),
                timeout=PATIENCE,
                echo=self.said.append,
            )
        assert seen == []
        logs = [path.read_text() for path in self.folder.glob("*.argv")]
        assert [log for log in logs if secret in log] == []
        assert not any(secret in line for line in self.said)


@contextmanager
def watching(secret: str) -> Iterator[list[str]]:
    """The command lines, of any process, that hold the secret."""
    seen, over = list[str](), threading.Event()

    def watch() -> None:
        while not over.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = file.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if secret in line:
                    seen.append(line)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@pytest.fixture
def place(aws: Aws, user_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    require_program("jq", "jq")
    iam = aws.client("iam")
    iam.create_user(UserName=user_name)
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName=user_name, PolicyName="S3", PolicyDocument=json.dumps(allow))
    key = iam.create_access_key(UserName=user_name)["AccessKey"]
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return Place(Credentials(user_name, key["AccessKeyId"], key["SecretAccessKey"], "us-east-1", ["photos"]), tmp_path)


def works(aws: Aws, key_id: str, secret: str) -> bool:
    """Whether a consumer gets to S3 with what it was handed."""
    return bool(aws.client("s3", key_id, secret).list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200)


# As sshd does: the words are joined with spaces, and given to the user's shell in their home.
SSH = """\
#!/bin/sh
printf '<%s>' "$@" >>"$HERE/ssh.argv"
while [ "${1#-}" != "$1" ]; do shift 2; done
shift
exec sh -c "$*"
"""
# The part of WP-CLI that the recipe uses: `config set NAME [VALUE]` of a constant that the file has already.
WP = """\
#!python
import os, re, sys
open(os.environ["HERE"] + "/wp.argv", "a").write(repr(sys.argv))
options = [word for word in sys.argv[1:] if word.startswith("--")]
words = [word for word in sys.argv[1:] if not word.startswith("--")]
assert words[:2] == ["config", "set"] and "--type=constant" in options, sys.argv
assert ("--prompt" in options) == (len(words) == 3), sys.argv
value = sys.stdin.readline().strip() if "--prompt" in options else words[3]
file = next(option.split("=")[1] for option in options if option.startswith("--config-file="))
text = open(file).read()
line = re.compile(r"define\\( '" + words[2] + r"', '[^']*' \\);")
assert line.search(text), f"no constant {words[2]}"
open(file, "w").write(line.sub(lambda _: f"define( '{words[2]}', '{value}' );", text))
if "--quiet" not in options:
    print("Success: Updated the constant", value)
"""


def test_wordpress_over_ssh(place: Place, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    php = require_program("php", "php-cli")
    monkeypatch.setenv("HERE", str(place.folder))
    place.stand_in("ssh", SSH)
    place.stand_in("wp", WP)
    site = place.folder / "www"
    site.mkdir()
    names = ("DBI_AWS_ACCESS_KEY_ID", "DBI_AWS_SECRET_ACCESS_KEY")
    config = site / "wp-config.php"
    config.write_text("<?php\n" + "".join(f"define( '{name}', 'old' );\n" for name in names))
    config.chmod(0o640)
    place.deliver("wordpress.sh", "site@example.com", str(site))

    show = f"require 'wp-config.php'; echo json_encode([{', '.join(names)}]);"
    shown = subprocess.run([php, "-r", show], cwd=site, capture_output=True, text=True, check=True).stdout
    assert works(aws, *json.loads(shown))
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in site.iterdir()] == ["wp-config.php"]
    assert place.pair.access_key_id in (place.folder / "wp.argv").read_text()
    assert place.said == []


def test_where_half_of_it_fails_wordpress_keeps_the_old_key(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", str(place.folder))
    place.stand_in("ssh", SSH)
    place.stand_in("wp", WP)
    config = place.folder / "wp-config.php"
    before = "<?php\ndefine( 'DBI_AWS_SECRET_ACCESS_KEY', 'old' );\n"
    config.write_text(before)
    with pytest.raises(Exception, match="failed \\(exit code 1\\)"):
        place.deliver("wordpress.sh", "site@example.com", str(place.folder))
    assert config.read_text() == before


# A service that has the key in memory, and reads its file again at a SIGHUP: it answers with the key that it has.
SERVICE = """\
import os, signal, sys, time
from pathlib import Path
def load(*_):
    Path(sys.argv[2]).write_text(Path(sys.argv[1]).read_text())
signal.signal(signal.SIGHUP, load)
load()
Path(sys.argv[3]).write_text(str(os.getpid()))
while True:
    signal.pause()
"""
SYSTEMCTL = """\
#!/bin/sh
[ "$*" = "reload site.service" ] && kill -HUP "$(cat "$HERE/pid")"
"""


def test_a_file_and_a_service_that_is_reloaded(place: Place, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", str(place.folder))
    place.stand_in("systemctl", SYSTEMCTL)
    file, loaded, pid = (place.folder / name for name in ("s3.env", "loaded", "pid"))
    file.write_text("AWS_ACCESS_KEY_ID=old\n")
    service = subprocess.Popen([sys.executable, "-c", SERVICE, str(file), str(loaded), str(pid)])
    try:
        until(pid.exists)
        place.deliver("file.sh", str(file), "site.service")
        until(lambda: place.pair.access_key_id in loaded.read_text())
    finally:
        service.kill()
        service.wait()
    key = dict(line.split("=", 1) for line in loaded.read_text().splitlines())
    assert works(aws, key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.with_name("s3.env.new").exists()


GH = """\
#!python
import os, sys
open(os.environ["HERE"] + "/gh.argv", "a").write(repr(sys.argv))
assert sys.argv[1:] == ["secret", "set", "--env-file", "-", "--repo", "example/site"], sys.argv
open(os.environ["HERE"] + "/secrets", "w").write(sys.stdin.read())
"""


def test_the_secrets_of_a_github_repository(place: Place, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", str(place.folder))
    place.stand_in("gh", GH)
    place.deliver("github.sh", "example/site")
    key = dict(line.split("=", 1) for line in (place.folder / "secrets").read_text().splitlines())
    assert works(aws, key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"])


class Cluster(BaseHTTPRequestHandler):
    """As much of Kubernetes' API as kubectl asks to apply a Secret and restart a deployment; keeps what it got."""

    got: list[tuple[str, str, Any]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        found = {
            "/openapi/v3": {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"}}},
            "/openapi/v3/api/v1": OPENAPI,
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group("apps")]},
            "/api/v1": _resources("v1", "secrets", "Secret"),
            "/apis/apps/v1": _resources("apps/v1", "deployments", "Deployment"),
            "/apis/apps/v1/namespaces/default/deployments/site": DEPLOYMENT,
        }.get(path)
        self._answer(200 if found else 404, found or {"kind": "Status", "status": "Failure", "code": 404})

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path.partition("?")[0], self.headers["Content-Type"], body))
        self._answer(200, {**DEPLOYMENT, **body} if "deployments" in self.path else body)

    def _answer(self, code: int, body: Any) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(version: str, plural: str, kind: str) -> dict[str, Any]:
    one = {"name": plural, "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get", "patch"]}
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [one]}


# That the server itself checks the fields of what is applied, which kubectl asks before it applies anything.
OPENAPI = {
    "openapi": "3.0.0",
    "info": {"title": "Kubernetes", "version": "v1"},
    "paths": {
        "/api/v1/namespaces/{namespace}/secrets/{name}": {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "OK"}},
                "x-kubernetes-group-version-kind": {"group": "", "version": "v1", "kind": "Secret"},
            }
        }
    },
}
_POD = {"metadata": {"labels": {"app": "site"}}, "spec": {"containers": [{"name": "site", "image": "site"}]}}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "site", "namespace": "default"},
    "spec": {"selector": {"matchLabels": {"app": "site"}}, "template": _POD},
}


def test_a_secret_of_kubernetes(place: Place, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    require_program("kubectl", "kubectl")
    Cluster.got = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}],
        "current-context": "c",
    }
    (place.folder / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(place.folder / "kubeconfig"))
    monkeypatch.setenv("HOME", str(place.folder))
    try:
        place.deliver("kubernetes.sh", "s3-key", "deployment/site")
    finally:
        server.shutdown()
        server.server_close()
    (path, kind, secret), (restarted, _, patch) = Cluster.got
    assert (path, kind) == ("/api/v1/namespaces/default/secrets/s3-key", "application/apply-patch+yaml")
    assert secret["metadata"].keys() <= {"name", "namespace"}, "no annotation with a copy"
    assert works(aws, secret["stringData"]["AWS_ACCESS_KEY_ID"], secret["stringData"]["AWS_SECRET_ACCESS_KEY"])
    assert restarted == "/apis/apps/v1/namespaces/default/deployments/site"
    assert "restartedAt" in json.dumps(patch)


def test_each_recipe_is_on_the_page_and_run_here() -> None:
    page = (PROJECT / "docs" / "rotation.md").read_text()
    recipes = {path.name for path in RECIPES.iterdir()}
    assert recipes == set(re.findall(r"examples/deliver/(\w+\.sh)\)", page))
    assert recipes == set(re.findall(r'place\.deliver\("(\S+)"', Path(__file__).read_text()))
