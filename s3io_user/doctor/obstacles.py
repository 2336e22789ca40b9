"""What stands in the way of the next `pulumi up`: findings from the inputs, the state and AWS. Pure."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from s3io_user.doctor.facts import Finding
from s3io_user.doctor.findings import delete_user
from s3io_user.doctor.wanted import Bucket, Wanted
from s3io_user.keys import slots
from s3io_user.keys.changes import Step, step_fault
from s3io_user.keys.schedule import Rotated
from s3io_user.stack.state import Elsewhere, State, UserState
from s3io_user.wording import some

if TYPE_CHECKING:
    from s3io_user.inputs.fields import Inputs

KEYS_LIMIT = 2


_MISSING = {
    "user": ("user-missing", "existingUser names '{}', and AWS has no such user", "correct existingUser"),
    "source": ("copy-source-missing", "copyPermissionsFrom names '{}', and AWS has no such user", "correct it"),
    "group": ("group-missing", "the group '{}' does not exist", "create it, or correct groups"),
    "boundary": (
        "boundary-missing",
        "the permissions boundary {} does not exist",
        "create it, or correct permissionsBoundary",
    ),
    "policy": ("policy-missing", "the policy {} does not exist", "create it, or correct policyArns"),
}


def of_user(wanted: Wanted, region: str | None) -> Iterator[Finding]:
    """What stands in the way of creating or updating one user."""
    for taken, made in wanted.names_taken.items():
        yield Finding("name-taken", wanted.user, f"the account has a user '{taken}' already, created on "
                      f"{made:%Y-%m-%d at %H:%M:%S} UTC (IAM ignores case in names)",
                      "choose another userName, or adopt it with existingUser; only if an interrupted update of this "
                      f"stack made it at that time: {delete_user(taken)}")  # fmt: skip
    for (kind, name), there in wanted.exist.items():
        adopted_before = kind == "user" and wanted.state is not None and wanted.state.user == name
        if there is False and not adopted_before:  # that one is looked for, and missed, as one of the state's users
            id_, sentence, remedy = _MISSING[kind]
            yield Finding(id_, wanted.user, sentence.format(name), remedy)
    for name, bucket in wanted.buckets.items():
        yield from _of_bucket(wanted, name, bucket, region)
    yield from _of_generation(wanted)
    yield from _of_quota(wanted)


def _of_bucket(wanted: Wanted, name: str, bucket: Bucket, region: str | None) -> Iterator[Finding]:
    user = wanted.user
    if bucket.exists is False:
        yield Finding("bucket-missing", user, f"the bucket '{name}' does not exist", "create it, or correct buckets")
    if bucket.region and region and bucket.region != region:
        yield Finding("bucket-region", user, f"the bucket '{name}' is in {bucket.region}, and the stack in {region}: "
                      f"the credentials tell the site {region}", f"run pulumi config set aws:region {bucket.region}, "
                      "or give the site the bucket's own region")  # fmt: skip
    if bucket.acls and wanted.acls_matter:
        yield Finding("bucket-acls", user, f"the bucket '{name}' still uses ACLs, and the key may not set them: images "
                      "that it overwrites go private", "set the bucket's object ownership to BucketOwnerEnforced"
                      f"{', or allowAcl to true' if wanted.acls_can_be_set else ''}")  # fmt: skip


def last_rotation(state: UserState | None) -> Rotated | None:
    """The last scheduled rotation, from which the component works out the next one."""
    if state is None or state.generation is None or state.every_days is None:
        return None
    return Rotated(state.generation, state.due or state.generation, state.every_days, state.settled)


def _of_generation(wanted: Wanted) -> Iterator[Finding]:
    """A step of ``keyGeneration`` that the component will refuse."""
    state, after = wanted.state, wanted.inputs.key_generation
    if state is None or state.generation is None or state.generation == after:
        return
    old = Step(state.generation, wanted.inputs.previous_key, state.every_days, due=state.due)
    if fault := step_fault(old, wanted.inputs.step, finished=state.settled):
        rule, remedy = fault.split(": ", 1)
        sentence = f"pulumi up will refuse the step from generation {state.generation} to {after}: keyGeneration {rule}"
        yield Finding("generation-refused", wanted.user, sentence, remedy)


def _of_quota(wanted: Wanted) -> Iterator[Finding]:
    """A key that the next update would create, and for which AWS has no room."""
    if wanted.keys is None or not wanted.inputs.create_access_key:
        return
    there = {key.id: key for key in wanted.keys}
    if _most_keys(wanted, there) <= KEYS_LIMIT:
        return
    ours = wanted.state.keys if wanted.state else {}
    others = [key for key in wanted.keys if key.id not in ours]
    which = ", ".join(map(str, wanted.keys))
    spare = others[0].id if len(others) == 1 else "ID"
    yield Finding("quota-keys", wanted.user, f"the next pulumi up creates an access key, and AWS allows {KEYS_LIMIT}: "
                  f"the user has {which}", "find out which nobody needs, then: aws iam delete-access-key --user-name "
                  f"'{wanted.user}' --access-key-id {spare}")  # fmt: skip


def _most_keys(wanted: Wanted, there: Collection[str]) -> int:
    """The most keys that the user has while the update runs; 0 if the update creates none."""
    inputs, state, count, made = wanted.inputs, wanted.state, len(there), 0
    for slot in slots.slots(inputs.key_generation, inputs.previous_key, inputs.key_status):
        old = state.slots.get(slot.name) if state else None
        if old is None or old.generation != slot.generation:
            # The engine deletes a slot's old key before it creates the new one.
            count, made = count + (old is None or old.id not in there), made + 1
    return count if made else 0


def of_deployer(denied: Collection[str]) -> Iterator[Finding]:
    """The actions that the update needs and that are not allowed to these credentials."""
    if denied:
        yield Finding("not-allowed", "", f"these credentials may not: {', '.join(denied)}",
                      "give them what s3io-user deployer-policy prints")  # fmt: skip


def of_account(counts: Mapping[str, int], new_users: int) -> Iterator[Finding]:
    """Too many users for the account's quota, which GetAccountSummary has."""
    if "UsersQuota" in counts and (left := counts["UsersQuota"] - counts.get("Users", 0)) < new_users:
        sentence = f"the stack needs {new_users} more users, and the account has room for {left}"
        yield Finding("quota-users", "", sentence, "ask AWS for more (Service Quotas), or remove some")


def of_region(region: str | None, regions: Collection[str]) -> Iterator[Finding]:
    """A region that does not exist. None is a region that only AWS's own files name."""
    if region is None or region in regions:
        return
    near = difflib.get_close_matches(region.lower(), sorted(regions), n=1)
    hint = f"did you mean '{near[0]}'?" if near else "regions are named like 'eu-west-1'"
    yield Finding("region-unknown", "", f"'{region}' is not a region that this version of boto3 knows ({hint})",
                  "run pulumi config set aws:region REGION, or correct AWS_REGION if that sets it")  # fmt: skip


def of_inputs(fault: str) -> Finding:
    """Inputs that are not valid, or rights that can't be planned."""
    return Finding("inputs-invalid", "", fault.replace("\n", "; "), "correct the stack's config")


NO_REGION = Finding(
    "region-unknown", "", "no AWS region is set", "run pulumi config set aws:region REGION, or set AWS_REGION"
)


def of_secrets(fault: str) -> Finding:
    """Why pulumi can't decrypt the stack's secrets, which every update has to. ``fault`` ends in what to do."""
    why, _, remedy = fault.partition(": ")
    remedy = remedy or "run pulumi stack output --show-secrets, which says why"
    return Finding("secrets-locked", "", f"pulumi can't decrypt the stack's secrets here: {why}", remedy)


def of_no_config(file: str) -> Finding:
    """A stack that was deployed, and whose config has none of its program's keys."""
    return Finding("config-missing", "", f"the config of the stack, {file}, has no input: the next pulumi up takes the "
                   "default of each, with which the key may use every bucket",
                   "restore the file from Git or a backup, or write it again: s3io-user init")  # fmt: skip


def of_profile(profile: str) -> Finding:
    """An AWS profile that does not exist."""
    return Finding("profile-missing", "", f"there is no AWS profile '{profile}' in AWS's files",
                   "correct aws:profile in the config, or AWS_PROFILE; aws configure list-profiles shows what there "
                   "is")  # fmt: skip


def of_elsewhere(users: Iterable[Elsewhere], account: str) -> Iterator[Finding]:
    """Users that the stack's own credentials created in another account than that of these credentials."""
    for each in users:
        if each.by_config:
            yield Finding("other-account", each.user, f"the state has it in the account {each.account}, and these "
                          f"credentials are of the account {account}: pulumi up would change the wrong account",
                          f"use credentials of {each.account}: see AWS_PROFILE, and aws:profile in config",
                          account=each.account)  # fmt: skip


def of_state(state: State) -> Iterator[Finding]:
    """What an interrupted update left unfinished, by the state."""
    if state.begun:
        yield Finding("update-interrupted", "", f"an update was interrupted, and whether AWS did this is not in the "
                      f"state: {some(state.begun, 5)}", "fix the other findings first, then run pulumi refresh "
                      "--clear-pending-creates")  # fmt: skip


def of_owners(users: Mapping[str, "Inputs"], states: Iterable[UserState]) -> Iterator[Finding]:
    """Users to adopt that the stack created under another logical name, and would delete. ``users`` are inputs."""
    created = {user.user.lower(): user for user in states if user.owned}
    for logical, inputs in users.items():
        user = created.get(inputs.existing_user.lower()) if inputs.existing_user else None
        if user and user.component and user.component != logical:
            yield Finding("user-would-be-deleted", user.user, f"the config's '{logical}' adopts it, and the stack made "
                          f"it as '{user.component}': when '{user.component}' goes, the user is deleted",
                          f"in '{user.component}', set existingUser to '{user.user}' in place of userName and run "
                          "pulumi up; then rename it")  # fmt: skip


def quotas(summary: Mapping[str, int]) -> list[str]:
    """How much of each of the account's quotas is left, a line each."""
    return [
        f"{what.lower()}: {summary[f'{what}Quota'] - summary[what]:,} of {summary[f'{what}Quota']:,} left"
        for what in ("Users", "Groups", "Policies")
        if what in summary and f"{what}Quota" in summary
    ]
