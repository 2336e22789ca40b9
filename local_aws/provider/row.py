"""A row of the table of resources: all that the generic code knows of a resource."""

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
Locate = Callable[[Aws, str], "Props | None"]
Tag = Callable[[Aws, str, Props, list[str], dict[str, str]], None]


@dataclass(frozen=True)
class Row:
    """A resource.

    Its inputs are ``required``, have ``defaults``, are ``optional``, or are set by the program or else by AWS
    (``either``). In a preview, ``outputs`` are unknown, and so are the ``either`` that the program does not set.
    ``refused`` are inputs of the real resource that the stand-in does not serve.

    create(aws, props) returns the ID and the outputs that AWS tells only then. read(aws, id, state) returns the other
    outputs, or None if the resource is gone. update(aws, id, old, new) and delete(aws, id, old) return nothing.
    locate(aws, import id) returns the state that read needs, or None if the ID leads nowhere.
    tag(aws, id, new, removed, added) is for resources with tags.
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
    has_id: bool = True  # whether its outputs have an ``id``: the exclusive ones' have none
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
