"""Waits until AWS accepts a new access key."""

import time
from collections.abc import Callable
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
# What no wait mends: a wrong secret access key, or this machine's clock.
_FOR_GOOD = {"SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}


def wait_until_usable(mine: Connection, progress: Callable[[str], None], within: float = USABLE_WITHIN) -> None:
    """Wait until STS and S3 accept the key of a connection (`Connection.with_key`) three times in a row.

    ``within`` is in seconds. Raises AwsError if they don't by then. A key that is refused an action is accepted.
    """
    key_id, sts, s3 = mine.access_key, mine.client("sts"), mine.client("s3")
    deadline, pause, accepted = time.monotonic() + within, 0.5, 0
    while True:
        refusal = _refusal(sts.get_caller_identity) or _refusal(s3.list_buckets)
        accepted = 0 if refusal else accepted + 1
        if accepted == SUCCESSES_IN_A_ROW:
            progress(f"the key {key_id} is accepted by AWS")
            return
        if refusal:
            if time.monotonic() + pause > deadline:
                reason = str(refusal).partition(": ")[2]
                sentence = f"the key {key_id} was not accepted by AWS within {within:.0f} seconds: {reason}"
                raise AwsError("NotUsable", sentence)
            progress(f"AWS does not accept the key {key_id} yet: retrying in {pause:.1f} s")
        time.sleep(pause)
        pause = min(pause * 1.6, 10.0) if refusal else 0.5


def _refusal(call: Callable[[], Any]) -> AwsError | None:
    """Why AWS does not accept the key that signs a call, None if it does.

    Raises AwsError if AWS can't be reached, or will never accept it.
    """
    try:
        reworded("try the new key", call)
    except AwsError as error:
        if error.status is None or error.code in _FOR_GOOD:
            raise
        return None if error.code in _KNOWN_AND_REFUSED else error
    return None
