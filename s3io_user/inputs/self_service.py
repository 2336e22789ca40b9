"""Reads the input self_service: which stores the user may read, and how large its policy can become."""

from collections.abc import Mapping
from typing import Any

from s3io_user.inputs.fields import Inputs
from s3io_user.policy.packing import size
from s3io_user.policy.self_service import SelfService, Stored, self_service_document

# The longest possible ARNs. The real ones are not known before AWS has created the user, secret and parameter.
_HOME = "arn:aws-us-gov:{}:{}:123456789012:{}"
_REGION = "ap-southeast-99"
_NAME, _PATH, _SECRET, _PARAMETER, _ALIAS = 64, 512, 512, 900, "alias/".ljust(256, "x")


def readable(inputs: Inputs) -> list[str]:
    """The inputs of the stores that the user may read its key from."""
    if SelfService.READ_SECRET not in (inputs.self_service or ()):
        return []
    # Without a key there is no parameter. The secret stays, because AWS reserves the name of a deleted one for weeks.
    kept = {"secrets_manager": inputs.secrets_manager}
    if inputs.create_access_key:
        kept["parameter_store"] = inputs.parameter_store  # type: ignore[assignment]
    return [name for name, store in kept.items() if store]


def rotates(inputs: Inputs) -> bool:
    """Whether the user may replace its own key."""
    return SelfService.ROTATE_KEY in (inputs.self_service or ())


def largest_size(inputs: Inputs) -> int:
    """The maximum characters of the policy, as IAM counts them; 0 if there is no policy."""
    stored = [_stored(name, getattr(inputs, name)) for name in readable(inputs)]
    user = _user(inputs) if rotates(inputs) else None
    return size(self_service_document(stored, user)) if stored or user else 0


def _user(inputs: Inputs) -> str:
    if inputs.existing_user_arn:
        return inputs.existing_user_arn
    path = "/".ljust(_PATH, "x") if inputs.existing_user else _known(inputs.path or "/", _PATH)
    return _HOME.format("iam", "", f"user{path}{inputs.existing_user or _known(inputs.user_name, _NAME)}")


def _stored(name: str, store: Mapping[str, Any]) -> Stored:
    if name == "secrets_manager":
        arn = _HOME.format("secretsmanager", _REGION, f"secret:{_known(store['name'], _SECRET)}-xxxxxx")
    else:
        arn = _HOME.format("ssm", _REGION, f"parameter{_known(store['path'], _PARAMETER)}/credentials")
    key = store.get("kms_key_id")
    return Stored(arn, key if key is None or isinstance(key, str) else _ALIAS)


def _known(value: Any, most: int) -> str:
    return value if isinstance(value, str) else "x" * most
