"""The first user of an account: an administrator with an access key."""

import secrets

from ministack.core.responses import request_scope
from ministack.services import iam

EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


def admin(account: str) -> dict[str, str]:
    """Create the user ``admin`` in an account, and return its access key."""
    with request_scope(account, "us-east-1"):
        _done(iam._create_user({"UserName": ["admin"]}))
        _done(iam._attach_user_policy({"UserName": ["admin"], "PolicyArn": [EVERYTHING]}))
        _done(iam._create_access_key({"UserName": ["admin"]}))
        (key,) = (key for key in iam._access_keys.values() if key["UserName"] == "admin")
        # MiniStack draws secrets of hexadecimal digits; AWS's are base64.
        key["SecretAccessKey"] = secrets.token_urlsafe(30)
    return {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}


def _done(answer: tuple[int, dict[str, str], bytes]) -> None:
    if answer[0] != 200:
        raise RuntimeError(answer[2].decode())
