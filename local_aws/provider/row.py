"""What one row of the table of resources says; the generic code reads nothing else about a resource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .aws import Aws
from .checks import Check
from .values import Props

Create = Callable[[Aws, Props], tuple[str, Props]]
Read = Callable[[Aws, str, Props], "Props | None"]
Update = Callable[[Aws, str, Props, Props], None]
Delete = Callable[[Aws, str, Props], None]
Locate = Callable[[Aws, str], Props]
Tag = Callable[[Aws, str, Props, list[str], dict[str, str]], None]


@dataclass(frozen=True)
class Row:
    """One resource.

    The inputs are ``required``, those with ``defaults``, the plainly ``optional``, and those that are the
    program's or AWS's to say (``either``). ``outputs`` and the ``either`` that were not given are unknown in
    preview. ``refused`` are inputs of the real resource that the stand-in does not serve.

    create(aws, props) → id, what only the creation tells. read(aws, id, state) → what AWS tells, or None for
    gone. update(aws, id, old, new), delete(aws, id, old). locate(aws, import id) → the state that read needs.
    tag(aws, id, new, removed, added), where the resource has tags.
    """

    create: Create
    read: Read
    delete: Delete
    locate: Locate
    update: Update | None = None
    tag: Tag | None = None
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    auto_name: str = ""  # the input that gets a name of its own
    replaces: tuple[str, ...] = ()
    delete_first: bool = False
    secrets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()  # lists without an order
    planned: bool = False  # written with terraform-plugin-framework: a write leaves the plan in the state, unsorted
    documents: Mapping[str, bool] = field(default_factory=dict)  # policy → whether its version comes first
    checks: Mapping[str, Check] = field(default_factory=dict)
    moved_by: Mapping[str, str] = field(default_factory=dict)  # output → the input whose change makes it unknown
    regional: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input that is served."""
        named = (self.auto_name,) if self.auto_name else ()
        tags = ("tags",) if self.tag else ()
        region = ("region",) if self.regional else ()
        return (*named, *self.required, *self.defaults, *self.optional, *self.either, *tags, *region)


BOOLEANS = frozenset({"forceDestroy", "forceOverwriteReplicaSecret"})
