# Permissions and a second key for an existing user. Its own key and policies stay, also after a destroy.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi config set user my-site
#     pulumi up
#
# docs/moving.md describes the next steps, up to a user that the stack owns.

from typing import Any

import pulumi

from s3io_user import S3IOUser, run


def program() -> dict[str, Any]:
    """Give the user a policy and a key."""
    site = S3IOUser(
        "site",
        {
            "existing_user": pulumi.Config().require("user"),
            # A name that no policy of the user has. The help page calls its policy S3Access.
            "policy_name": "S3IOUser",
            "access": "optimizer",
            "buckets": ["photos"],
        },
    )
    return site.exports()


run(program)
