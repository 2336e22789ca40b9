"""Deletes an access key that `s3io-user doctor` found, after another look at the stack and at AWS."""

from dataclasses import replace

from s3io_user.doctor import examination, lookups
from s3io_user.doctor.examination import Options
from s3io_user.doctor.facts import Finding
from s3io_user.errors import S3IOError


def remove(options: Options, finding: Finding, *, named: bool) -> None:
    """Delete the key of a finding. ``named``: a person named the key.

    Raises S3IOError, and leaves the key as it is, if anything now speaks against it.
    """
    again = examination.Examination(replace(options, user=finding.user), lambda _: None)
    report = again.report()
    refused = f"the key {finding.key} was not removed"
    if busy := [f for f in report.findings if f.id in ("update-running", "stack-locked")]:
        raise S3IOError(f"{refused}: {busy[0].sentence}; {busy[0].remedy}")
    now = report.keys.get(str(finding.key))
    if now is None or finding.key in again.state.key_ids:
        raise S3IOError(f"{refused}: by now the stack holds it, or AWS does not have it any more")
    if not (named or now.proved):
        raise S3IOError(f"{refused}: {now.remedy}")
    lookups.remove_key(again.access_to(now), now.user, str(now.key))
