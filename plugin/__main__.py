"""The component for every other Pulumi language: `pulumi package add FOLDER`."""

import sys
from typing import Any

from pulumi import Inputs, ResourceOptions
from pulumi.errors import InputPropertiesError
from pulumi.provider import main
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.provider import ConstructResult

from s3io_user import InputError, S3IOUser, __version__, runtime
from s3io_user.component import camel_case


class Plugin(ComponentProvider):
    """The SDK's own provider of components, whose consumers get our errors as sentences about their properties."""

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component, or say which properties do not hold and why."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except Exception as error:
            fault = _input_error(error)
            if fault is None:
                raise
            details: Any = [{"property_path": _path(name), "reason": reason} for name, reason in fault.faults]
            raise InputPropertiesError(f"{len(details)} of the inputs do not hold", details) from None


def _input_error(error: BaseException | None) -> InputError | None:
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    return error


def _path(name: str) -> str:
    return ".".join(camel_case(part) for part in name.split("."))


if __name__ == "__main__":
    runtime.faults_end_the_program = False
    main(Plugin([S3IOUser], "s3io-user", version=__version__), sys.argv[1:])
