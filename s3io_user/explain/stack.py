"""Finds what to explain for a stack's user: its own document, and everything from AWS if it has more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS, Explanation, explain, services
from s3io_user.handover.credentials import user_outputs
from s3io_user.iam.arns import is_full_access
from s3io_user.iam.documents import DocumentError, read_document
from s3io_user.iam.user_policies import Document, UserPolicies
from s3io_user.inputs import project
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.declared import Declared, declared
from s3io_user.stack.state import UserState, holdings
from s3io_user.wording import legible, shown

_HIDDEN = "[secret]"
"""What the Pulumi CLI prints instead of a secret output."""


@dataclass(frozen=True)
class Whole:
    """The documents of a stack's user. ``source`` says where they come from, ``only_own`` that there is nothing else.

    ``logical`` is the user's name in the stack's ``users``, None where there is one user, and ``users_file`` the file
    that ``users`` names in the stack's config, where it is no map.
    """

    name: str
    logical: str | None
    found: UserPolicies
    documents: tuple[Document, ...]
    source: str
    only_own: bool = True
    users_file: str | None = None


def of_stack(stack_name: str | None, cwd: str | None, user: str | None, *, ask: bool, most: int) -> Whole:
    """Read the policies of a stack's user; ``most`` is how many characters a document may have.

    AWS is asked where the state says that the user has more than the stack's own document, and where ``ask`` says
    so: that document can be read without credentials. Raises S3IOError.
    """
    found = _of_stack(stack_name, cwd, user, ask=ask, most=most)
    return found if found.logical is None else replace(found, users_file=_users_file(stack_name, cwd))


def explained(
    documents: Sequence[Document], *, user: str | None = None, project: str | None = None, whole: Whole | None = None
) -> Explanation:
    """Documents explained, by the actions that policy_sentry knows; of a stack's user with what else there is of it.

    ``user`` and ``project`` are for what is said of config. Raises S3IOError.
    """
    from s3io_user.explain.actions import catalogue

    found = whole.found if whole else UserPolicies()
    about: dict[str, Any] = {"user": user, "project": project, "users_file": whole.users_file if whole else None}
    try:
        explanation = explain(
            documents, catalogue(services(documents)), **about, boundary=found.limit, unread=found.unread
        )
    except RecursionError:
        raise S3IOError("the document is nested too deeply for a policy: give the policy's own JSON") from None
    if whole is None:
        return explanation
    return replace(
        explanation,
        policies=tuple(map(str, found.policies)),
        boundary=found.boundary.arn if found.boundary else None,
        source=whole.source,
        # Another preset takes away what is the stack's own alone.
        tighter=explanation.tighter if whole.only_own else (),
    )


def _users_file(stack_name: str | None, cwd: str | None) -> str | None:
    key = f"{project_file.project_name(cwd)}:users"
    try:
        named = pulumi_cli.run(["config", "get", "--path", "--", key], stack_name, cwd).strip()
    except S3IOError:
        return None  # not set there
    return legible(named) if named and not named.startswith(("{", "[")) else None


def _of_stack(stack_name: str | None, cwd: str | None, user: str | None, *, ask: bool, most: int) -> Whole:
    outputs = pulumi_cli.outputs(stack_name, cwd)
    chosen = user_outputs(outputs, user)
    users = outputs.get("users")
    logical = next((n for n, each in users.items() if each is chosen), None) if isinstance(users, dict) else None
    named = chosen.get("userName") or logical
    name = legible(named) if isinstance(named, str) else shown(named)
    text = chosen.get("policyDocument")
    if text == _HIDDEN:
        show = "pulumi stack output policyDocument --show-secrets"
        raise S3IOError(f"the policy document of {name} is a secret in the stack: give it by --document (see {show})")
    own = [_read(text, name, most)] if text else []
    exported = project.read_export(stack_name, cwd)
    held = next((each for each in holdings(exported) if each.user == named), None)
    if held and any(map(is_full_access, held.attached)):
        own.append(FULL_ACCESS)
    gives = declared(exported, held, chosen) if held else None
    # Another preset leaves it as it is, so no tighter one can be named.
    upkeep = [gives.self_service] if gives and gives.self_service is not None else []
    own += upkeep
    more = _more(held, gives)
    if own and not more and not ask:
        return Whole(name, logical, UserPolicies(), tuple(own), _ALONE, only_own=not upkeep)
    try:
        found = _ask(stack_name, cwd, str(named))
        if found.unread and not (own or found.policies):
            raise S3IOError("; ".join(found.unread))
    except S3IOError as error:
        if not own:
            raise S3IOError(
                f"{name} has no policy document in the stack, and what it has in AWS was not read: {error}"
            ) from None
        unread = f"{', '.join(more) or 'what it has in AWS'}: {error}"
        return Whole(
            name, logical, UserPolicies(unread=(unread,)), tuple(own), _OWN_ALONE, only_own=not (more or upkeep)
        )
    only_own = gives is not None and found.boundary is None and all(map(gives.is_own, found.policies)) and not upkeep
    # Of what could not be read, the stack's own document is known all the same.
    known = [document for document in own if found.unread and document not in found.documents]
    return Whole(name, logical, found, (*found.documents, *known), _source(found), only_own)


_OWN_ALONE = "Read from the stack alone."
_ALONE = "Read from the stack alone: what was added in AWS by hand is not seen (--ask-aws reads that, too)."


def _more(held: UserState | None, gives: Declared | None) -> tuple[str, ...]:
    return (
        gives.elsewhere if held and gives else ("what it has in AWS, since the stack's state does not hold the user",)
    )


def _source(found: UserPolicies) -> str:
    read = f"Read from AWS: {', '.join(map(str, found.policies)) or 'no policy'}."
    bounded = (
        f" Nothing is allowed beyond the permissions boundary {legible(found.boundary.name)}." if found.boundary else ""
    )
    return read + bounded


def _ask(stack_name: str | None, cwd: str | None, user: str) -> UserPolicies:
    from s3io_user.explain.reader import read_policies  # only here: boto3 is a third of a second

    return read_policies(project.read_project(stack_name, cwd).access, user)


def _read(text: Any, name: str, most: int) -> Mapping[str, Any]:
    if not isinstance(text, str):
        raise S3IOError(f"the output policyDocument of {name} must be JSON as a text (got {shown(text)})")
    if len(text) > most:
        raise S3IOError(f"policyDocument has more than {most:,} characters, which no policy has")
    try:
        return read_document(text, existing=True, most=most)
    except DocumentError as error:
        raise S3IOError(f"policyDocument {error}") from None
