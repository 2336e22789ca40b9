"""The places where applications run, and how to reach S3 from each without an access key, if possible. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """A place where applications run. ``advice`` is what to do without an access key; empty if a key is right."""

    label: str
    advice: str = ""

    @property
    def needs_key(self) -> bool:
        """Whether an application there has no better way to S3 than an access key."""
        return not self.advice


# By the plugin's own source (3.0): with this constant it passes no key to the AWS SDK for PHP, which then looks for
# credentials where it always does: environment, container, instance.
_PLUGIN = (
    "The S3 Image Optimizer then needs one line in wp-config.php, and no key constants:\n"
    "    define( 'DBI_AWS_USE_EC2_IAM_ROLE', true );"
)
_POLICY = "`s3io-user explain --access optimizer --bucket NAME/FOLDER` shows what to allow it."

ORIGINS = {
    "elsewhere": Origin("Outside AWS: another host, a VPS, your own server"),
    "ec2": Origin(
        "On EC2 (or Lightsail's or Elastic Beanstalk's instances with a role)",
        "An application on EC2 needs no access key. Create an IAM role with an S3 policy, and attach it to the\n"
        f"instance as its instance profile: the AWS SDKs find it by themselves. {_POLICY}\n{_PLUGIN}",
    ),
    "ecs": Origin(
        "In a container on ECS, Fargate or EKS",
        "A container on ECS or EKS needs no access key. Give the task definition a task role (on EKS, use Pod\n"
        f"Identity): the AWS SDKs find it by themselves. {_POLICY}\n{_PLUGIN}\n"
        "PHP-FPM hides the environment from PHP: set clear_env = no in its pool.",
    ),
    "lambda": Origin(
        "In a Lambda function",
        "A Lambda function needs no access key. Add an S3 policy to the function's execution role: the AWS SDKs use\n"
        f"it by themselves. {_POLICY}",
    ),
    "ci": Origin(
        "In a CI job (GitHub Actions, GitLab, …)",
        "A CI job needs no access key. Register the CI system in IAM as an OpenID Connect (OIDC) identity provider,\n"
        "and let the job assume a role for its own repository; on GitHub with aws-actions/configure-aws-credentials.\n"
        f"{_POLICY}",
    ),
    "on-premises": Origin(
        "On your own servers, with a certificate authority (CA)",
        "A server that holds a certificate of your CA needs no access key. Register the CA in IAM Roles Anywhere as a\n"
        "trust anchor, make a role and a profile there, and set credential_process to aws_signing_helper in\n"
        f"~/.aws/config: programs on the AWS SDKs get short-lived credentials. {_POLICY}\n"
        "The S3 Image Optimizer has no setting for that, and nobody has tried it here: with the plugin, use a key.",
    ),
}
"""By the value of ``--runs-on``."""
