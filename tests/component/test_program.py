"""What the components of one program share."""

import gc
import weakref
from typing import Any

import pulumi

from s3io_user import S3IOUser
from s3io_user.testing import deploy


def test_nothing_of_a_program_is_kept_after_it() -> None:
    """The Automation API runs many programs in one process, and each has a gRPC server for its hooks."""
    roots: list[weakref.ref[Any]] = []

    def program() -> None:
        roots.append(weakref.ref(pulumi.runtime.get_root_resource()))
        S3IOUser("site", {})

    for _ in range(3):
        deploy(program)
    gc.collect()
    # The SDK itself may hold the last one.
    assert [root() for root in roots[:2]] == [None, None]
