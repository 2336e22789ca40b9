"""`s3io-user rotate`: a new key beside the old, verified and taken over, and only then the old one retired.

Every step is noted in the stack's config before it is taken, so that a run which was stopped anywhere is gone on with
by the next.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from s3io_user import project, stack
from s3io_user.commands.verify import print_checks, verify_stack
from s3io_user.credentials import user_outputs
from s3io_user.errors import S3IOError
from s3io_user.explain import config_key
from s3io_user.keys import PreviousKey

NOTE = "s3io-rotate:underway"
"""Where a rotation under way is noted: outside the project's namespace, whose keys are the inputs alone."""

EXAMPLES = """\
examples:
  s3io-user rotate                    says what it will do, asks, and asks again before the old key goes
  s3io-user rotate --yes --no-retire  without asking, as far as the verified new key
  s3io-user rotate --yes              goes on from there, and retires the old key

Stop it anywhere: the old key works until the last step, and the same command goes on from where it was.
Exit code: 0 done, 1 a failure or a finding, 2 wrong usage.
"""


@dataclass(frozen=True)
class Note:
    """A rotation under way: whose, to which generation, what ``previousKey`` was (``None``: not set), how far."""

    user: str | None
    generation: int
    previous: str | None
    retiring: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--user", metavar="NAME", help="which user of the stack's `users`, by its logical name")
    parser.add_argument("--yes", action="store_true", help="don't ask: the new key is in use wherever it must be")
    parser.add_argument("--no-retire", action="store_true", help="stop before the old key is retired")
    parser.add_argument("--no-verify", action="store_true", help="don't try the new key on the buckets")
    parser.add_argument(
        "--wait", metavar="SECONDS", type=float, default=60.0, help="how long a refusal may be too early; 60"
    )
    parser.add_argument("--stack", metavar="NAME", help="the stack; the one that is selected when left out")
    parser.add_argument("--cwd", metavar="DIR", help="the stack's folder; this one when left out")


def run(args: argparse.Namespace) -> int:
    """Go through the steps that are left; 1 where the new key is not as it should be. Raises S3IOError."""
    rotation = Rotation(args)
    note = rotation.note() or rotation.plan()
    _say(rotation.what_will_be_done(note))
    if not note.retiring:
        if not _agreed(args, "Go on?"):
            return _stopped("nothing was changed")
        rotation.make_new(note)
        if not args.no_verify and not rotation.verified():
            raise S3IOError(
                "the new key is not as it should be: the old one works on; see above, then run s3io-user rotate again"
            )
        if args.no_retire or not _agreed(args, f"{rotation.old_key()} Retire it?"):
            return _stopped("the old key works on; run s3io-user rotate again to retire it")
    rotation.retire(note)
    return 0


class Rotation:
    """The steps, on one user of one stack."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.stack, self.cwd, self.user, self.wait = args.stack, args.cwd, args.user, args.wait
        self.setting = project.read_project(self.stack, self.cwd)
        if self.setting.fault is not None:
            raise S3IOError(self.setting.fault)
        if self.setting.many and self.user is None and len(self.setting.users) == 1:
            self.user = next(iter(self.setting.users))
        self.outputs = user_outputs(stack.outputs(self.stack, self.cwd), self.user)

    def note(self) -> Note | None:
        """The rotation that is under way, if one is. Raises S3IOError where it is another user's."""
        try:
            found = Note(**json.loads(self.setting.config.get(NOTE) or "null"))
        except (TypeError, ValueError):
            return None
        if found.user != (self.user if self.setting.many else None):
            raise S3IOError(
                f"a rotation of '{found.user}' is under way: finish it by s3io-user rotate --user {found.user}"
            )
        return found

    def plan(self) -> Note:
        """What a new rotation will be. Raises S3IOError where there can be none."""
        values = self._values()
        if values["rotate_every_days"]:
            raise S3IOError("rotateEveryDays rotates this key: run pulumi up when it is due, or take it out")
        if not values["create_access_key"] or not self.outputs.get("accessKeyId"):
            raise S3IOError("there is no key to rotate: set createAccessKey to true and run pulumi up")
        generation = values["key_generation"]
        if self._deployed() not in (None, generation):
            raise S3IOError(f"keyGeneration {generation} is not deployed yet: run pulumi up, then s3io-user rotate")
        user = self.user if self.setting.many else None
        return Note(user, generation + 1, self.setting.own(user, "previousKey"))

    def what_will_be_done(self, note: Note) -> str:
        """The steps in words, before the first."""
        fate = note.previous or self._default_fate()
        then = {"active": "left as it is", "inactive": "switched off"}.get(fate, "removed")
        last = f"set previousKey to {fate} and run pulumi up: the old key is {then}"
        if note.retiring:
            return f"Going on with the rotation of {self.outputs['userName']}: {last}."
        gone = self.outputs.get("previousAccessKeyId")
        at_once = f" (the one before it, {gone}, goes at once)" if gone and not self._started(note) else ""
        old = f"beside {self.outputs['accessKeyId']}{at_once}" if not self._started(note) else "if it is not there yet"
        return (
            f"Rotation of {self.outputs['userName']}:\n"
            f"  1. set keyGeneration to {note.generation}, previousKey to active, and run pulumi up: a new key, {old}\n"
            "  2. verify the new key\n"
            "  3. wait for your word that it is in use\n"
            f"  4. {last}"
        )

    def make_new(self, note: Note) -> None:
        """The new key beside the old one."""
        self._write(NOTE, json.dumps(asdict(note)))
        self._set("previousKey", "active")
        self._set("keyGeneration", str(note.generation))
        self._up("a new key beside the old one")
        self.outputs = user_outputs(stack.outputs(self.stack, self.cwd), self.user)
        _say(f"The new key is {self.outputs['accessKeyId']}: hand it over by s3io-user export or to-config.")

    def verified(self) -> bool:
        """Whether the new key can do what it must and no more; where only a PGP key's owner has it, nobody can say."""
        if self.outputs.get("encryptedSecret"):
            _say("The new key is not verified: only the owner of pgpKey has its secret.")
            return True
        if not self._values()["buckets"]:
            _say("The new key is not verified on a bucket: the stack names none.")
            return True
        checks = verify_stack(self.stack, self.cwd, self.user, within=self.wait, access=self.setting.access)
        print_checks(checks)
        return all(check.verdict != "finding" for check in checks)

    def old_key(self) -> str:
        """What is known of the old key's use."""
        from s3io_user.aws import AwsError, keys_of

        old = self.outputs.get("previousAccessKeyId")
        try:
            found = keys_of(self.setting.access, str(self.outputs["userName"]))
        except AwsError as error:
            return f"The old key is {old} ({error})."
        return " ".join(f"The old key is {key}." for key in found if key.id == old)

    def retire(self, note: Note) -> None:
        """The old key goes the way of ``previousKey`` as it was."""
        self._write(NOTE, json.dumps(asdict(replace(note, retiring=True))))
        if note.previous is None:
            self._remove(self._key("previousKey"))
        else:
            self._set("previousKey", note.previous)
        self._up("retiring the old key")
        self._remove(NOTE)
        _say("Done.")

    def _values(self) -> Mapping[str, Any]:
        if not self.setting.many:
            return next(iter(self.setting.users.values()))
        user_outputs({"users": self.setting.users}, self.user)  # names the near miss
        return self.setting.users[str(self.user)]

    def _default_fate(self) -> str:
        """What ``previousKey`` is for a user who does not set it."""
        return self.setting.own(None, "previousKey") or PreviousKey.REMOVED.value

    def _started(self, note: Note) -> bool:
        return bool(self._values()["key_generation"] == note.generation)

    def _deployed(self) -> int | None:
        """The generation of the last update that went through."""
        for resource in project.read_export(self.stack, self.cwd)["deployment"].get("resources") or ():
            outputs = resource.get("outputs") or {}
            if resource["type"] == "s3io-user:index:S3IOUser" and outputs.get("userName") == self.outputs["userName"]:
                return int(outputs["keyGeneration"]) if "keyGeneration" in outputs else None
        return None

    def _key(self, key: str) -> str:
        return config_key(key, self.user if self.setting.many else None, self.setting.name)

    def _set(self, key: str, value: str) -> None:
        stack.run(["config", "set", "--path", "--plaintext", "--", self._key(key)], self.stack, self.cwd, given=value)

    def _write(self, key: str, value: str) -> None:
        stack.run(["config", "set", "--plaintext", "--", key], self.stack, self.cwd, given=value)

    def _remove(self, key: str) -> None:
        stack.run(["config", "rm", "--path", "--", key], self.stack, self.cwd)

    def _up(self, purpose: str) -> None:
        _say(f"pulumi up: {purpose} …")
        try:
            stack.run(["up", "--yes", "--skip-preview"], self.stack, self.cwd)
        except S3IOError:
            raise S3IOError(
                "pulumi up did not go through: run it to see why, then s3io-user rotate again, which goes on from here"
            ) from None


def _agreed(args: argparse.Namespace, question: str) -> bool:
    if args.yes:
        return True
    if not sys.stdin.isatty():
        raise S3IOError("nobody can be asked here: add --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _stopped(where: str) -> int:
    _say(f"Stopped: {where}.")
    return 0


_say: Callable[[str], None] = print
