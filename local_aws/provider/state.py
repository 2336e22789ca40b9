"""From inputs to outputs: defaults, tags, what a preview cannot know, what changed, what a refresh brings back."""

from typing import Any

from .aws import Aws
from .documents import equivalent, normalise
from .row import Row
from .values import DEFAULTS, UNKNOWN, Props, is_known


def settled(row: Row, aws: Aws, inputs: Props) -> Props:
    """The inputs with defaults, policies in their normal text, the region, and all tags together."""
    new = {**row.defaults, **inputs}
    new.pop(DEFAULTS, None)
    for name, version_first in row.documents.items():
        if new.get(name) and is_known(new[name]):
            new[name] = normalise(new[name], version_first=version_first)
    if row.regional:
        new.setdefault("region", aws.region)
    if row.tag:
        tags = inputs.get("tags", {})
        new["tagsAll"] = {**aws.default_tags, **tags} if is_known(tags) else UNKNOWN
        if not tags:  # no tags and an empty map of them are the same
            new.pop("tags", None)
    return ordered(row, new)


def ordered(row: Row, props: Props) -> Props:
    """``props`` with its sets as Pulumi's bridge returns them: each value once, sorted by their bytes."""
    sets = [name for name in row.sets if name in props and is_known(props[name])]
    return {**props, **{name: sorted(set(props[name])) for name in sets}}


def updated(row: Row, old: Props, new: Props) -> Props:
    """The new inputs over the old state, which keeps its outputs and what was AWS's to say.

    Tags that are removed leave an empty map, as in terraform-plugin-sdk 2.37.
    """
    stays = set(row.either) | ({"region"} if row.regional else set())
    kept = {name: value for name, value in old.items() if name not in row.inputs or name in stays}
    return kept | ({"tags": {}} if "tags" in old else {}) | new


def preview(row: Row, new: Props, old: Props | None = None) -> Props:
    """The outputs that a preview can promise: of a creation, or of an update of ``old``."""
    if old is not None:
        moved = [output for output, by in row.moved_by.items() if old.get(by) != new.get(by)]
        if row.tag and _has_empty_value(new) and old.get("tagsAll") != new["tagsAll"]:
            moved.append("tagsAll")
        return {**new, **dict.fromkeys(moved, UNKNOWN)}
    unknown = {name: UNKNOWN for name in (*row.outputs, *row.either) if name not in new}
    if row.tag and (not new["tagsAll"] or _has_empty_value(new)):
        unknown["tagsAll"] = UNKNOWN
    return {**new, **unknown}


def _has_empty_value(new: Props) -> bool:
    """Whether a tag has no value, and the real provider leaves all tags to AWS."""
    tags = new.get("tags", {})
    return is_known(tags) and "" in tags.values()


def changed(row: Row, aws: Aws, old: Props, new: Props) -> list[str]:
    """The inputs whose meaning in ``new`` differs from the state ``old``."""
    wanted = {**row.defaults, **new}
    return [name for name in row.inputs if not _stays(row, aws, name, old, new, wanted.get(name))]


def _stays(row: Row, aws: Aws, name: str, old: Props, new: Props, after: Any) -> bool:
    if name == "tags":
        tags = new.get("tags", {})
        return is_known(tags) and {**aws.default_tags, **tags} == old.get("tagsAll", {})
    before = old.get(name)
    if name not in new and (name in row.either or name == "region"):
        return True  # AWS said it
    if name == "region" and before is None:
        return True  # a state of the provider before version 7
    return is_known(after) and same(row, name, before, after)


def same(row: Row, name: str, before: Any, after: Any) -> bool:
    """Whether two known values of an input mean the same; null, empty and false do."""
    if name in row.documents and before and after:
        return equivalent(before, after)
    if name in row.sets:
        return set(before or ()) == set(after or ())
    return before == after or not (before or after)


def with_own_tags(row: Row, aws: Aws, found: Props, state: Props) -> Props:
    """``found`` with ``tags``: all tags but those that only the provider's default tags explain."""
    if not row.tag:
        return found
    declared = state.get("tags", {})
    own = {
        key: value for key, value in found["tagsAll"].items() if key in declared or aws.default_tags.get(key) != value
    }
    return {**found, "tags": own}


def followed(row: Row, inputs: Props, found: Props) -> Props:
    """The inputs after a refresh: each takes the value that AWS has.

    A policy stays as the program wrote it: its text in the state never is the program's (the bridge's extractInputs).
    """
    followed = {
        name: value if name in row.documents else _follow(value, found.get(name, value))
        for name, value in inputs.items()
    }
    # A default that was changed outside is none any more.
    same = [name for name in inputs.get(DEFAULTS, []) if followed[name] == inputs[name]]
    return {**followed, **({DEFAULTS: same} if DEFAULTS in inputs else {})}


def deletes_first(row: Row, new: Props) -> bool:
    """Whether a replacement deletes before it creates: also if the program gave the name, so that it is free again.

    Source: nameRequiresDeleteBeforeReplace in the bridge.
    """
    named = row.auto_name in new and row.auto_name not in new.get(DEFAULTS, [row.auto_name])
    return row.delete_first or named


def _follow(value: Any, now: Any) -> Any:
    if isinstance(value, list) and isinstance(now, list):  # place by place, as the bridge does
        return now[: len(value)]
    if isinstance(value, dict) and isinstance(now, dict):  # a tag that others added is not an input
        return {key: now[key] for key in value if key in now}
    return now


def importable(row: Row, found: Props) -> Props:
    """The inputs that describe an imported resource: the required ones, others that are not as they come, all its tags.

    A key's status is among them: the provider compares it with a default of another type.
    """
    kept = {*row.required, "status"}
    names = [name for name in (*row.inputs, *row.refused, "tagsAll") if name in found]
    return {
        name: found[name] for name in names if name in kept or found[name] not in (*_NOTHING, row.defaults.get(name))
    }


_NOTHING: tuple[Any, ...] = (None, "", [], {}, False, 0)
