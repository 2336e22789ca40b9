# Permissions and a second key for an existing user. Its own key and policies stay, also after a destroy.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi config set user my-site
#     pulumi up
#
# docs/moving.md describes the next steps, up to a user that the stack owns.

import pulumi

from s3io_user import S3IOUser

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
for name, output in site.exports().items():
    pulumi.export(name, output)
