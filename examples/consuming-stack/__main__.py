# A stack that uses the key of another stack. The secret arrives as a secret, and stays one.
#
#     pulumi stack init prod
#     pulumi config set producer organization/s3io-user/prod
#     pulumi up

import pulumi

producer = pulumi.StackReference(pulumi.Config().require("producer"))
secret = producer.require_output("secretAccessKey")

# Pass these to whatever needs the key. This example only exports them.
pulumi.export("accessKeyId", producer.require_output("accessKeyId"))
pulumi.export("environment", pulumi.Output.format("AWS_SECRET_ACCESS_KEY={0}", secret))
