"""How long an import takes, and the command's help, as processes: over what an interpreter that does nothing takes."""

import sys
from functools import partial
from statistics import median

from bench import measure
from bench.lab import Lab, milliseconds, say
from bench.measure import in_turn
from bench.options import Options
from bench.report import Table

NOTHING = "`python -c pass`"
SDK, SDK_IAM = "`import pulumi_aws`", "`import pulumi_aws`, and its `iam` touched"
OURS, OURS_IAM = "`from s3io_user import S3IOUser`", "the same, and `iam` touched"
PURE, HELP = "`from s3io_user import s3_policy_document`", "`s3io-user --help`"

CODE = {
    NOTHING: "pass",
    SDK: "import pulumi_aws",
    SDK_IAM: "import pulumi_aws; pulumi_aws.iam.User",
    OURS: "from s3io_user import S3IOUser",
    OURS_IAM: "from s3io_user import S3IOUser; import pulumi_aws; pulumi_aws.iam.User",
    PURE: "from s3io_user import s3_policy_document",
    HELP: "import sys; from s3io_user.cli import main; sys.argv[1:] = ['--help']; main()",
}
ROUNDS = 15


def compare(lab: Lab, options: Options) -> list[Table]:
    """A table of times, each also as a ratio to pulumi_aws with its iam, and what is left without the interpreter."""
    env = lab.env()

    def seconds(code: str) -> float:
        return measure.run([sys.executable, "-c", code], lab.root, env, watched=False).seconds

    say("imports")
    for code in CODE.values():  # the first writes the compiled files
        seconds(code)
    found = in_turn({name: partial(seconds, code) for name, code in CODE.items()}, options.rounds or ROUNDS)
    return [_table({name: median(values) for name, values in found.items()})]


def _table(times: dict[str, float]) -> Table:
    bare = times[NOTHING]
    rows = [
        [
            name,
            milliseconds(seconds),
            milliseconds(seconds - bare),
            f"{(seconds - bare) / (times[SDK_IAM] - bare):.2f}",
        ]
        for name, seconds in times.items()
    ]
    return Table("imports", ["process", "whole", "without the interpreter", f"against {SDK_IAM}"], rows)
