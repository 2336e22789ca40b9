"""Observes whether a call is permitted: tries it until a new permission is in effect, or has it simulated."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import reworded

Observed = tuple[bool | None, str]
"""Whether a call was permitted (None if that is not known), and a note."""

REFUSED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "AllAccessDisabled"}
TOO_EARLY = "refused, but nothing was permitted yet, so that proves nothing"

_LASTING = ("service control policy", "resource control policy", "VPC endpoint policy", "session policy")
"""The policies that are not part of what a stack gives its user: no wait permits what they refuse."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


@dataclass(frozen=True)
class Patience:
    """Until when to retry a refused call (``time.monotonic``), and where to report progress."""

    deadline: float
    progress: Callable[[str], None]

    def until_permitted(self, what: str, attempt: Callable[[], Observed]) -> Observed:
        """Try a call that has to be permitted, while a wait can help, until the deadline."""
        pause = _FIRST_PAUSE
        while True:
            observed, note = attempt()
            lasts = observed is not False or any(policy in note for policy in _LASTING)
            if lasts or time.monotonic() + pause > self.deadline:
                return observed, note
            self.progress(f"{what} is refused: retrying in {pause:.1f} s")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def simulated(iam: Any, user_arn: str, action: str, arn: str) -> Observed:
    """Ask IAM's policy simulator about a user's action on a resource."""
    request = {"PolicySourceArn": user_arn, "ActionNames": [action], "ResourceArns": [arn]}
    try:
        result = reworded("have it simulated", lambda: iam.simulate_principal_policy(**request))["EvaluationResults"][0]
    except AwsError as error:
        return None, str(error)
    # For a named resource, AWS lists the missing condition keys with that resource.
    results = [result, *result.get("ResourceSpecificResults", [])]
    missing = sorted({key for each in results for key in each.get("MissingContextValues", [])})
    if result["EvalDecision"] != "allowed" and missing:
        return None, f"it hangs on {', '.join(missing)}"
    return result["EvalDecision"] == "allowed", ""
