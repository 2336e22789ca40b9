"""Sends the stand-in provider the engine's requests, with plain values, to test its behaviour."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from pulumi.provider.experimental import provider as engine

from local_aws.provider.stand_in import StandIn
from local_aws.provider.table import RESOURCES
from local_aws.provider.values import UNKNOWNS, unwrap, wrap

Props = dict[str, Any]
TOKENS = {token.rsplit(":", 1)[1]: token for token in RESOURCES}
SEED = b"what the engine draws for each resource"


class Checked(NamedTuple):
    """The result of Check: the inputs, which of them are secret, and the failures."""

    inputs: Props
    secrets: set[str]
    failures: list[str]


class Held(NamedTuple):
    """A resource as the engine holds it."""

    kind: str
    id: str
    outputs: Props
    secrets: set[str]
    inputs: Props


class Difference(NamedTuple):
    """The result of Diff."""

    changes: bool
    replaces: list[str]
    delete_before_replace: bool


class Asker:
    """One configured provider. Kinds are short: ``User`` for ``aws:iam/user:User``; the resource's name is ``r``."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.provider = StandIn()
        asyncio.run(self.provider.configure(engine.ConfigureRequest({}, wrap(settings), True, False)))

    def check(self, kind: str, inputs: Props, old: Props | None = None, name: str = "r") -> Checked:
        request = engine.CheckRequest(_urn(kind, name), wrap(old or {}), wrap(inputs), SEED)
        response = asyncio.run(self.provider.check(request))
        return Checked(*unwrap(response.inputs or {}), [failure.reason for failure in response.failures or []])

    def preview(self, kind: str, inputs: Props) -> tuple[Props, set[str]]:
        """The outputs that are known before the creation, and the names of the unknown ones."""
        request = engine.CreateRequest(_urn(kind), wrap(*self._good(kind, inputs)), 60, True)
        outputs = unwrap(asyncio.run(self.provider.create(request)).properties)[0]
        unknown = {name for name, value in outputs.items() if _holds_unknown(value)}
        return {name: value for name, value in outputs.items() if name not in unknown}, unknown

    def create(self, kind: str, inputs: Props) -> Held:
        good, secrets = self._good(kind, inputs)
        response = asyncio.run(self.provider.create(engine.CreateRequest(_urn(kind), wrap(good, secrets), 60, False)))
        return Held(kind, str(response.resource_id), *unwrap(response.properties), good)

    def diff(self, held: Held, inputs: Props) -> Difference:
        new = wrap(self.check(held.kind, inputs, held.inputs).inputs)
        response = asyncio.run(
            self.provider.diff(engine.DiffRequest(_urn(held.kind), held.id, wrap(held.outputs), new, []))
        )
        return Difference(bool(response.changes), response.replaces, response.delete_before_replace)

    def update(self, held: Held, inputs: Props, *, preview: bool = False) -> Held:
        good, secrets = self._good(held.kind, inputs, held.inputs)
        request = engine.UpdateRequest(
            _urn(held.kind), held.id, wrap(held.outputs), wrap(good, secrets), 60, [], preview
        )
        outputs, secrets = unwrap(asyncio.run(self.provider.update(request)).properties)
        return Held(held.kind, held.id, outputs, secrets, good)

    def read(self, held: Held) -> Held | None:
        """A refresh, or, of something without outputs, an import; None where it is gone."""
        request = engine.ReadRequest(_urn(held.kind), held.id, wrap(held.outputs), wrap(held.inputs))
        response = asyncio.run(self.provider.read(request))
        if not response.resource_id:
            return None
        return Held(held.kind, response.resource_id, *unwrap(response.properties), unwrap(response.inputs)[0])

    def bring_in(self, kind: str, id_: str) -> Held | None:
        return self.read(Held(kind, id_, {}, set(), {}))

    def delete(self, held: Held) -> None:
        asyncio.run(self.provider.delete(engine.DeleteRequest(_urn(held.kind), held.id, wrap(held.outputs), 60)))

    def invoke(self, token: str, arguments: Props) -> Props:
        response = asyncio.run(self.provider.invoke(engine.InvokeRequest(token, wrap(arguments))))
        return unwrap(response.return_value or {})[0]

    def _good(self, kind: str, inputs: Props, old: Props | None = None) -> tuple[Props, set[str]]:
        checked = self.check(kind, inputs, old)
        assert not checked.failures
        return checked.inputs, checked.secrets


def _urn(kind: str, name: str = "r") -> str:
    # with a parent: the type in a request holds the chain
    return f"urn:pulumi:stack::project::s3io-user:index:S3IOUser${TOKENS.get(kind, kind)}::{name}"


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(map(_holds_unknown, value.values() if isinstance(value, dict) else value))
    return value in UNKNOWNS
