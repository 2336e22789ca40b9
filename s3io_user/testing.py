"""A testing kit: Pulumi mocks that record every resource and refuse what they do not know.

from s3io_user.testing import deploy

def test_the_site_may_not_delete():
    made = deploy(lambda: S3IOUser("site", {"buckets": ["photos"]}))
    assert "DeleteObject" not in made.one("aws:iam/userPolicy:UserPolicy").inputs["policy"]
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks

ACCOUNT = "123456789012"

# What AWS adds to a resource's inputs, under mocks.
_KNOWN: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "s3io-user:index:S3IOUser": lambda name, given: {},
    "aws:iam/user:User": lambda name, given: {
        "name": given.get("name") or f"{name}-1234567",
        "arn": f"arn:aws:iam::{ACCOUNT}:user{given.get('path') or '/'}{given.get('name') or f'{name}-1234567'}",
        "uniqueId": f"AIDA{name.upper()}EXAMPLE",
    },
    "aws:iam/accessKey:AccessKey": lambda name, given: (
        {"encryptedSecret": f"encrypted-{name}"} if given.get("pgpKey") else {"secret": f"secret-of-{name}"}
    ),
    "aws:iam/userPolicy:UserPolicy": lambda name, given: {},
    "aws:iam/policy:Policy": lambda name, given: {"arn": f"arn:aws:iam::{ACCOUNT}:policy/{given.get('name') or name}"},
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": lambda name, given: {},
    "aws:iam/userGroupMembership:UserGroupMembership": lambda name, given: {},
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": lambda name, given: {},
    "aws:secretsmanager/secret:Secret": lambda name, given: {
        "arn": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{given['name']}-AbCdEf"
    },
    "aws:secretsmanager/secretVersion:SecretVersion": lambda name, given: {"arn": given["secretId"]},
    "aws:ssm/parameter:Parameter": lambda name, given: {},
    "pulumi:index:Stash": lambda name, given: {"output": given["input"]},
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": lambda name, given: {},
}


@dataclass(frozen=True)
class Made:
    """A resource as the program asked for it."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    urn: str
    parent: str
    request: Any = field(repr=False)
    """Pulumi's own RegisterResourceRequest, for every option: dependencies, aliases, replaceOnChanges, …"""


@dataclass(frozen=True)
class Value:
    """What an output came to be. ``value`` is None where it is not known, as in a preview."""

    value: Any = field(repr=False)
    secret: bool
    known: bool


@dataclass
class Deployment:
    """What a program made: its resources in order, its component's outputs, and what was logged."""

    resources: list[Made] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    registered: dict[str, list[str]] = field(default_factory=dict)
    """The names of the outputs that each component registered, by URN."""

    def of(self, token: str) -> list[Made]:
        """The resources of a type, such as ``aws:iam/user:User``."""
        return [made for made in self.resources if made.type == token]

    def one(self, token: str) -> Made:
        """The only resource of a type. Raises AssertionError where there is none, or another."""
        found = self.of(token)
        assert len(found) == 1, f"expected one {token}, found {[made.name for made in found]}"  # noqa: S101
        return found[0]


class StrictMocks(mocks.Mocks):
    """Mocks that know the component's resources and no others; ``calls`` answers functions, by token."""

    def __init__(self, calls: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] | None = None) -> None:
        self.calls = dict(calls or {})

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The resource's ID and state. Raises ValueError for an unknown type."""
        if args.typ not in _KNOWN:
            raise ValueError(f"unexpected resource {args.typ} '{args.name}'")
        state = {**args.inputs, **_KNOWN[args.typ](args.name, args.inputs)}
        identity = f"AKIA{args.name.upper()}EXAMPLE" if args.typ.endswith("AccessKey") else f"{args.name}-id"
        return identity, state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The function's answer. Raises ValueError for one that no test asked for."""
        if args.token not in self.calls:
            raise ValueError(f"unexpected call {args.token}")
        return self.calls[args.token](dict(args.args)), []


class _Monitor(mocks.MockMonitor):
    def __init__(self, known: mocks.Mocks) -> None:
        super().__init__(known)
        self.deployment = Deployment()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = _without_marks(pulumi.runtime.rpc.deserialize_properties(request.object))
            made = Made(request.type, request.name, inputs, answer.urn, request.parent, request)
            self.deployment.resources.append(made)
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.deployment.registered[request.urn] = list(request.outputs)
        return super().RegisterResourceOutputs(request)


def _without_marks(value: Any) -> Any:
    """A value with what Pulumi wraps a secret in taken off, at any depth."""
    if pulumi.runtime.rpc.is_rpc_secret(value):
        return _without_marks(pulumi.runtime.rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _without_marks(item) for key, item in value.items()}
    return [_without_marks(item) for item in value] if isinstance(value, list) else value


def deploy(
    program: Callable[[], pulumi.Resource | None],
    *,
    config: Mapping[str, str] | None = None,
    preview: bool = False,
    project: str = "s3io-user",
    calls: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] | None = None,
) -> Deployment:
    """Run a program under the mocks, to its end, and return what it made.

    Where the program returns a component, its Outputs are in ``outputs``. Raises what the program raises.
    """
    known = StrictMocks(calls)
    monitor = _Monitor(known)

    def run() -> None:
        pulumi.runtime.settings.reset_options()
        mocks.set_mocks(known, project=project, stack="test", preview=preview, monitor=monitor)
        pulumi.runtime.set_all_config(dict(config or {}))
        pulumi.runtime.test(lambda: _look(program(), monitor.deployment))()

    _in_a_loop_of_its_own(run)
    return monitor.deployment


def _in_a_loop_of_its_own(run: Callable[[], None]) -> None:
    """Run in a thread with an event loop and Pulumi settings of its own: a fault leaves them in no state to go on."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            asyncio.set_event_loop(asyncio.new_event_loop())
            run()
        except BaseException as error:  # SystemExit too: so a fault that is known late ends a program
            raised.append(error)

    thread = threading.Thread(target=contextvars.Context().run, args=(guarded,))
    thread.start()
    thread.join()
    if raised:
        ended = isinstance(raised[0], SystemExit) and raised[0].__cause__ is not None
        raise (raised[0].__cause__ if ended else raised[0]) from None  # type: ignore[misc]


async def _look(component: pulumi.Resource | None, deployment: Deployment) -> None:
    for name, output in vars(component).items() if component else ():
        if isinstance(output, pulumi.Output) and not name.startswith("_") and name != "urn":
            known = await output.is_known()
            value = await output.future()
            deployment.outputs[name] = Value(value, await output.is_secret(), known)
