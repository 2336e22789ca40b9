"""The provider: what the engine asks (check, diff, create, …), answered alike for every row of the table."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as engine

from .aws import CONNECTIONS, REFUSED_SETTINGS, STAND_IN, Aws, AwsError
from .inputs import checked, faults
from .lookups import FUNCTIONS
from .row import Row
from .schema import schema
from .state import changed, deletes_first, followed, importable, ordered, preview, settled, updated, with_own_tags
from .table import RESOURCES
from .values import Props, unwrap, wrap

T = TypeVar("T")

# IAM may not show at once what it has just created. The real provider asks again for as long.
SEEN_WITHIN = 120.0  # seconds


class StandIn(engine.Provider):
    """One configured provider; the engine runs a process of its own for each.

    Every method raises AwsError with a sentence for the user. Calls to AWS run in threads, as many at once as the
    engine asks for.
    """

    def __init__(self, version: str = "") -> None:
        self._version = version
        self._aws = Aws({})
        self._threads = ThreadPoolExecutor(CONNECTIONS)

    async def get_schema(self, request: engine.GetSchemaRequest) -> engine.GetSchemaResponse:
        return engine.GetSchemaResponse(schema(self._version))

    async def check_config(self, request: engine.CheckRequest) -> engine.CheckResponse:
        refused = sorted(name for name in unwrap(request.new_inputs)[0] if name in REFUSED_SETTINGS)
        failures = [engine.CheckFailure("", f"{STAND_IN} does not know the setting {name}") for name in refused]
        return engine.CheckResponse(request.new_inputs, failures)

    async def configure(self, request: engine.ConfigureRequest) -> engine.ConfigureResponse:
        self._aws = Aws(unwrap(request.args)[0])
        # Without accept_secrets the engine would hand over secrets bare, and trace them in its logs.
        return engine.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: engine.CheckRequest) -> engine.CheckResponse:
        token, row = _row(request.type)
        inputs, secrets = unwrap(request.new_inputs)
        inputs = checked(row, inputs, unwrap(request.old_inputs)[0], request.name, request.random_seed)
        if row.regional and self._aws.set_region:
            inputs.setdefault("region", self._aws.set_region)
        secrets |= set(row.secrets) & set(inputs)
        failures = [engine.CheckFailure("", reason) for reason in faults(token, row, inputs, request.name)]
        return engine.CheckResponse(wrap(inputs, secrets), failures)

    async def diff(self, request: engine.DiffRequest) -> engine.DiffResponse:
        _, row = _row(request.type)
        old, new = unwrap(request.old_state)[0], unwrap(request.new_inputs)[0]
        names = changed(row, self._aws, old, new)
        replaces = [name for name in names if name in row.replaces]
        return engine.DiffResponse(
            changes=bool(names),
            replaces=replaces,
            delete_before_replace=bool(replaces) and deletes_first(row, new),
            diffs=names,
            detailed_diff={name: engine.PropertyDiff(_how(row, name, old, new), False) for name in names},
        )

    async def create(self, request: engine.CreateRequest) -> engine.CreateResponse:
        token, row = _row(request.type)
        inputs, secrets = unwrap(request.properties)
        new = settled(row, self._aws, inputs)
        if request.preview:
            return engine.CreateResponse("", _out(row, preview(row, new), secrets))
        id_, state = await self._in_thread(lambda: self._create(token, row, new))
        return engine.CreateResponse(id_, _out(row, state, secrets))

    def _create(self, token: str, row: Row, new: Props) -> tuple[str, Props]:
        id_, told_once = row.create(self._aws, new)
        state = {**({"id": id_} if row.has_id else {}), **new, **told_once}
        return id_, self._told(token, row, id_, state, time.monotonic() + SEEN_WITHIN)

    async def read(self, request: engine.ReadRequest) -> engine.ReadResponse:
        _, row = _row(request.type)
        state, secrets = unwrap(request.properties)
        inputs, more_secrets = unwrap(request.inputs)
        found = await self._in_thread(lambda: self._read(row, request.resource_id, state))
        if found is None:
            return engine.ReadResponse("")
        secrets |= more_secrets
        # An import brings no inputs: they follow from what was found.
        inputs = followed(row, inputs, found) if inputs else importable(row, found)
        id_ = found.get("id", request.resource_id)
        return engine.ReadResponse(id_, _out(row, found, secrets), _out(row, inputs, secrets))

    def _read(self, row: Row, id_: str, state: Props) -> Props | None:
        known = state or row.locate(self._aws, id_)
        if known is None:
            return None
        state = {**({"id": id_} if row.has_id else {}), **known}
        told = row.read(self._aws, id_, state)
        # The state keeps what AWS tells only once, such as the secret of a key.
        return None if told is None else ordered(row, with_own_tags(row, self._aws, {**state, **told}, state))

    async def update(self, request: engine.UpdateRequest) -> engine.UpdateResponse:
        token, row = _row(request.type)
        old = unwrap(request.olds)[0]
        inputs, secrets = unwrap(request.news)
        new = updated(row, old, settled(row, self._aws, inputs))
        if request.preview:
            return engine.UpdateResponse(_out(row, preview(row, new, old), secrets))
        state = await self._in_thread(lambda: self._update(token, row, request.resource_id, old, new))
        return engine.UpdateResponse(_out(row, state, secrets))

    def _update(self, token: str, row: Row, id_: str, old: Props, new: Props) -> Props:
        if row.tag and old.get("tagsAll", {}) != new["tagsAll"]:
            before, after = old.get("tagsAll", {}), new["tagsAll"]
            added = {key: value for key, value in after.items() if before.get(key) != value}
            row.tag(self._aws, id_, new, [key for key in before if key not in after], added)
        if row.update:
            row.update(self._aws, id_, old, new)
        return self._told(token, row, id_, new)

    def _told(self, token: str, row: Row, id_: str, state: Props, deadline: float = 0.0) -> Props:
        while (told := row.read(self._aws, id_, state)) is None:
            if time.monotonic() > deadline:
                raise AwsError(f"{token} {id_} was written, but AWS does not have it; refresh, and try again")
            time.sleep(0.5)
        return ordered(row, {**state, **told})

    async def delete(self, request: engine.DeleteRequest) -> None:
        _, row = _row(request.type)
        old = unwrap(request.properties)[0]
        await self._in_thread(lambda: row.delete(self._aws, request.resource_id, old))

    async def invoke(self, request: engine.InvokeRequest) -> engine.InvokeResponse:
        if request.tok not in FUNCTIONS:
            raise AwsError(f"{STAND_IN} does not know the function {request.tok}; a real account has it")
        arguments = unwrap(request.args)[0]
        found = await self._in_thread(lambda: FUNCTIONS[request.tok](self._aws, arguments))
        return engine.InvokeResponse(wrap(found))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _row(type_: str) -> tuple[str, Row]:
    token = type_.rsplit("$", 1)[-1]  # the type holds the parents' chain
    if token not in RESOURCES:
        raise AwsError(f"{STAND_IN} does not know the resource {token}; a real account has it")
    return token, RESOURCES[token]


def _out(row: Row, values: Props, secrets: set[str]) -> dict[str, Any]:
    derived = {"tagsAll"} if "tags" in secrets else set()
    return wrap(values, secrets | set(row.secrets) | derived)


def _how(row: Row, name: str, old: Props, new: Props) -> engine.PropertyDiffKind:
    how = "DELETE" if name not in new else "UPDATE" if old.get(name) is not None else "ADD"
    return engine.PropertyDiffKind[f"{how}_REPLACE" if name in row.replaces else how]
