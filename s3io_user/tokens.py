"""How the engine and the state spell the types of the component and its resources, and mark a secret. Pure."""

COMPONENT = "s3io-user:index:S3IOUser"
USER = "aws:iam/user:User"
ACCESS_KEY = "aws:iam/accessKey:AccessKey"
POLICY = "aws:iam/policy:Policy"
INLINE_POLICY = "aws:iam/userPolicy:UserPolicy"
ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
STASH = "pulumi:index:Stash"

SELF_SERVICE = "-self-service"
"""The end of the logical name of the inline policy with which a user looks after its own key."""

GET_RESOURCE = "pulumi:pulumi:getResource"
"""The function by which an SDK asks the engine for a resource that the program has registered."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for a value that is not known, in stack outputs too after an update with ``--continue-on-error``."""

MARK_OF_A_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105
"""The key that a secret value has in a state."""
