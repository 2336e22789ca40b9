"""An IAM user of its own for an application outside AWS, with a key that works on its S3 buckets and nothing else."""

from s3io_user._version import __version__
from s3io_user.args import S3IOUserArgs
from s3io_user.component import S3IOUser
from s3io_user.errors import InputError, S3IOError
from s3io_user.keys import KeyStatus, PreviousKey
from s3io_user.policy import Access, s3_policy_document

__all__ = [
    "Access",
    "InputError",
    "KeyStatus",
    "PreviousKey",
    "S3IOError",
    "S3IOUser",
    "S3IOUserArgs",
    "__version__",
    "s3_policy_document",
]
