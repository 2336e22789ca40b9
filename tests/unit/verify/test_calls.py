"""The calls that verify makes with a key: what they must never do."""

from typing import Any

from s3io_user.iam.buckets import Bucket
from s3io_user.verify.calls import Run, attempt
from s3io_user.verify.expected import Expectation
from s3io_user.verify.observed import Patience

WHOLE = Bucket("photos")


class Heedless:
    """A service that ignores If-Match, and so would delete for real."""

    class meta:  # noqa: N801
        endpoint_url = "http://127.0.0.1:9000"

    def delete_object(self, **_: Any) -> None:
        raise AssertionError("deleted for real")


def test_a_delete_is_not_tried_where_if_match_may_be_ignored() -> None:
    run = Run(Heedless(), "", Patience(0.0, print))
    run.samples[WHOLE] = "a.jpg"
    assert attempt(run, Expectation("DeleteObject", "s3:DeleteObject", WHOLE, True))[0] is None
