"""A testing kit: Pulumi mocks that record every resource and refuse what the test does not expect (docs/testing.md)."""

import asyncio
import atexit
import contextlib
import contextvars
import gc
import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks

from s3io_user.testing import answers
from s3io_user.testing.answers import Answer, Call

# A server that never started is garbage, of which gRPC complains ("Error in sys.excepthook") if it is collected last.
atexit.register(gc.collect)


@dataclass(frozen=True)
class Made:
    """A resource that the program created."""

    type: str
    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    """Its inputs, as the engine spells them, without those that a preview does not know."""
    secrets: frozenset[str]
    """The names of the inputs that are secret or contain a secret."""
    urn: str
    parent: str
    request: Any = field(repr=False)
    """Pulumi's own RegisterResourceRequest, for every option: dependencies, aliases, replaceOnChanges, …"""


@dataclass(frozen=True)
class Value:
    """The value of an output; None if it is not known, as in a preview."""

    value: Any = field(repr=False)
    secret: bool
    known: bool


@dataclass
class Deployment:
    """What a program created, called and exported."""

    resources: list[Made] = field(default_factory=list)
    """Every resource, in the order of registration. Resources that don't depend on each other have no fixed order."""
    calls: list[str] = field(default_factory=list)
    """The tokens of the functions that it called, in order."""
    exports: dict[str, Value] = field(default_factory=dict)
    """The stack outputs. One that contains a secret is secret as a whole."""
    outputs: dict[str, Value] = field(default_factory=dict)
    """The Outputs of the component that the program returned."""
    registered: dict[str, list[str]] = field(default_factory=dict)
    """The names of the outputs that each component registered, by URN."""

    def of(self, token: str) -> list[Made]:
        """The resources of a type, such as ``aws:iam/user:User``."""
        return [made for made in self.resources if made.type == token]

    def one(self, token: str, name: str | None = None) -> Made:
        """The only resource of a type, or of a type and name. Raises AssertionError if there is not exactly one."""
        matching = [made for made in self.of(token) if name in (None, made.name)]
        there = ", ".join(sorted(f"{made.type} '{made.name}'" for made in self.of(token) or self.resources))
        what = token if name is None else f"{token} '{name}'"
        assert len(matching) == 1, f"expected one {what}, found {len(matching)}; there are: {there or 'none'}"  # noqa: S101
        return matching[0]


class UnexpectedError(AssertionError):
    """The program created a resource or called a function that the test does not expect."""


class StrictMocks(mocks.Mocks):
    """Mocks for what the component creates and calls and for what the test adds, and for nothing else.

    Local components and providers need no answer: nothing of theirs is in the cloud.
    """

    def __init__(self, resources: Mapping[str, Answer] | None = None, calls: Mapping[str, Call] | None = None) -> None:
        self.resources = {**answers.RESOURCES, **(resources or {})}
        self.calls = {**answers.CALLS, **(calls or {})}
        self.called: list[str] = []
        self.refused: list[Exception] = []
        """The errors that were raised here. The SDK wraps them, and a program may catch them."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The resource's ID and state; in a preview, only its inputs. Raises UnexpectedError."""
        if args.typ not in self.resources:
            if args.custom is not False and not args.typ.startswith("pulumi:providers:"):
                raise self.refuse_resource(args.typ, args.name)
            return f"{args.name}-id", args.inputs
        if args.custom and pulumi.runtime.is_dry_run():
            return None, args.inputs
        try:
            answer = dict(self.resources[args.typ](args.name, _without_marks(args.inputs)))
        except Exception as error:
            self.refused.append(error)
            raise
        return answer.pop("id", args.resource_id or f"{args.name}-id"), {**args.inputs, **answer}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The function's result. Raises UnexpectedError."""
        self.called.append(args.token)
        if args.token not in self.calls:
            raise self._refuse(f"unexpected call {args.token}: expect it by calls={{'{args.token}': lambda asked: …}}")
        return self.calls[args.token](_without_marks(dict(args.args))), []

    def refuse_resource(self, token: str, name: str) -> UnexpectedError:
        """The error for a resource that the test does not expect."""
        how = f"resources={{'{token}': lambda name, inputs: …}}"
        return self._refuse(f"unexpected resource {token} '{name}': expect it by {how}")

    def _refuse(self, sentence: str) -> UnexpectedError:
        error = UnexpectedError(sentence)
        self.refused.append(error)
        return error


class _Monitor(mocks.MockMonitor):
    def __init__(self, strict: StrictMocks) -> None:
        super().__init__(strict)
        self.strict = strict
        self.deployment = Deployment(calls=strict.called)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        if request.remote and request.type not in self.strict.resources:
            raise self.strict.refuse_resource(request.type, request.name)
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            given = pulumi.runtime.rpc.deserialize_properties(request.object)
            inputs = _without_marks(given)
            secrets = frozenset(key for key, value in given.items() if _holds_a_secret(value))
            made = Made(request.type, request.name, inputs, secrets, answer.urn, request.parent, request)
            self.deployment.resources.append(made)
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.deployment.registered[request.urn] = list(request.outputs)
        return super().RegisterResourceOutputs(request)


def _holds_a_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return pulumi.runtime.rpc.is_rpc_secret(value) or any(map(_holds_a_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_a_secret, value))


def _without_marks(value: Any) -> Any:
    """A value without Pulumi's marks of secrets, at any depth, and without the parts of maps that are not known."""
    if pulumi.runtime.rpc.is_rpc_secret(value):
        return _without_marks(pulumi.runtime.rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        items = {key: _without_marks(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if not isinstance(item, pulumi.output.Unknown)}
    return [_without_marks(item) for item in value] if isinstance(value, list) else value


def deploy(
    program: Callable[[], Any],
    *,
    config: Mapping[str, Any] | None = None,
    resources: Mapping[str, Answer] | None = None,
    calls: Mapping[str, Call] | None = None,
    preview: bool = False,
    project: str = "s3io-user",
    stack: str = "test",
) -> Deployment:
    """Run a program under the mocks, to its end, and return what it made.

    ``config`` is by full keys (``aws:region``). ``resources`` and ``calls`` answer, by token, for what the program
    makes and calls besides the component. Where the program returns a component, its Outputs are in ``outputs``.
    Raises what the program raises, and UnexpectedError for what nobody expects.
    """
    strict = StrictMocks(resources, calls)
    monitor = _Monitor(strict)
    lines = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (config or {}).items()}
    raised: list[BaseException] = []
    later: list[Callable[[], Awaitable[Mapping[str, Any] | None]]] = []

    def start() -> Any:
        try:
            return program()
        except BaseException as error:  # what the SDK makes of it later hides it
            raised.append(error)
            raise

    def run() -> None:
        pulumi.runtime.settings.reset_options()
        mocks.set_mocks(strict, project=project, stack=stack, preview=preview, monitor=monitor)
        pulumi.runtime.set_all_config(lines)
        root: Any = pulumi.runtime.get_root_resource()
        root._register_async_program = later.append  # which pulumi.run calls, and the mocks' root refuses
        pulumi.runtime.test(lambda: asyncio.ensure_future(_look(start(), later, monitor.deployment)))()

    _in_a_loop_of_its_own(run, raised)
    if not (faults := [*strict.refused, *raised]):
        return monitor.deployment
    fault = faults[0].__cause__ or faults[0] if isinstance(faults[0], SystemExit) else faults[0]
    # Where an unexpected one was refused is deep in the SDK, and says nothing about the program.
    raise (fault.with_traceback(None) if isinstance(fault, UnexpectedError) else fault) from None


def _in_a_loop_of_its_own(run: Callable[[], None], raised: list[BaseException]) -> None:
    """Run in a thread with its own event loop and Pulumi settings, because an error leaves both unusable."""

    def guarded() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(_unless_the_program_ended)
        try:
            run()
        except BaseException as error:  # SystemExit too: so a fault that is known late ends a program
            raised.append(error)
            # The fault waits in every output that needed what failed, and would be logged once for each.
            loop.set_exception_handler(lambda loop, context: None)
            _end(loop)
        finally:
            loop.close()

    thread = threading.Thread(target=contextvars.Context().run, args=(guarded,))
    thread.start()
    thread.join()


def _unless_the_program_ended(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # A program that ends within a task leaves the loop in disorder, and the loop would say so.
    if not str(context.get("exception")).startswith("Leaving task"):
        loop.default_exception_handler(context)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the program's tasks, and end as a program without resources: so the SDK stops the servers of its hooks.

    They hold ports. gRPC's own tasks, which end with the servers, are no coroutines of Python.
    """
    tasks = [task for task in asyncio.all_tasks(loop) if inspect.iscoroutine(task.get_coro())]
    for task in tasks:
        task.cancel()
    with contextlib.suppress(BaseException):
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    pulumi.runtime.test(lambda: None)()


async def _look(
    program: Any, later: Sequence[Callable[[], Awaitable[Mapping[str, Any] | None]]], deployment: Deployment
) -> None:
    """Await what the program returned, what it gave to pulumi.run, and every output."""
    component = await program if inspect.isawaitable(program) else program
    for main in later:
        for name, exported in (await main() or {}).items():
            pulumi.export(name, exported)
    attributes = vars(component) if isinstance(component, pulumi.Resource) else {}
    for name, output in attributes.items():
        if isinstance(output, pulumi.Output) and not name.startswith("_") and name != "urn":
            deployment.outputs[name] = await _value(output)
    root: Any = pulumi.runtime.get_root_resource()
    for name, exported in root.outputs.items():
        deployment.exports[name] = await _value(pulumi.Output.from_input(exported))


async def _value(output: pulumi.Output[Any]) -> Value:
    return Value(await output.future(), await output.is_secret(), await output.is_known())
