"""The stand-in's own parts: its table against the SDK's classes, documents, passwords, settings, plugin, process."""

import asyncio
import importlib
import inspect
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi_aws
import pytest
from pulumi.provider.experimental import provider as engine

from local_aws import plugin
from local_aws.provider.aws import REFUSED_SETTINGS, Aws, AwsError, _note_model, saying
from local_aws.provider.documents import equivalent, go_json, normalise
from local_aws.provider.lookups import FUNCTIONS
from local_aws.provider.row import Row
from local_aws.provider.schema import schema
from local_aws.provider.server import Servicer
from local_aws.provider.stand_in import StandIn
from local_aws.provider.table import RESOURCES
from local_aws.provider.users import ses_smtp_password
from local_aws.provider.values import UNKNOWN, is_known, unique_id, unwrap, wrap
from s3io_user.errors import S3IOError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")  # some of its classes, when imported
ROWS = [pytest.param(token, row, id=token) for token, row in RESOURCES.items()]


# -- the table against the SDK ----------------------------------------------------------------------------


def _class(token: str) -> Any:
    module, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()  # type: ignore[union-attr]
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), name)


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _sdk_inputs(cls: Any) -> set[str]:
    names = set(inspect.signature(cls._internal_init).parameters) - {"__self__", "resource_name", "opts", "__props__"}
    return set(map(_camel, names))


@pytest.mark.parametrize(("token", "row"), ROWS)
def test_every_input_of_the_sdk_is_served_or_refused(token: str, row: Row) -> None:
    assert set(row.inputs) | set(row.refused) == _sdk_inputs(_class(token))
    assert not set(row.inputs) & set(row.refused)


@pytest.mark.parametrize(("token", "row"), ROWS)
def test_every_output_is_one_of_the_sdk(token: str, row: Row) -> None:
    properties = {_camel(name) for name, kind in inspect.getmembers(_class(token)) if isinstance(kind, property)}
    assert set(row.outputs) <= properties


@pytest.mark.parametrize(("token", "row"), ROWS)
def test_a_row_speaks_of_its_own_inputs_only(token: str, row: Row) -> None:
    spoken = {*row.replaces, *row.sets, *row.documents, *row.moved_by.values(), *row.checks}
    assert spoken <= set(row.inputs)
    assert set(row.secrets) <= {*row.inputs, *row.outputs}


def test_every_setting_of_the_sdk_is_served_or_refused() -> None:
    served = (
        "accessKey assumeRoles defaultTags endpoints maxRetries profile region retryMode s3UsePathStyle secretKey"
        " skipCredentialsValidation skipMetadataApiCheck skipRegionValidation skipRequestingAccountId token"
    )
    assert set(served.split()) | REFUSED_SETTINGS == _sdk_inputs(pulumi_aws.Provider)


@pytest.mark.parametrize("token", FUNCTIONS)
def test_every_function_is_one_of_the_sdk(token: str) -> None:
    module, name = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()  # type: ignore[union-attr]
    home = pulumi_aws if module == "index" else importlib.import_module(f"pulumi_aws.{module}")
    assert hasattr(home, re.sub(r"(?=[A-Z])", "_", name).lower())


def test_the_schema_names_every_resource() -> None:
    described = json.loads(schema("7.0.0"))
    assert set(described["resources"]) == set(RESOURCES)
    assert described["resources"]["aws:iam/accessKey:AccessKey"]["properties"]["secret"]["secret"] is True


# -- values -----------------------------------------------------------------------------------------------


def test_values_come_back_as_they_went() -> None:
    values = {"a": 1, "b": 1.5, "c": True, "d": ["x", {"y": "z"}], "e": "s"}
    assert unwrap(wrap(values, {"e"})) == (values, {"e"})


def test_nulls_are_left_out() -> None:
    assert unwrap(wrap({"a": None, "b": {"c": None}}))[0] == {"b": {}}


@pytest.mark.parametrize("value", [UNKNOWN, ["a", UNKNOWN], {"a": {"b": [UNKNOWN]}}])
def test_an_unknown_inside_makes_all_of_it_unknown(value: Any) -> None:
    assert not is_known(value)


def test_unique_ids_have_a_time_and_a_counter() -> None:
    one, other = unique_id("u-"), unique_id("u-")
    assert one != other
    assert re.fullmatch(r"u-\d{18}[0-9a-f]{8}", one)


# -- documents --------------------------------------------------------------------------------------------


def test_go_escapes_what_html_would_take() -> None:
    assert go_json({"b": "<&>", "a": "é"}) == '{"a":"é","b":"\\u003c\\u0026\\u003e"}'


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('{"Statement": [], "Version": "2012-10-17"}', '{"Version":"2012-10-17","Statement":[]}'),
        ('{"Version": "2012-10-17"}', '{"Version":"2012-10-17"}'),
        ('{"Version": "2008-10-17", "Id": "x"}', '{"Id":"x","Version":"2008-10-17"}'),
        ("{}", "{}"),
    ],
)
def test_an_inline_policy_s_text_begins_with_its_version(document: str, text: str) -> None:
    assert normalise(document, version_first=True) == text


STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["a", "b"],
    "Resource": "*",
    "Condition": {"StringLike": {"s3:prefix": ["x", "x/*"]}},
}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param({"Action": ["b", "a"]}, True, id="order"),
        pytest.param({"Resource": ["*"]}, True, id="one-in-a-list"),
        pytest.param({"Sid": ""}, True, id="empty-sid"),
        pytest.param({"Effect": "allow"}, True, id="case-of-effect"),
        pytest.param({"Condition": {"StringLike": {"s3:prefix": ["x/*", "x"]}}}, True, id="order-in-condition"),
        pytest.param({"Condition": {"StringLike": {"s3:prefix": ["x"]}}}, False, id="condition"),
        pytest.param({"Action": ["a"]}, False, id="an-action-less"),
        pytest.param({"Sid": "x"}, False, id="sid"),
        pytest.param({"Effect": "Deny"}, False, id="effect"),
        pytest.param({"NotResource": "x"}, False, id="another-key"),
        pytest.param({"Principal": {"AWS": "x"}}, False, id="principal"),
    ],
)
def test_documents_are_compared_by_meaning(change: dict[str, Any], same: bool) -> None:
    other = {"Statement": {**STATEMENT, **change}}
    assert equivalent(json.dumps({"Statement": [STATEMENT]}), json.dumps(other)) is same


def test_documents_that_are_none_are_compared_as_they_stand() -> None:
    assert equivalent("{}", " {}")
    assert not equivalent("{}", '{"a": 1}')
    assert not equivalent("x", "y")


# -- passwords, settings, errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ],
)
def test_the_smtp_password_of_a_secret_key(secret: str, region: str, password: str) -> None:
    assert ses_smtp_password(secret, region) == password


@pytest.fixture
def no_aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.usefixtures("no_aws_environment")
class TestSettings:
    def test_the_region_comes_from_the_settings_then_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        assert Aws({}).region == "eu-west-1"
        monkeypatch.setenv("AWS_REGION", "eu-west-2")
        assert Aws({}).region == "eu-west-2"
        assert Aws({"region": "eu-west-3"}).region == "eu-west-3"

    def test_no_region_is_said_in_one_sentence(self) -> None:
        with pytest.raises(AwsError, match="pulumi config set aws:region"):
            _ = Aws({}).region

    @pytest.mark.parametrize(
        ("region", "partition", "suffix"),
        [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ],
    )
    def test_the_region_tells_the_partition(self, region: str, partition: str, suffix: str) -> None:
        aws = Aws({"region": region})
        assert (aws.partition, aws.dns_suffix) == (partition, suffix)

    @pytest.mark.parametrize("as_text", [True, False], ids=["json", "object"])
    def test_endpoints_and_credentials_reach_the_client(self, as_text: bool) -> None:
        endpoints: Any = [{"iam": "http://127.0.0.1:1", "s3": "http://127.0.0.1:2"}]
        keys = {"accessKey": "AKIAEXAMPLE", "secretKey": "s", "token": "t", "region": "eu-west-1"}
        aws = Aws({**keys, "endpoints": json.dumps(endpoints) if as_text else endpoints})
        client = aws.iam
        assert client.meta.endpoint_url == "http://127.0.0.1:1"
        assert aws.client("s3", "eu-west-2").meta.region_name == "eu-west-2"
        credentials = client._request_signer._credentials
        assert (credentials.access_key, credentials.secret_key, credentials.token) == ("AKIAEXAMPLE", "s", "t")

    def test_retries_are_the_settings(self) -> None:
        aws = Aws({"region": "eu-west-1", "maxRetries": "7", "retryMode": "adaptive"})
        assert aws.iam.meta.config.retries == {"mode": "adaptive", "total_max_attempts": 7}

    def test_a_setting_that_is_not_served_is_refused_by_name(self) -> None:
        request = engine.CheckRequest("urn", {}, wrap({"region": "x", "ignoreTags": "{}"}), b"")
        failures = asyncio.run(StandIn().check_config(request)).failures
        assert failures is not None
        assert [failure.reason for failure in failures] == [
            "the stand-in for the aws provider on the embedded AWS does not know the setting ignoreTags"
        ]


def _client_error(code: str, modelled: bool) -> Exception:
    from botocore.exceptions import ClientError

    parsed: dict[str, Any] = {
        "Error": {"Code": code, "Message": "no."},
        "ResponseMetadata": {"HTTPStatusCode": 404, "RequestId": "r"},
    }
    shapes = [SimpleNamespace(error_code=code)] if modelled else []
    model = SimpleNamespace(error_shapes=shapes, service_model=SimpleNamespace(service_id="IAM"))
    _note_model(parsed, model)
    return ClientError(parsed, "GetUser")


@pytest.mark.parametrize(("modelled", "before"), [(True, ""), (False, "api error ")])
def test_an_error_of_aws_is_said_as_the_real_one_says_it(modelled: bool, before: str) -> None:
    with pytest.raises(AwsError) as caught, saying("getting user"):
        raise _client_error("NoSuchEntity", modelled)
    assert str(caught.value) == (
        "getting user: operation error IAM: GetUser, https response error StatusCode: 404, RequestID: r,"
        f" {before}NoSuchEntity: no."
    )


def test_a_parameter_that_botocore_refuses_is_not_quoted() -> None:
    from botocore.exceptions import ParamValidationError

    with pytest.raises(AwsError) as caught, saying("putting value"):
        raise ParamValidationError(report="Invalid type for parameter SecretString, value: hush\nhush, type: int")
    assert "SecretString" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


class _Context:
    async def abort(self, code: Any, details: str) -> None:
        raise LookupError(details)


@pytest.mark.parametrize("method", ["Check", "Invoke"])
def test_the_process_says_an_error_without_a_traceback(method: str) -> None:
    from pulumi.runtime.proto import provider_pb2

    request = {
        "Check": provider_pb2.CheckRequest(urn="urn:pulumi:s::p::aws:ec2/vpc:Vpc::v"),
        "Invoke": provider_pb2.InvokeRequest(tok="aws:ec2/getVpc:getVpc"),
    }[method]
    servicer = Servicer([], "", StandIn(), "")
    with pytest.raises(LookupError, match=r"^the stand-in for [^\n]*; a real account has it$"):
        asyncio.run(getattr(servicer, method)(request, _Context()))


# -- the plugin -------------------------------------------------------------------------------------------


@pytest.fixture
def fake_engine(tmp_path: Path) -> Path:
    """A `pulumi` that installs like the real one, and writes down that it was asked."""
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text(
        '#!/bin/sh\necho "$@" >> "$0.log"\n'
        'mkdir -p "$PULUMI_HOME/plugins/resource-aws-v$5" && cp "$7"/* "$PULUMI_HOME/plugins/resource-aws-v$5/"\n'
    )
    script.chmod(0o755)
    return script.parent


def _asked(bin_: Path) -> list[str]:
    log = bin_ / "pulumi.log"
    return log.read_text().splitlines() if log.exists() else []


class TestPlugin:
    def test_is_installed_at_the_version_of_the_sdk_and_only_once(self, fake_engine: Path, tmp_path: Path) -> None:
        for _ in range(2):
            plugin.install(fake_engine, tmp_path / "home")
        assert len(_asked(fake_engine)) == 1
        assert _asked(fake_engine)[0].startswith(f"plugin install resource aws {version('pulumi-aws')} --file ")

    def test_is_installed_again_for_another_interpreter(self, fake_engine: Path, tmp_path: Path) -> None:
        plugin.install(fake_engine, tmp_path / "home")
        plugin.install(fake_engine, tmp_path / "home", python=tmp_path / "other python")
        assert len(_asked(fake_engine)) == 2

    def test_a_provider_of_yours_takes_its_place(
        self, fake_engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        binary = tmp_path / "a provider"
        binary.write_text('#!/bin/sh\necho "$0 $@"\n')
        binary.chmod(0o755)
        monkeypatch.setenv(plugin.BINARY, str(binary))
        plugin.install(fake_engine, tmp_path / "home")
        launcher = next((tmp_path / "home").glob("plugins/*/pulumi-resource-aws"))
        said = subprocess.run([launcher, "127.0.0.1:1"], capture_output=True, text=True, check=True).stdout
        assert said == f"{binary} 127.0.0.1:1\n"

    def test_what_the_engine_says_is_in_the_error(self, tmp_path: Path) -> None:
        script = tmp_path / "pulumi"
        script.write_text("#!/bin/sh\necho 'error: no room' >&2\nexit 1\n")
        script.chmod(0o755)
        with pytest.raises(S3IOError, match=r"could not be installed into .*: error: no room$"):
            plugin.install(tmp_path, tmp_path / "home")


@pytest.fixture
def started(fake_engine: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The installed plugin, started where modules of the program hide those of Python, with SIGINT ignored."""
    plugin.install(fake_engine, tmp_path / "home")
    launcher = next((tmp_path / "home").glob("plugins/*/pulumi-resource-aws"))
    hostile = tmp_path / "program"
    hostile.mkdir()
    (hostile / "json.py").write_text("raise SystemExit('the program got in the way')")
    child = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' INT; exec \"$0\" 127.0.0.1:1", str(launcher)],
        cwd=hostile,
        env={**os.environ, "PYTHONPATH": str(hostile)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        yield child
        child.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_process_tells_its_port_and_ends_on_a_signal(started: subprocess.Popen[str], number: int) -> None:
    assert started.stdout is not None
    assert int(started.stdout.readline()) > 0
    started.send_signal(number)
    assert started.wait(timeout=30) == 0


def test_the_process_ends_with_its_parent() -> None:
    parent = (
        "import subprocess, sys\n"
        "start = 'from local_aws.provider.server import main; main()'\n"
        "command = [sys.executable, '-c', start, '127.0.0.1:1']\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline())"
    )
    # The child shares its parent's standard error: run() comes back only when both are gone, or raises.
    done = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) > 0


def test_starting_does_not_import_what_a_preview_does_not_need() -> None:
    probe = "import sys, local_aws.provider.server; print(sorted({'boto3', 'pulumi_aws'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
