"""What the component needs of Pulumi's runtime: values that are known later, the region, names taken in a program."""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi

from s3io_user.args import is_plain
from s3io_user.errors import InputError
from s3io_user.names import legible, shown, unquoted

if TYPE_CHECKING:
    from s3io_user.aws import Access, Permissions

T = TypeVar("T")

_USER_TYPE = "aws:iam/user:User"


class ComponentInputError(InputError, pulumi.RunError):
    """Inputs that do not hold. As a RunError, Pulumi shows its sentences alone, without a traceback."""


def when_known(compute: Callable[..., T], **given: Any) -> T | pulumi.Output[T]:
    """Call with the values of what is given: now where all of it is plain, else when it is known."""
    if is_plain(given):
        return without_traceback(compute, **given)
    return _when_known(pulumi.Output.all(**given), lambda values: compute(**values))


def as_output(value: pulumi.Input[T]) -> pulumi.Output[T]:
    """The value as an Output: itself, where it is one. ``from_input`` would make two more of it."""
    return value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(value)


def checked(name: str, value: pulumi.Input[T] | None, check: Callable[[str, Any], list[tuple[str, str]]]) -> Any:
    """The same value, checked as soon as it is known: what was plain has been checked already."""

    def look(known: T | None) -> T | None:
        if known is not None and (faults := check(name, known)):
            raise InputError(faults)
        return known

    return value if is_plain(value) else _when_known(pulumi.Output.from_input(value), look)


def without_traceback(compute: Callable[..., T], *values: Any, **given: Any) -> T:
    """Call, and turn input faults into an error that Pulumi shows as sentences alone."""
    try:
        return compute(*values, **given)
    except InputError as error:
        raise ComponentInputError(error.faults) from None


_known_secrets: WeakKeyDictionary[pulumi.Output[Any], Any] = WeakKeyDictionary()


def secret(value: T) -> pulumi.Output[T]:
    """A secret whose value the program knows: it is kept as one, and can be planned with."""
    output = pulumi.Output.secret(value)
    _known_secrets[output] = value
    return output


def with_known_secrets(compute: Callable[[Any], T], value: Any) -> T:
    """Call with a value in which the secrets that the program knows are plain. No error quotes them."""
    revealed = _revealed(value)
    try:
        return without_traceback(compute, revealed)
    except ComponentInputError as error:
        raise error if revealed == value else _without_values(error) from None


def _revealed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _revealed(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_revealed, value))
    return _known_secrets.get(value, value) if isinstance(value, pulumi.Output) else value


def _when_known(value: pulumi.Output[Any], compute: Callable[[Any], T]) -> pulumi.Output[T]:
    return value.apply(lambda known: _or_end_program(lambda: compute(known), value))


def _or_end_program(compute: Callable[[], T], value: pulumi.Output[Any]) -> T:
    """Compute what follows from a value that is known now, and on an input's fault say it and end the program.

    What an apply raises comes out of the SDK as a long traceback, once for each resource that waits for the value.
    Only the end of the process stops the rest from being made and leaves the sentence alone.
    """
    try:
        return without_traceback(compute)
    except ComponentInputError as error:
        shown = _without_values(error) if _is_secret(value) else error
        if not faults_end_the_program:
            raise shown from None
        pulumi.log.error(str(shown))
        raise SystemExit(SHOWN_TO_THE_USER) from shown


def _is_secret(known: pulumi.Output[Any]) -> bool:
    asked = known.is_secret()
    try:
        asked.send(None)  # of a value that is known it answers at once, and not every place here can wait
    except StopIteration as answer:
        return bool(answer.value)
    asked.close()
    return True


def _without_values(error: ComponentInputError) -> ComponentInputError:
    """The error with its sentences as they are but for what they quote, which is a secret."""
    return ComponentInputError([(name, unquoted(reason)) for name, reason in error.faults])


faults_end_the_program = True
"""Unset where the process must outlive one program's fault: in a plugin, and under mocks."""

SHOWN_TO_THE_USER = 32
"""The code by which a program tells the Python language host that the user has seen its error already."""


def made_by_the_stack(component: pulumi.ComponentResource) -> bool:
    """Whether AWS is reached as the stack's ``aws:`` config says, and not by a provider of the program's."""
    return component.get_provider(_USER_TYPE) is None


def region_of(resource: pulumi.ComponentResource) -> pulumi.Input[str] | None:
    """The region that the resource's children are made in, or None where only AWS's own files tell.

    An explicit provider's, else the stack's ``aws:region``, else the environment's.
    """
    if not made_by_the_stack(resource):
        return getattr(resource.get_provider(_USER_TYPE), "region", None)
    return pulumi.Config("aws").get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def read_permissions(component: pulumi.ComponentResource, user: str) -> "Permissions":
    """Another user's permissions, read as the stack's ``aws:`` config says. Raises ComponentInputError."""
    from s3io_user import aws  # only here: boto3 is a third of a second that other programs need not wait

    what = "copy_permissions_from"
    if not made_by_the_stack(component):
        raise ComponentInputError([(what, "reads by the stack's aws: config, not by a provider of the program's")])
    try:
        return aws.permissions_of(stack_access(), user)
    except aws.AwsError as error:
        raise ComponentInputError([(what, str(error))]) from None


def stack_access() -> "Access":
    """How boto3 reaches AWS as the stack's ``aws:`` config says, and where that says nothing, the environment."""
    from s3io_user import aws

    config = pulumi.Config("aws")
    return aws.Access(
        region=config.get("region"),
        profile=config.get("profile"),
        access_key=config.get("accessKey"),
        secret_key=config.get("secretKey"),
        token=config.get("token"),
        assume_roles=tuple(_roles(config)),
        endpoints={service: url for entry in _maps(config, "endpoints") for service, url in entry.items() if url},
    )


def _roles(config: pulumi.Config) -> list[Any]:
    """The roles to assume, one after the other, with what boto3 needs of each."""
    roles = _maps(config, "assumeRoles") or _maps(config, "assumeRole")
    if roles and not all(role.get("roleArn") for role in roles):
        raise ComponentInputError([("aws:assumeRoles", "must each have a roleArn")])
    return roles


def _maps(config: pulumi.Config, key: str) -> list[Any]:
    """What a key of the provider's holds: maps of texts, one or a list of them. No error quotes it."""
    try:
        held = config.get_object(key) or []
    except (pulumi.ConfigTypeError, ValueError, RecursionError):
        held = None
    maps = [held] if isinstance(held, dict) else held
    if not isinstance(maps, list) or not all(isinstance(one, dict) for one in maps):
        raise ComponentInputError([(f"aws:{key}", "must be a list of maps, as the AWS provider takes it")])
    for name, value in ((name, value) for one in maps for name, value in one.items() if value is not None):
        is_url = key == "endpoints"
        if (is_url or name in _OF_A_ROLE) and not isinstance(value, str):
            raise ComponentInputError([(f"aws:{key}", f"{legible(name)} must be a text")])
        if is_url and value and not re.match(r"https?://[^/\s]+", value):
            raise ComponentInputError([(f"aws:{key}", f"{legible(name)} must be a URL that begins with http")])
    return maps


_OF_A_ROLE = ("roleArn", "sessionName", "externalId")


@dataclass(frozen=True)
class FoundUser:
    """A user that exists already."""

    name: str
    arn: str
    unique_id: str


def find_user(component: pulumi.ComponentResource, name: str, arn: str | None = None) -> FoundUser:
    """Look a user up, through the component's provider. Raises ComponentInputError where there is none.

    With an ARN, that user and no other of the same name, which another account may have.
    """
    import pulumi_aws

    try:
        found = pulumi_aws.iam.get_user(user_name=name, opts=pulumi.InvokeOptions(parent=component))
    except Exception as error:  # what the SDK raises for a failed invoke has no class of its own
        raise ComponentInputError([("existing_user", _why_not_found(name, str(error)))]) from None
    if arn is not None and arn != found.arn:
        reason = f"must be a user of this account (got {arn}, and here that name is {found.arn})"
        raise ComponentInputError([("existing_user", reason)])
    return FoundUser(name, found.arn, found.user_id)


async def user_arn(component: pulumi.ComponentResource, name: str) -> str:
    """The ARN of the user that a component finds by a name, which tells the account."""
    import pulumi_aws

    found = pulumi_aws.iam.get_user_output(user_name=name, opts=pulumi.InvokeOutputOptions(parent=component))
    return str(await found.arn.future())


def name_keys_by_hand(component: pulumi.ComponentResource, user: str, own: list[pulumi.Output[str | None]]) -> None:
    """Say which keys of an adopted user the component does not hold: they count in the two that AWS allows."""
    import pulumi_aws

    asked = pulumi_aws.iam.get_access_keys_output(user=user, opts=pulumi.InvokeOutputOptions(parent=component))

    def say(known: list[Any]) -> None:
        by_hand = [key["access_key_id"] for key in known[0] or [] if key["access_key_id"] not in known[1:]]
        if by_hand:
            pulumi.log.info(
                f"key of '{user}' that this stack does not hold: {', '.join(by_hand)}; AWS allows two", component
            )

    pulumi.Output.all(asked.access_keys, *own).apply(say)


def _why_not_found(name: str, error: str) -> str:
    if "NoSuchEntity" in error:
        return f"must be a user of this account (got '{name}', which does not exist)"
    if "AccessDenied" in error:
        return f"can't look up '{name}': iam:GetUser is not allowed to these credentials"
    return f"can't look up '{name}': {legible(error.strip().splitlines()[-1])}"


_shared: WeakKeyDictionary[pulumi.Resource, dict[str, Any]] = WeakKeyDictionary()


def shared(kind: str, name: str, make: Callable[[str], T]) -> T:
    """What serves every component of a program, made once. Where there is no program, as in a plugin, one by itself.

    A hook is such a thing: to the SDK each is a server on a port of its own.
    """
    root = pulumi.runtime.settings.get_root_resource()
    if root is None:
        return make(name)
    made = _shared.setdefault(root, {})
    if kind not in made:
        made[kind] = make("a user")
    found: T = made[kind]
    return found


_without_root: set[str] = set()


def say_once(line: str, component: pulumi.ComponentResource) -> None:
    """Tell the user something, once in a program."""
    root = pulumi.runtime.settings.get_root_resource()
    said: Any = _without_root if root is None else _shared.setdefault(root, {}).setdefault("said", set())
    if line not in said:
        said.add(line)
        pulumi.log.info(line, component)


_claims: WeakKeyDictionary[pulumi.Resource, dict[tuple[int, str], tuple[str, str]]] = WeakKeyDictionary()


def claim_user_name(component: pulumi.ComponentResource, logical: str, name: str) -> None:
    """Note a user's name as taken in this program, and refuse one that IAM holds for the same.

    IAM compares names without regard to case, within an account, for which the provider stands.
    """
    root = pulumi.runtime.settings.get_root_resource()
    if root is None:
        return
    taken = _claims.setdefault(root, {})
    key = (id(component.get_provider(_USER_TYPE)), name.lower())
    claim = (logical, name)
    owner, spelling = held = taken.setdefault(key, claim)
    if held is not claim:
        like = "as" if spelling == name else f"as '{spelling}', which IAM holds for the same, of"
        raise ComponentInputError(
            [("user_name", f"must be unique without regard to case (got '{name}' {like} {shown(owner)})")]
        )


_numbers: WeakKeyDictionary[pulumi.Resource, Counter[str]] = WeakKeyDictionary()
_numbers_without_root: Counter[str] = Counter()


def unique_in_program(name: str) -> str:
    """The name, with a number from its second use on: under parents of two types, components may be called the same."""
    root = pulumi.runtime.settings.get_root_resource()
    numbers = _numbers_without_root if root is None else _numbers.setdefault(root, Counter())
    numbers[name] += 1
    return name if numbers[name] == 1 else f"{name} ({numbers[name]})"
