"""What is said of a failed run of pulumi: the cause that was named, bounded, escaped, and without a secret."""

import socket

import pytest

from s3io_user.stack import causes, process

CANARY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
LOCKED = """\
error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file\
 with `pulumi cancel`.
  file:///s/.pulumi/locks/organization/p/prod/8b.json?no_tmp_dir=true: created by ann@{host} (pid {pid}) at 2026-11-28
"""
# As pulumi 3.274.1 printed it.
QUOTA = """\
Updating (prod):

 +  aws:iam:AccessKey site-b **creating failed** error: creating IAM Access Key (t1): LimitExceeded
Diagnostics:
  aws:iam:AccessKey (site-b):
    error: creating IAM Access Key (t1): 1 error occurred:
    \t* LimitExceeded: Cannot exceed quota

  pulumi:pulumi:Stack (p-prod):
    error: the user 't1' has two keys
    error: update failed
    a line of the program's own

Outputs:
    error: "not one"

Resources:
    ~ 1 updated
"""


@pytest.mark.parametrize(
    ("pid", "host", "said"),
    [
        pytest.param(2**22 + 1, socket.gethostname(), "no longer running", id="gone"),
        pytest.param(1, socket.gethostname(), "wait until it ends", id="runs"),
        pytest.param(2**22 + 1, "elsewhere", "wait until it ends", id="another-host"),
    ],
)
def test_a_lock_is_told_with_its_remedy(pid: int, host: str, said: str) -> None:
    sentence = causes.lock_of(LOCKED.format(host=host, pid=pid), "prod", process.may_run)
    assert sentence
    assert f"ann@{host}, process {pid}" in sentence
    assert said in sentence
    assert "pulumi cancel --stack prod" in sentence


def test_a_lock_of_pulumis_service_too() -> None:
    text = "error: [409] Conflict: Another update is currently in progress."
    assert "pulumi cancel" in (causes.lock_of(text, None, process.may_run) or "")
    assert causes.lock_of("error: something else", None, process.may_run) is None


def test_the_cause_of_a_failed_update_is_quoted() -> None:
    assert causes.failure_of(QUOTA, "") == (
        "creating IAM Access Key (t1): 1 error occurred: * LimitExceeded: Cannot exceed quota; "
        "the user 't1' has two keys"
    )


# As the provider aws 7 printed it.
TAKEN = """\
Updating (prod):

Diagnostics:
  aws:iam:User (site):
    error:   sdk-v2/provider2.go:572: sdk.helper_schema: creating IAM User (t): AlreadyExists: t.: provider=aws@7.51.1
    error: 1 error occurred:
    \t* creating IAM User (t): AlreadyExists: t.

  aws:iam:AccessKey (site-b):
    error: updating urn:pulumi:prod::p::s3io-user:index:S3IOUser$aws:iam/accessKey:AccessKey::site-b: 1 error occurred:
    \t* updating IAM Access Key (k): Throttling: Rate exceeded
"""


def test_a_fault_that_the_provider_says_twice_is_quoted_once_and_bare() -> None:
    said = "creating IAM User (t): AlreadyExists: t.; updating IAM Access Key (k): Throttling: Rate exceeded"
    assert causes.failure_of(TAKEN, "") == said


def test_where_there_are_no_diagnostics_it_is_what_pulumi_says() -> None:
    assert causes.failure_of("", "warning: x\nerror: failed to discover plugins\n") == "failed to discover plugins"
    assert causes.failure_of("", "") == ""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(f"bad key {CANARY}.", "bad key [hidden].", id="a-secret-key"),
        pytest.param("password hunter2!", "password [secret]", id="a-secret-of-config"),
        pytest.param("a \x1b[31mred", r"a \x1b[31mred", id="escapes"),
    ],
)
def test_no_secret_and_no_escape_is_quoted(message: str, said: str) -> None:
    assert causes.named([message], ["hunter2!", "red"]) == said


TRACEBACK = """\
Program failed with an unhandled exception:
Traceback (most recent call last):
  File "/x/__main__.py", line 1, in <module>
    boom()
ValueError: no such site
"""


def test_of_a_traceback_the_exception_is_quoted_alone() -> None:
    assert causes.named([TRACEBACK]) == "the program failed: ValueError: no such site"
    indented = "".join(f"      {line}\n" for line in TRACEBACK.splitlines()).lstrip()
    out = f"x\nDiagnostics:\n  pulumi:pulumi:Stack (p):\n    error: {indented}\nResources:\n"
    assert causes.failure_of(out, "") == "the program failed: ValueError: no such site"


def test_a_cause_is_bounded() -> None:
    assert len(causes.named(["a " * 5000] + [f"error {n}" for n in range(100)])) < 600


def test_a_config_file_that_can_t_be_written_is_said() -> None:
    said = causes.complaint_of("error: open /srv/sites/Pulumi.test.yaml: operation not permitted\n")
    assert said == "pulumi may not write or read the stack's config file in {folder}: correct the file's permissions"
