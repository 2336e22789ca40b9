"""The component's optional outputs as required ones, for a program that needs them."""

from functools import partial
from typing import TYPE_CHECKING

import pulumi

from s3io_user.errors import InputError
from s3io_user.inputs.late import when_known
from s3io_user.wording import nearest


class Required:
    """Each optional output under its own name, as an ``Output`` that is never None.

    If the output is missing, the preview fails with a sentence that names it and the input that creates it.
    """

    access_key_id: pulumi.Output[str]
    secret_access_key: pulumi.Output[str]
    previous_access_key_id: pulumi.Output[str]
    encrypted_secret: pulumi.Output[str]
    policy_document: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

    def __init__(self, component: pulumi.ComponentResource) -> None:
        self._component = component

    if not TYPE_CHECKING:  # to a type checker it would make every name an output

        def __getattr__(self, output: str) -> pulumi.Output[str]:
            if output not in _MADE_BY:
                raise AttributeError(f"'{output}' is not an optional output ({nearest(output, _MADE_BY)})")
            return when_known(partial(self._present, output), value=getattr(self._component, output))

    def _present(self, output: str, value: str | None) -> str:
        if value is None:
            component = self._component.pulumi_resource_name
            reason = f"the program requires it, and the component {component} has none: {_MADE_BY[output]}"
            raise InputError([(output, reason)])
        return value


_KEY = "set create_access_key to true"
_MADE_BY = {
    "access_key_id": _KEY,
    "secret_access_key": f"{_KEY} and leave out pgp_key (an imported key has no secret in any case)",
    "previous_access_key_id": "set previous_key to inactive or active, and raise key_generation",
    "encrypted_secret": "set pgp_key",
    "policy_document": "choose an access other than full and none, or set policy",
    "secret_arn": "set secrets_manager",
}
"""How to get each output."""
