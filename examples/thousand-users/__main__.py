# A thousand sites in twenty stacks: each stack has one account and at most fifty sites, and four are updated at a time.
#
# sites.csv lists every site. stacks.py keeps each in one stack, whose sites are in sites/STACK.json. up.sh updates the
# stacks: any CI can run it, and deploy.yml is the same as a matrix of jobs on GitHub.
#
#     pulumi login 's3://my-pulumi-state?region=eu-west-1'
#     python3 stacks.py assign
#     python3 stacks.py init
#     sh up.sh

from typing import Any

from s3io_user import S3IOUser, read_setup, run


def program() -> dict[str, Any]:
    """Make the users of the stack's file."""
    return {"users": {name: S3IOUser(name, args).exports() for name, args in read_setup().users.items()}}


run(program)
