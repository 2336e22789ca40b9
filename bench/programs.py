"""The same three resources for a number of users, in every way that is compared."""

import json
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with pulumi

from local_aws.sandbox import PROJECT

_USERS = """
for number in range(int(os.environ["BENCH_USERS"])):
    name, bucket = f"site-{number}", f"bucket-{number}"
"""
_EXPORT = '    pulumi.export(name, {"userName": %s, "accessKeyId": %s, "secretAccessKey": %s})\n'
_POLICY = """
def policy(bucket):
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    allow = {"Effect": "Allow", "Action": ["s3:Put*", "s3:Get*", "s3:List*"], "Resource": arns}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})
"""

OURS = f"""
import pulumi
from s3io_user import S3IOUser

{_USERS}
    site = S3IOUser(name, {{"buckets": [bucket]}})
{_EXPORT % ("site.user_name", "site.access_key_id", "site.secret_access_key")}
"""

WITH_RUN = """
from s3io_user import S3IOUser, run

def program():
    numbers = range(int(os.environ["BENCH_USERS"]))
    sites = {f"site-{n}": S3IOUser(f"site-{n}", {"buckets": [f"bucket-{n}"]}) for n in numbers}
    return {
        name: {
            "userName": site.user_name,
            "accessKeyId": site.access_key_id,
            "secretAccessKey": site.secret_access_key,
        }
        for name, site in sites.items()
    }

run(program)
"""

BARE = f"""
import pulumi
import pulumi_aws as aws
{_POLICY}
{_USERS}
    user = aws.iam.User(name, force_destroy=True)
    aws.iam.UserPolicy(name, user=user.name, name="S3Access", policy=policy(bucket))
    key = aws.iam.AccessKey(name, user=user.name)
{_EXPORT % ("user.name", "key.id", "key.secret")}
"""

# What the map `users` exports of each.
SAME_OUTPUTS = f"""
import pulumi
import pulumi_aws as aws
{_POLICY}
users = {{}}
{_USERS}
    user = aws.iam.User(name, force_destroy=True)
    own = aws.iam.UserPolicy(name, user=user.name, name="S3Access", policy=policy(bucket))
    key = aws.iam.AccessKey(name, user=user.name)
    users[name] = {{
        "userName": user.name,
        "userArn": user.arn,
        "userUniqueId": user.unique_id,
        "accessKeyId": key.id,
        "secretAccessKey": key.secret,
        "previousAccessKeyId": None,
        "encryptedSecret": None,
        "policyDocument": own.policy,
        "secretArn": None,
        "parameterNames": [],
        "credentials": pulumi.Output.all(
            userName=user.name, accessKeyId=key.id, secretAccessKey=key.secret, region="us-east-1", buckets=[bucket]
        ),
    }}
pulumi.export("users", users)
"""

IN_COMPONENT = f"""
import pulumi
import pulumi_aws as aws
{_POLICY}
class Site(pulumi.ComponentResource):
    def __init__(self, name, bucket, opts=None):
        super().__init__("bench:index:Site", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        user = aws.iam.User(name, force_destroy=True, opts=own)
        aws.iam.UserPolicy(name, user=user.name, name="S3Access", policy=policy(bucket), opts=own)
        key = aws.iam.AccessKey(name, user=user.name, opts=own)
        self.user_name, self.access_key_id, self.secret_access_key = user.name, key.id, key.secret
        outputs = {{"userName": user.name, "accessKeyId": key.id, "secretAccessKey": key.secret}}
        self.register_outputs(outputs)

{_USERS}
    site = Site(name, bucket)
{_EXPORT % ("site.user_name", "site.access_key_id", "site.secret_access_key")}
"""

ROOT = (PROJECT / "__main__.py").read_text()


def root_settings() -> dict[str, Any]:
    """The root program's Pulumi.yaml."""
    return dict(yaml.safe_load((PROJECT / "Pulumi.yaml").read_text()))


def users_map(count: int) -> dict[str, Any]:
    """The root program's ``users``, for the same users."""
    return {f"site-{number}": {"buckets": [f"bucket-{number}"]} for number in range(count)}


TERRAFORM = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "users" { type = number }

locals {
  sites = { for number in range(var.users) : "site-${number}" => "bucket-${number}" }
}

resource "aws_iam_user" "site" {
  for_each = local.sites
  name     = each.key
}

resource "aws_iam_user_policy" "site" {
  for_each = local.sites
  name     = "S3Access"
  user     = aws_iam_user.site[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:Put*", "s3:Get*", "s3:List*"]
      Resource = ["arn:aws:s3:::${each.value}", "arn:aws:s3:::${each.value}/*"]
    }]
  })
}

resource "aws_iam_access_key" "site" {
  for_each = local.sites
  user     = aws_iam_user.site[each.key].name
}

output "keys" {
  value     = { for name, key in aws_iam_access_key.site : name => { id = key.id, secret = key.secret } }
  sensitive = true
}
"""


def terraform_settings(plugins: str) -> str:
    """A CLI configuration that has Terraform's provider from a folder."""
    mirror = f"filesystem_mirror {{\n  path = {json.dumps(plugins)}\n}}"
    return f"disable_checkpoint = true\nprovider_installation {{\n{mirror}\n}}\n"


# The floor: the calls alone, one after the other, and no state but the keys' IDs.
BOTO3 = (
    """
import json, os, sys
import boto3
"""
    + _POLICY
    + """
iam = boto3.client("iam")
users = [f"boto3-{number}" for number in range(int(os.environ["BENCH_USERS"]))]

def create():
    keys = {}
    for name in users:
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="S3Access", PolicyDocument=policy(name))
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    with open("keys.json", "w") as file:
        json.dump(keys, file)

def read():
    for name in users:
        iam.get_user(UserName=name)
        iam.get_user_policy(UserName=name, PolicyName="S3Access")
        iam.list_access_keys(UserName=name)

def delete():
    with open("keys.json") as file:
        keys = json.load(file)
    for name in users:
        iam.delete_access_key(UserName=name, AccessKeyId=keys[name])
        iam.delete_user_policy(UserName=name, PolicyName="S3Access")
        iam.delete_user(UserName=name)

{"create": create, "read": read, "delete": delete}[sys.argv[1]]()
"""
)
