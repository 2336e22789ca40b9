"""Waits until AWS accepts a new access key."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import Connection, reworded

# AWS does not document how soon a new key works. One success does not prove that every endpoint accepts it.
SUCCESSES_IN_A_ROW = 3
USABLE_WITHIN = 120.0


# The error codes for a key that AWS knows. Any other error may mean that it does not, or may not be from AWS.
_KNOWN_AND_REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "AccountProblem",
    "AllAccessDisabled",
    "NotSignedUp",
    "OptInRequired",
    "UnauthorizedAccess",
}


def wait_until_usable(
    access: Connection, key_id: str, secret: str, progress: Callable[[str], None], within: float = USABLE_WITHIN
) -> None:
    """Wait until STS and S3 accept a key three times in a row.

    ``within`` is in seconds. Raises AwsError if they don't by then. A key that is refused an action is accepted.
    """
    mine = replace(access, access_key=key_id, secret_key=secret, token=None, profile=None, assume_roles=())
    sts, s3 = mine.client("sts"), mine.client("s3")
    deadline, pause, accepted = time.monotonic() + within, 0.5, 0
    while True:
        accepted = accepted + 1 if _accepts(sts.get_caller_identity) and _accepts(s3.list_buckets) else 0
        if accepted == SUCCESSES_IN_A_ROW:
            progress(f"the key {key_id} is accepted by AWS")
            return
        if time.monotonic() + pause > deadline:
            raise AwsError(
                "NotUsable",
                f"the key {key_id} was not accepted by AWS within {within:.0f} seconds: "
                "the previous key is as it was; run pulumi up again",
            )
        if not accepted:
            progress(f"AWS does not accept the key {key_id} yet: retrying in {pause:.1f} s")
        time.sleep(pause)
        pause = 0.5 if accepted else min(pause * 1.6, 10.0)


def _accepts(call: Callable[[], Any]) -> bool:
    """Whether AWS accepts the key that signs a call. Raises AwsError if AWS can't be reached."""
    try:
        reworded("try the new key", call)
    except AwsError as error:
        if error.status is None:
            raise
        return error.code in _KNOWN_AND_REFUSED
    return True
