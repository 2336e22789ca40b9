"""What is left to do after a set-up: on the WordPress site, on the buckets, and later with the stack. Pure."""

from collections.abc import Sequence

from s3io_user.iam.buckets import parse_bucket
from s3io_user.setup.answers import Answers

_EVERY = "*"


def checklist(answers: Answers, passphrase: str) -> list[str]:
    """The lines of the list. ``passphrase`` is the line that sets the stack's passphrase, if it has one."""
    wordpress = answers.access in ("optimizer", "s3-access", "full") and answers.hand_over in ("wp-config", "wp-cli")
    return [*(_wordpress(answers) if wordpress else []), *_buckets(answers), *_later(answers, passphrase)]


def _wordpress(answers: Answers) -> list[str]:
    folder = next((parse_bucket(one).folder for one in answers.buckets or () if one != _EVERY), "")
    return [
        "On the WordPress site:",
        "  1. Remove every other constant of a key from wp-config.php: AS3CF_AWS_…, DBI_AWS_…, AWS_ACCESS_KEY_ID and",
        "     AWS_SECRET_ACCESS_KEY. The plugin takes ID and secret separately, so one left over is paired wrongly.",
        "     Remove …_USE_EC2_IAM_ROLE as well: with it, the plugin uses no key at all.",
        _put_there(answers),
        *(
            [
                f"  3. Keep the slash at the end of the folder, '{folder}/': without it the plugin also lists the",
                "     folders whose names begin alike, and stops at the first that the key may not read.",
            ]
            if folder
            else []
        ),
        f"  {4 if folder else 3}. Test it: Settings → S3 Image Optimizer shows whether the key is accepted. Then",
        "     optimize one image by its address in Media → S3 URL Optimizer, before you start the bulk optimizer.",
    ]


def _put_there(answers: Answers) -> str:
    where = "the lines above" if answers.out == "-" else f"the lines of {answers.out}"
    if answers.hand_over == "wp-cli":
        return f"  2. Run {where} on the site's server, then delete the file."
    return f'  2. Paste {where} above "That\'s all, stop editing!" in wp-config.php, then delete the file.'


def _buckets(answers: Answers) -> Sequence[str]:
    names = dict.fromkeys(parse_bucket(one).name for one in answers.buckets or () if one != _EVERY)
    if not names:
        return []
    commands = [
        command
        for name in names
        for command in (
            f"  aws s3api put-bucket-ownership-controls --bucket {name} "
            "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'",
            f"  aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled",
        )
    ]
    return [
        "On the bucket: switch ACLs off, if no other program needs them, and turn versioning on, because an",
        "overwritten image can't be restored without it:",
        *commands,
    ]


def _later(answers: Answers, passphrase: str) -> list[str]:
    stack = f" --stack {answers.stack}" if answers.stack else ""
    return [
        "Later, in the project's folder:",
        *([f"  {passphrase}"] if passphrase else []),
        f"  s3io-user doctor{stack}    what stands in the way, and what was left behind",
        f"  s3io-user rotate{stack}    a new key, while the old one works",
        f"  s3io-user export{stack} --format FORMAT --out FILE    the key once more",
    ]
