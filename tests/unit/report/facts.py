"""Facts for a report: of an ordinary key, of which nothing is known, and with names that would break out."""

from datetime import datetime, timezone
from typing import Any

from s3io_user import s3_policy_document
from s3io_user.aws.users import KeyInfo
from s3io_user.doctor.facts import Finding
from s3io_user.explain.stack import explained
from s3io_user.report.facts import Facts
from s3io_user.verify.expected import Check

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
KEY, OLD = "AKIATHESITEEXAMPLE", "AKIATHESITEBEFOREEXAMPLE"
USER = "a-site-with-a-rather-long-name-that-has-no-place-to-break-it"
HOSTILE = "<script>alert(1)</script>\"'&|`*_[x](http://evil.example)"


def facts(**changes: Any) -> Facts:
    document = s3_policy_document(["photos", "other/wp-content/uploads"], access="s3-access", tls_only=True)
    values: dict[str, Any] = {
        "user": USER,
        "arn": f"arn:aws:iam::123456789012:user/{USER}",
        "stack": "prod",
        "made_at": NOW,
        "version": "1.0",
        "current": KEY,
        "previous": OLD,
        "keys": (
            KeyInfo(OLD, "Inactive", datetime(2025, 6, 1, tzinfo=timezone.utc), None),
            KeyInfo(
                KEY, "Active", datetime(2026, 5, 31, tzinfo=timezone.utc), datetime(2026, 6, 1, tzinfo=timezone.utc)
            ),
            KeyInfo("AKIASTRANGEREXAMPLE", "Active", NOW, NOW),
        ),
        "explanation": explained([document]),
        "checks": (
            Check("key is active", KEY, True, True, "looked up"),
            Check("GetBucketOwnershipControls", "photos/wp-content/uploads", True, False, "tried", "AWS refuses it"),
            Check("PutObject", "photos/wp-content/uploads-s3io-user-verify", False, None, "simulated", "no right to"),
        ),
        "findings": (Finding("key-unused", USER, f"the key {OLD} has not been used", f"aws iam delete {OLD}"),),
        "unknown": ("whether the stack is locked: its backend does not tell",),
    }
    return Facts(**{**values, **changes})


def unknown() -> Facts:
    """Of which nothing could be looked at."""
    return facts(keys=None, explanation=None, checks=None, findings=None, unknown=("all of it: AWS does not answer",))


def good() -> Facts:
    """With nothing to look at, and nothing unknown."""
    document = s3_policy_document(["photos"], access="read-only")
    checks = (Check("GetObject", "photos", True, True),)
    return facts(explanation=explained([document]), checks=checks, findings=(), unknown=())


def hostile() -> Facts:
    """With names that no HTML and no Markdown may take for its own."""
    return facts(
        stack=HOSTILE,
        findings=(Finding("key-unused", HOSTILE, HOSTILE, HOSTILE),),
        checks=(Check(HOSTILE, HOSTILE, True, None, HOSTILE, HOSTILE),),
        unknown=(HOSTILE,),
    )
