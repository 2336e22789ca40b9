"""The testing kit as its page shows it, and where a consumer's program goes wrong."""

import asyncio
import runpy
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime._callbacks import _CallbackServicer

from s3io_user import InputError, S3IOUser, run
from s3io_user.testing import Deployment, StrictMocks, UnexpectedError, deploy
from tests.pages import PAGES, PROJECT, snippets

# pulumi_aws.s3 warns of its own old names when it is first looked into.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")

PAGE = "testing.md"
BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:iam/userPolicy:UserPolicy"


SHOWN = types.ModuleType("page")
exec("\n".join(snippets(PAGE)), SHOWN.__dict__)  # noqa: S102 - the page's own lines
TESTS = [name for name in vars(SHOWN) if name.startswith("test_")]


@pytest.mark.parametrize("name", TESTS)
def test_what_the_page_shows_runs(name: str) -> None:
    getattr(SHOWN, name)()


def test_the_page_shows_a_test_in_every_snippet() -> None:
    assert [snippet.count("def test_") for snippet in snippets(PAGE)] == [1, 2, 1, 1, 1]
    assert len(TESTS) == 6


def test_the_page_quotes_the_refusal() -> None:
    with pytest.raises(UnexpectedError) as raised:
        deploy(SHOWN.program)

    assert f"```text\n{raised.value}\n```" in PAGES[PAGE].read_text()
    assert raised.traceback[-1].name == "deploy"


# ---- a consumer's program ----


def parameter_of(value: Any) -> None:
    aws.ssm.Parameter("key", type="String", value=value)


class Site(pulumi.ComponentResource):
    """A consumer's own component, with the user inside."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:web:Site", name)
        self.user = S3IOUser(name, {"user_name": name}, pulumi.ResourceOptions(parent=self))
        self.secret = pulumi.Output.format("KEY={0}", self.user.secret_access_key)
        self.register_outputs({"secret": self.secret})


def a_site() -> Site:
    site = Site(pulumi.get_project())
    pulumi.export("nested", {"name": site.user.user_name, "keys": [site.secret]})
    pulumi.export("name", site.user.user_name)
    return site


def holds(made: Deployment, name: str) -> bool:
    return made.exports["nested"].value == {"name": name, "keys": [f"KEY=secret-of-{name}-b"]}


def test_a_component_of_one_s_own_needs_no_answer_and_keeps_the_secret_one() -> None:
    made = deploy(a_site, project="blog")

    assert holds(made, "blog")
    assert {name for name, value in {**made.exports, **made.outputs}.items() if value.secret} == {"nested", "secret"}
    assert made.one("aws:iam/user:User").parent == made.one("s3io-user:index:S3IOUser").urn
    assert made.registered[made.one("acme:web:Site").urn] == ["secret"]


def test_a_provider_needs_no_answer() -> None:
    def program() -> S3IOUser:
        return S3IOUser("site", {}, pulumi.ResourceOptions(provider=aws.Provider("cn", region="cn-north-1")))

    assert "arn:aws-cn:s3" in deploy(program).one(POLICY).inputs["policy"]


def test_the_stack_has_the_name_that_it_is_given() -> None:
    made = deploy(lambda: pulumi.export("stack", pulumi.get_stack()), stack="prod")

    assert made.exports["stack"].value == "prod"


def test_an_async_program_is_awaited() -> None:
    async def program() -> Site:
        await asyncio.sleep(0)
        return a_site()

    assert holds(deploy(program, project="blog"), "blog")


def test_runs_in_threads_and_within_a_running_loop_do_not_meet() -> None:
    async def within() -> Deployment:
        return deploy(a_site, project="within")

    with ThreadPoolExecutor(4) as pool:
        names = [f"site{number}" for number in range(12)]
        runs = list(pool.map(lambda name: deploy(a_site, project=name), names))
        # In a thread of the pool, since it leaves its own without a loop.
        in_loop = pool.submit(lambda: asyncio.run(within())).result()

    assert [holds(run, name) for run, name in zip(runs, names, strict=True)] == [True] * 12
    assert holds(in_loop, "within")


def test_the_only_one_of_many_is_asked_for_by_name_and_missed_with_what_there_is() -> None:
    made = deploy(lambda: [S3IOUser(name, {}) for name in "ab"])

    assert made.one(POLICY, "b").name == "b"
    with pytest.raises(AssertionError, match=rf"expected one {POLICY}, found 2; there are: {POLICY} 'a', {POLICY} 'b'"):
        made.one(POLICY)
    with pytest.raises(AssertionError, match=rf"expected one {POLICY} 'c', found 0; there are: {POLICY} 'a'"):
        made.one(POLICY, "c")
    with pytest.raises(
        AssertionError, match=r"expected one aws:x:X, found 0; there are: aws:iam/accessKey:AccessKey 'a-b'"
    ):
        made.one("aws:x:X")


# ---- what goes wrong is what is raised, and the next run is as if it had not been ----


def _asserts_later() -> None:
    def look(name: str) -> None:
        assert name == "another"

    S3IOUser("site", {}).user_name.apply(look)


def _catches_the_refusal() -> None:
    try:
        aws.get_caller_identity()
    except Exception:
        pulumi.log.info("never mind")


def _another_language_s() -> pulumi.Resource:
    return pulumi.ComponentResource("awsx:ec2:Vpc", "vpc", {}, remote=True)


@pytest.mark.parametrize(
    ("program", "expected", "sentence"),
    [
        pytest.param(
            lambda: parameter_of(aws.s3.Bucket("b").bucket), UnexpectedError, "resource aws:s3/", id="resource"
        ),
        pytest.param(lambda: aws.s3.Bucket.get("b", "photos"), UnexpectedError, "resource aws:s3/", id="read"),
        pytest.param(_another_language_s, UnexpectedError, "resource awsx:ec2:Vpc 'vpc'", id="remote"),
        pytest.param(_catches_the_refusal, UnexpectedError, "call aws:index/getCallerIdentity", id="caught"),
        pytest.param(_asserts_later, AssertionError, "another", id="assert-in-apply"),
        pytest.param(lambda: S3IOUser("x", {"buckets": []}), InputError, "buckets: must name at least", id="input"),
        pytest.param(lambda: 1 / 0, ZeroDivisionError, "division", id="the-program-s-own"),
    ],
)
def test_what_goes_wrong_is_what_is_raised(
    program: Callable[[], Any], expected: type[Exception], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(expected, match=sentence):
        deploy(program)

    assert "never retrieved" not in caplog.text
    assert holds(deploy(a_site, project="blog"), "blog")


def test_an_answer_that_fails_is_what_is_raised() -> None:
    def program() -> None:
        parameter_of(aws.s3.Bucket("b").bucket)

    with pytest.raises(KeyError, match="acl"):
        deploy(program, resources={BUCKET: lambda name, inputs: {"bucket": inputs["acl"]}})


@pytest.mark.parametrize("said", ["reading IAM User (old): couldn't find resource", "NoSuchEntity: cannot be found"])
def test_a_call_that_fails_is_the_program_s_to_handle(said: str) -> None:
    def missing(asked: dict[str, Any]) -> dict[str, Any]:
        raise ValueError(said)

    with pytest.raises(InputError, match=r"existing_user: must be a user of this account .*does not exist"):
        deploy(lambda: S3IOUser("x", {"existing_user": "old"}), calls={"aws:iam/getUser:getUser": missing})


def test_an_adopted_user_is_answered_for() -> None:
    made = deploy(lambda: S3IOUser("x", {"existing_user": "old"}))

    assert made.outputs["user_name"].value == "old"
    of_aws = [call for call in made.calls if call.startswith("aws:")]
    assert of_aws == ["aws:iam/getUser:getUser", "aws:iam/getAccessKeys:getAccessKeys"]


def test_the_mocks_alone_serve_a_harness_of_one_s_own() -> None:
    mocks = StrictMocks({BUCKET: lambda name, inputs: {"id": "photos"}})
    asked = pulumi.runtime.MockResourceArgs(BUCKET, "b", {"tags": {}}, custom=True)

    assert mocks.new_resource(asked) == ("photos", {"tags": {}})


def test_a_program_that_ends_by_a_late_fault_leaves_no_server() -> None:
    with pytest.raises(InputError, match="not a name"):
        deploy(lambda: S3IOUser("site", {"user_name": pulumi.Output.from_input("x").apply(lambda _: "not a name")}))

    assert _CallbackServicer._servicers == []


def test_a_program_in_a_file_that_calls_run() -> None:
    made = deploy(lambda: runpy.run_path(str(PROJECT / "__main__.py")), config={"s3io-user:access": "optimizer"})

    assert made.exports["accessKeyId"].known
    assert made.exports["secretAccessKey"].secret


def test_what_goes_wrong_in_it_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        deploy(lambda: run(lambda: 1 / 0))  # type: ignore[arg-type,return-value]
