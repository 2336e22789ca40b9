# A program that is given the key in its config, encrypted, and can do without the other stack's state.
#
#     pulumi stack init prod
#     s3io-user to-config --stack prod --from-stack prod --from-cwd ../s3io-user
#     pulumi up

import pulumi

config = pulumi.Config("s3io")
secret = config.require_secret("secretAccessKey")

# Whatever needs the key takes these; here they are but handed on.
pulumi.export("accessKeyId", config.require_secret("accessKeyId"))
pulumi.export("environment", pulumi.Output.format("AWS_SECRET_ACCESS_KEY={0}", secret))
