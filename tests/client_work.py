"""What clients of S3 do with a key of each access preset: the calls that they make, and what is refused.

`tests/engine/test_clients.py` has the clients do it and records their calls; docs/clients.md shows it as a table, and
a preset allows what some client here called, and nothing else (`tests/unit/policy/test_presets.py`).
"""

from dataclasses import dataclass

WHOLE_BUCKET = ("restic", "s3cmd", "duplicity")
"""The clients that get a bucket of their own here; the others get a folder."""
OPTIONS = {"backup": {"lock_prefix": "locks"}}
"""What a preset is given besides the bucket."""


@dataclass(frozen=True)
class Work:
    """One command of a client: the calls that were allowed and refused, by their IAM action without ``s3:``.

    In ``command``, ``{place}`` is the bucket and folder. ``said`` is in what it prints. An ``interrupted`` one uploads
    from a pipe and gets a SIGINT on its way.
    """

    client: str
    access: str
    does: str
    command: str
    calls: str = ""
    refused: str = ""
    said: str = ""
    interrupted: bool = False
    unnoticed: bool = False
    """Whether it ends with 0 all the same."""

    @property
    def fails(self) -> bool:
        """Whether the command ends with an error."""
        return bool(self.said) and not self.unnoticed


_PUT, _GET, _BOTH = "PutObject", "GetObject", "GetObject ListBucket"
_SYNCED = "GetObject ListBucket PutObject"
_LOCKED = "DeleteObject GetObject ListBucket PutObject"
_ALONE = "--no-traverse --no-check-dest --s3-no-head"
_DUPLICITY = "duplicity {verb} boto3+s3://{{place}}/dup"

WORK = (
    Work("aws", "read-write", "`aws s3 sync` to S3", "aws s3 sync src s3://{place}/x", "ListBucket PutObject"),
    Work("aws", "read-write", "`aws s3 sync` from S3", "aws s3 sync s3://{place}/x dst", _BOTH),
    Work("aws", "read-write", "`aws s3 cp` of 20 MiB to S3", "aws s3 cp large s3://{place}/large", _PUT),
    Work(
        *("aws", "read-write", "`aws s3 cp` of 20 MiB within S3", "aws s3 cp s3://{place}/large s3://{place}/large-2"),
        "GetObject GetObjectTagging PutObject",
    ),
    Work(
        *("aws", "read-write", "`aws s3 rm --recursive`", "aws s3 rm --recursive s3://{place}/"),
        "DeleteObject ListBucket",
    ),
    Work("rclone", "read-write", "`copy` to S3", "rclone copy src s3:{place}/r", _SYNCED),
    Work(
        *("rclone", "read-write", "`copy` of 20 MiB in parts"),
        "rclone copy --s3-upload-cutoff 5M --s3-chunk-size 5M large s3:{place}/",
        "GetObject PutObject",
    ),
    Work("rclone", "read-write", "`sync` that deletes", "rclone sync changed s3:{place}/r", _LOCKED),
    Work("rclone", "read-write", "`check`", "rclone check changed s3:{place}/r", _BOTH),
    Work(
        *("rclone", "read-write", "`moveto` within S3", "rclone moveto s3:{place}/r/a.txt s3:{place}/r/c.txt"),
        "DeleteObject GetObject PutObject",
    ),
    Work(
        *("rclone", "read-write", "`purge` of a folder", "rclone purge s3:{place}/r"),
        "DeleteObject GetObject ListBucket",
        "GetBucketVersioning",
    ),
    Work(
        *("rclone", "read-write", "`cleanup` in a folder", "rclone cleanup s3:{place}"),
        refused="GetObject ListBucketMultipartUploads",
        said="Failed to cleanup: list multipart uploads bucket",
    ),
    Work("restic", "read-write", "`init`", "restic init", _SYNCED),
    Work("restic", "read-write", "`backup`", "restic backup src", _LOCKED),
    Work("restic", "read-write", "`backup` of more", "restic backup src large", _LOCKED),
    Work("restic", "read-write", "`restore`", "restic restore latest --target restored", _LOCKED),
    Work("restic", "read-write", "`forget --prune`", "restic forget --keep-last 1 --prune --group-by host", _LOCKED),
    Work("restic", "read-write", "`check`", "restic check", _LOCKED),
    Work(
        *(
            "restic",
            "read-write",
            "`snapshots`, with no region set",
            "env -u AWS_REGION -u AWS_DEFAULT_REGION restic snapshots",
        ),
        "DeleteObject GetBucketLocation GetObject ListBucket PutObject",
    ),
    Work("s3cmd", "read-write", "`put` of 20 MiB", "s3cmd put large s3://{place}/large", _PUT),
    Work(
        *("s3cmd", "read-write", "`sync`, up", "s3cmd sync --delete-removed src/ s3://{place}/src/"),
        "ListBucket PutObject",
    ),
    Work("s3cmd", "read-write", "`get`", "s3cmd get s3://{place}/large got", _GET),
    Work(
        *("s3cmd", "read-write", "`cp` within S3", "s3cmd cp s3://{place}/src/a.txt s3://{place}/src/c.txt"),
        refused="GetObjectAcl",
        said="Copy failed",
    ),
    Work(
        *("s3cmd", "read-write", "`multipart`", "s3cmd multipart s3://{place}"),
        "ListBucketMultipartUploads",
    ),
    Work(
        *("s3cmd", "read-write", "`listmp`", "s3cmd listmp s3://{place}/left {upload}"),
        "ListMultipartUploadParts",
    ),
    Work(
        *("s3cmd", "read-write", "`abortmp`", "s3cmd abortmp s3://{place}/left {upload}"),
        "AbortMultipartUpload",
    ),
    Work(
        *("s3cmd", "read-write", "`del --recursive`", "s3cmd del --recursive --force s3://{place}/"),
        "DeleteObject ListBucket",
    ),
    Work("aws", "read-only", "`aws s3 sync` from S3", "aws s3 sync s3://{place}/there dst", _BOTH),
    Work(
        *("aws", "read-only", "`aws s3 cp` to S3", "aws s3 cp src/a.txt s3://{place}/"),
        refused=_PUT,
        said="upload failed",
    ),
    Work("rclone", "read-only", "`copy` from S3", "rclone copy s3:{place}/there dst", _BOTH),
    Work("rclone", "read-only", "`check`", "rclone check dst s3:{place}/there", _BOTH),
    Work("rclone", "read-only", "`copy` to S3", "rclone copy src s3:{place}/r", _BOTH, _PUT, "Failed to copy"),
    Work("s3cmd", "read-only", "`sync`, down", "s3cmd sync s3://{place}/there/ got/", _BOTH),
    Work(
        *("s3cmd", "read-only", "`put`", "s3cmd put src/a.txt s3://{place}/"),
        refused=_PUT,
        said="ERROR: S3 error: 403 (AccessDenied)",
    ),
    Work("aws", "write-only", "`aws s3 cp`", "aws s3 cp src/a.txt s3://{place}/a.txt", _PUT),
    Work("aws", "write-only", "`aws s3 cp --recursive`", "aws s3 cp --recursive src s3://{place}/", _PUT),
    Work("aws", "write-only", "`aws s3 cp` of 20 MiB", "aws s3 cp large s3://{place}/large", _PUT),
    Work(
        *("aws", "write-only", "`aws s3 cp`, interrupted", "aws s3 cp - s3://{place}/stream"),
        "AbortMultipartUpload PutObject",
        said="cancelled",
        interrupted=True,
    ),
    Work(
        *("aws", "write-only", "`aws s3 sync` to S3", "aws s3 sync src s3://{place}/x"),
        refused="ListBucket",
        said="fatal error",
    ),
    Work(
        *("aws", "write-only", "`aws s3 cp` from S3", "aws s3 cp s3://{place}/a.txt got"),
        refused=_GET,
        said="fatal error",
    ),
    Work(
        *("aws", "write-only", "`aws s3 rm`", "aws s3 rm s3://{place}/a.txt"),
        refused="DeleteObject",
        said="delete failed",
    ),
    Work(
        *("rclone", "write-only", "`copyto`, one file", f"rclone copyto {_ALONE} src/a.txt s3:{{place}}/a.txt"),
        _PUT,
    ),
    Work("rclone", "write-only", "`copy`", f"rclone copy {_ALONE} src s3:{{place}}/r", _PUT, _GET),
    Work(
        *("rclone", "write-only", "`copy` without these options", "rclone copy src s3:{place}/r"),
        refused="GetObject ListBucket",
        said="Failed to copy",
    ),
    Work("s3cmd", "write-only", "`put`", "s3cmd put src/a.txt s3://{place}/a.txt", _PUT),
    Work("s3cmd", "write-only", "`put` of 20 MiB", "s3cmd put large s3://{place}/large", _PUT),
    Work("restic", "write-only", "`init`", "restic init", refused="ListBucket", said="Access Denied"),
    Work("restic", "backup", "`init`", "restic init", _SYNCED),
    Work("restic", "backup", "`backup`", "restic backup src", _LOCKED),
    Work("restic", "backup", "`backup` of more", "restic backup src large", _LOCKED),
    Work("restic", "backup", "`restore`", "restic restore latest --target restored", _LOCKED),
    Work("restic", "backup", "`check`", "restic check", _LOCKED),
    Work("restic", "backup", "`unlock`", "restic unlock", _BOTH),
    Work(
        *(
            "restic",
            "backup",
            "`snapshots`, with no region set",
            "env -u AWS_REGION -u AWS_DEFAULT_REGION restic snapshots",
        ),
        "DeleteObject GetBucketLocation GetObject ListBucket PutObject",
    ),
    Work(
        *("restic", "backup", "`forget`", "timeout 5 restic forget --keep-last 1 --group-by host"),
        "GetObject ListBucket PutObject",
        "DeleteObject",
        "returned error, retrying",
    ),
    Work("rclone", "backup", "`copy --immutable`", "rclone copy --immutable src s3:{place}/r", _SYNCED),
    Work(
        *("rclone", "backup", "`sync` that deletes", "rclone sync changed s3:{place}/r", _SYNCED, "DeleteObject"),
        said="Failed to sync",
    ),
    Work(
        *("aws", "backup", "`aws s3 cp`, interrupted", "aws s3 cp - s3://{place}/stream"),
        "AbortMultipartUpload PutObject",
        said="cancelled",
        interrupted=True,
    ),
    Work("duplicity", "backup", "`full`", _DUPLICITY.format(verb="full src"), _SYNCED),
    Work("duplicity", "backup", "`incr`", _DUPLICITY.format(verb="incr --allow-source-mismatch changed"), _SYNCED),
    Work(
        *("duplicity", "backup", "`restore`", "duplicity restore boto3+s3://{place}/dup duplicity-restored"),
        _BOTH,
    ),
    Work("duplicity", "backup", "a second `full`", _DUPLICITY.format(verb="full src"), _SYNCED),
    Work(
        *("duplicity", "backup", "`remove-all-but-n-full 1`"),
        _DUPLICITY.format(verb="remove-all-but-n-full 1 --force"),
        "ListBucket",
        "DeleteObject",
        "Attempt of _do_delete Nr. 1 failed",
        unnoticed=True,
    ),
)


def calls_of(access: str) -> set[str]:
    """The actions that some client used with a preset."""
    return {f"s3:{call}" for work in WORK if work.access == access for call in work.calls.split()}


def table() -> str:
    """All of it, as docs/clients.md shows it."""
    head = ["| preset | client | does | calls | refused | and then |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *map(_row, sorted(WORK, key=lambda work: _ORDER.index(work.access)))])


_ORDER = ("read-only", "read-write", "write-only", "backup")


def _row(work: Work) -> str:
    end = "ends with 0" if work.unnoticed else "fails"
    then = f"{end}: “{work.said}”" if work.refused and work.said else "ends" if work.said else "works"
    cells = (f"`{work.access}`", work.client, work.does, _listed(work.calls), _listed(work.refused), then)
    return f"| {' | '.join(cells)} |"


def _listed(calls: str) -> str:
    return ", ".join(calls.split()) or "none"
