"""An IAM user of its own for an application outside AWS, with a key that works on its S3 buckets and nothing else."""

from importlib import import_module
from typing import TYPE_CHECKING

from s3io_user._version import __version__

if TYPE_CHECKING:
    from s3io_user.component.run import run
    from s3io_user.component.user import S3IOUser
    from s3io_user.errors import InputError, S3IOError
    from s3io_user.inputs.args import ParameterStoreArgs, S3IOUserArgs, SecretsManagerArgs
    from s3io_user.inputs.config import read_setup
    from s3io_user.keys.slots import KeyStatus, PreviousKey
    from s3io_user.policy.document import s3_policy_document
    from s3io_user.policy.packing import PolicyType
    from s3io_user.policy.presets import Access
    from s3io_user.policy.self_service import SelfService

__all__ = [
    "Access",
    "InputError",
    "KeyStatus",
    "ParameterStoreArgs",
    "PolicyType",
    "PreviousKey",
    "S3IOError",
    "S3IOUser",
    "S3IOUserArgs",
    "SecretsManagerArgs",
    "SelfService",
    "__version__",
    "read_setup",
    "run",
    "s3_policy_document",
]

# Found when asked for: Pulumi's SDK takes half a second, which `s3io-user --help` and the pure functions need not wait.
_HOMES = {
    "Access": "policy.presets",
    "InputError": "errors",
    "KeyStatus": "keys.slots",
    "ParameterStoreArgs": "inputs.args",
    "PolicyType": "policy.packing",
    "PreviousKey": "keys.slots",
    "S3IOError": "errors",
    "S3IOUser": "component.user",
    "S3IOUserArgs": "inputs.args",
    "SecretsManagerArgs": "inputs.args",
    "SelfService": "policy.self_service",
    "read_setup": "inputs.config",
    "run": "component.run",
    "s3_policy_document": "policy.document",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 's3io_user' has no attribute '{name}'")
    return getattr(import_module(f"s3io_user.{_HOMES[name]}"), name)
