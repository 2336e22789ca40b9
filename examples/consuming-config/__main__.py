# A program that gets the key in its own config, encrypted, and needs no access to the other stack's state. The stack
# that made the key is "prod" of the program at the top of this repository; give your own folder to --from-cwd.
#
#     pulumi stack init prod
#     s3io-user to-config --stack prod --from-stack prod --from-cwd ../..
#     pulumi up

import pulumi

config = pulumi.Config("s3io")
secret = config.require_secret("secretAccessKey")

# Pass these to whatever needs the key. This example only exports them.
pulumi.export("accessKeyId", config.require_secret("accessKeyId"))
pulumi.export("environment", pulumi.Output.format("AWS_SECRET_ACCESS_KEY={0}", secret))
