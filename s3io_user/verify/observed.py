"""What was observed of a call: permitted or refused, tried again until a new permission is in effect, or simulated."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from s3io_user.aws.answers import AwsError
from s3io_user.aws.connection import reworded

Observed = tuple[bool | None, str]
"""Whether a call was permitted, ``None`` where that is not known, and a note."""

REFUSED = {"AccessDenied", "AccessDeniedException", "403", "Forbidden", "AllAccessDisabled"}
TOO_EARLY = "refused, but nothing was permitted yet, so that proves nothing"

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


@dataclass(frozen=True)
class Patience:
    """Until when (``time.monotonic``) a refused call is tried again, and who is told."""

    deadline: float
    progress: Callable[[str], None]

    def until_permitted(self, what: str, attempt: Callable[[], Observed]) -> Observed:
        """The last observation of a call that must be permitted."""
        pause = _FIRST_PAUSE
        while True:
            observed, note = attempt()
            if observed is not False or time.monotonic() + pause > self.deadline:
                return observed, note
            self.progress(f"{what} is refused: retrying in {pause:.1f} s")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def simulated(iam: Any, user_arn: str, action: str, arn: str) -> Observed:
    """What IAM's policy simulator says of an action of a user on a resource."""
    asked = {"PolicySourceArn": user_arn, "ActionNames": [action], "ResourceArns": [arn]}
    try:
        found = reworded("have it simulated", lambda: iam.simulate_principal_policy(**asked))["EvaluationResults"][0]
    except AwsError as error:
        return None, str(error)
    # What is missing for a resource that was named, AWS says with that resource.
    results = [found, *found.get("ResourceSpecificResults", [])]
    missing = sorted({key for result in results for key in result.get("MissingContextValues", [])})
    if found["EvalDecision"] != "allowed" and missing:
        return None, f"it hangs on {', '.join(missing)}"
    return found["EvalDecision"] == "allowed", ""
