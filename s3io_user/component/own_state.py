"""What the stack's own state holds, as the engine tells the program that it runs."""

from typing import Any

import pulumi

from s3io_user.wording import legible


async def resources_in_state(*, maybe_none: bool = False) -> dict[str, dict[str, Any]]:
    """What the stack's state holds: type and outputs by URN. The outputs hold secrets.

    ``maybe_none``: the stack may have no state yet. The engine ends at once when it is asked of such a state in a
    bucket or a folder, so a preview asks only where the stack has outputs; an update has written a state by then.
    Raises ValueError where the state can't be read.
    """
    in_a_folder = pulumi.get_organization() == _OF_A_FOLDER
    # In a folder of the old layout stacks have no project.
    stack = "" if in_a_folder else f"{pulumi.get_organization()}/{pulumi.get_project()}/"
    stack += pulumi.get_stack()
    unsure = maybe_none and in_a_folder and pulumi.runtime.is_dry_run()
    if unsure and not await _ask_engine("readStackOutputs", name=stack):
        return {}
    return await _ask_engine("readStackResourceOutputs", stackName=stack)


_OF_A_FOLDER = "organization"
"""What the engine calls the organization where the state is in a folder or a bucket."""


async def _ask_engine(function: str, **stack: str) -> dict[str, Any]:
    try:
        return dict((await pulumi.runtime.invoke_async(f"pulumi:pulumi:{function}", stack))["outputs"])
    except Exception as error:  # what the SDK raises for a failed invoke has no class of its own
        raise ValueError(f"can't read the stack's state: {legible(str(error).strip().splitlines()[-1])}") from None
