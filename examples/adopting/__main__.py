# Rights and a second key for a user that exists; its own key and policies stay, after a destroy too.
#
#     pulumi stack init prod
#     pulumi config set aws:region us-east-1
#     pulumi config set user my-site
#     pulumi up
#
# docs/moving.md says how to go on from here, up to a user that the stack owns.

import pulumi

from s3io_user import S3IOUser

site = S3IOUser(
    "site",
    {
        "existing_user": pulumi.Config().require("user"),
        # S3Access is what the help page has people call their policy: of one name they would be one.
        "policy_name": "S3IOUser",
        "access": "optimizer",
        "buckets": ["photos"],
    },
)
for name, output in site.exports().items():
    pulumi.export(name, output)
