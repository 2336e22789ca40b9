# An IAM user for each site in sites.yaml, each with a key for only its own buckets.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi up
#     s3io-user export --user blog --format wp-config --out blog.php
#
# You don't need your own program for this: the config key `users` of the program in this repository does the same.

from pathlib import Path
from typing import Any

import yaml

from s3io_user import S3IOUser, S3IOUserArgs, run


def program() -> dict[str, Any]:
    """Make a user for each site."""
    sites: dict[str, S3IOUserArgs] = yaml.safe_load(Path("sites.yaml").read_text())
    users = {name: S3IOUser(name, {"access": "optimizer", **site}) for name, site in sites.items()}
    return {"users": {name: user.exports() for name, user in users.items()}}


run(program)
