"""What a set-up will do, in words, before the last yes. Pure."""

from collections.abc import Iterator, Sequence

from s3io_user import secret_files
from s3io_user.setup.answers import Answers
from s3io_user.setup.plan import STORES, Change
from s3io_user.setup.steps import Steps
from s3io_user.wording import legible


def lines(steps: Steps, project: str, backend: str) -> Iterator[str]:
    """A numbered line for each step, with a line below it for each key of the config that changes."""
    for number, text in enumerate(_texts(steps, project, backend), 1):
        yield f"  {number}. {text}"


def _texts(steps: Steps, project: str, backend: str) -> Iterator[str]:
    answers, stack = steps.answers, legible(steps.stack)
    if steps.files:
        yield f"create the Pulumi project '{project}' in {legible(steps.home)}: {', '.join(steps.files)}"
    if answers.passphrase_file and not (secret := secret_files.named(answers.passphrase_file)).exists():
        yield f"create a passphrase in {legible(secret)}, which only you can read"
    if steps.needs_install:
        yield "run pulumi install: the program's packages into .venv, and the AWS plugin"
    if not steps.here.exists(steps.stack):
        yield f"create the stack {stack}, with its state in {legible(backend)}"
    if steps.changes:
        said = f"change these keys in the config of stack {stack} of '{project}', and no others:"
        yield "\n       ".join([said, *map(str, steps.changes)])
    else:
        yield f"leave the config of stack {stack} of '{project}' as it is"
    yield "run s3io-user doctor, pulumi up and s3io-user verify"
    yield _goes_to(answers)


def _goes_to(answers: Answers) -> str:
    if answers.hand_over in STORES:
        return f"have the stack store the key in {answers.hand_over}, as {legible(answers.store_name)}"
    if answers.hand_over == "later":
        return "leave the key in the stack's outputs, encrypted"
    where = "standard output" if answers.out == "-" else legible(answers.out)
    profile = f", as profile {answers.out_profile}" if answers.out_profile else ""
    return f"write the key to {where}{profile} ({answers.hand_over})"


def warnings(changes: Sequence[Change], project: str, *, deployed: bool) -> Iterator[str]:
    """What changes for those who use the key of an existing stack."""
    named = {change.key.removeprefix(f"{project}:"): change for change in changes}
    if deployed and named.keys() & {"userName", "existingUser"}:
        yield "Another user name means another user: the key that is in use stops working."
    if deployed and named.keys() & {"access", "buckets"}:
        yield "The key that is in use gets the permissions below in place of those it has now."
