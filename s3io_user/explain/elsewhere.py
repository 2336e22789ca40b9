"""What is dangerous outside S3 in the hands of a website's key: our own words for what others have found out.

Pure. The categories are cloudsplaining's, the ways to more rights those of Rhino Security Labs and pathfinding.cloud,
which cloudsplaining gathers; tests/unit/test_dangers.py holds the two side by side. Names are in lower case.
"""

from collections.abc import Container

CATEGORIES = (
    *("privilege-escalation", "resource-exposure", "credentials-exposure"),
    *("data-exfiltration", "infrastructure-modification"),
)
"""cloudsplaining's, but for whole services, which are no matter of one action."""

_MORE_RIGHTS = "can give itself, or others, more permissions"
ALONE = {
    "iam:createaccesskey": "can make a key of any user, and act as that user",
    "iam:createloginprofile": "can set any user's console password, and act as that user",
    "iam:updateloginprofile": "can change any user's console password, and act as that user",
    "iam:addusertogroup": "can put itself into a group that has more permissions",
    "iam:createpolicyversion": "can change what a policy allows, its own policy too",
    "iam:setdefaultpolicyversion": "can bring back a version of a policy that allows more",
    "iam:attachuserpolicy": _MORE_RIGHTS,
    "iam:attachgrouppolicy": _MORE_RIGHTS,
    "iam:attachrolepolicy": _MORE_RIGHTS,
    "iam:putuserpolicy": _MORE_RIGHTS,
    "iam:putgrouppolicy": _MORE_RIGHTS,
    "iam:putrolepolicy": _MORE_RIGHTS,
    "iam:updateassumerolepolicy": "can let itself assume a role, and act with that role's permissions",
    "iam:passrole": "can give a role to a service, and act with that role's permissions",
    "lambda:updatefunctioncode": "can put its own code into a function, and act with the function's role",
    "glue:updatedevendpoint": "can put its own SSH key on a development endpoint, and act with the endpoint's role",
    "sagemaker:createpresignednotebookinstanceurl": "can open a notebook, and act with the notebook's role",
}
"""Ways to more rights that need one action."""

_NEW = "together can give a role to a new {}, and act with that role's permissions"
_RUNNING = "together can run its own code in {}, and act with the permissions that it has"
_IAM = "together can give itself more permissions, and use them"
TOGETHER: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (text, frozenset(names.split()))
    for text, names in [
        (_NEW.format("EC2 instance"), "iam:passrole ec2:runinstances"),
        (_NEW.format("EC2 spot instance"), "iam:passrole ec2:requestspotinstances"),
        (_NEW.format("Lambda function"), "iam:passrole lambda:createfunction lambda:invokefunction"),
        (_NEW.format("Lambda function"), "iam:passrole lambda:createfunction lambda:createeventsourcemapping"),
        (
            _NEW.format("Lambda function"),
            "iam:passrole lambda:createfunction lambda:createeventsourcemapping dynamodb:createtable dynamodb:putitem",
        ),
        (_NEW.format("Lambda function"), "iam:passrole lambda:createfunction lambda:addpermission"),
        (_NEW.format("Glue development endpoint"), "iam:passrole glue:createdevendpoint"),
        (_NEW.format("Glue job"), "iam:passrole glue:createjob glue:startjobrun"),
        (_NEW.format("Glue job"), "iam:passrole glue:createjob glue:createtrigger"),
        (_NEW.format("run of a Glue job"), "iam:passrole glue:updatejob glue:startjobrun"),
        (_NEW.format("run of a Glue job"), "iam:passrole glue:updatejob glue:createtrigger"),
        (_NEW.format("CloudFormation stack"), "iam:passrole cloudformation:createstack"),
        (
            _NEW.format("CloudFormation stack set"),
            "iam:passrole cloudformation:createstackset cloudformation:createstackinstances",
        ),
        (_NEW.format("version of a stack set"), "iam:passrole cloudformation:updatestackset"),
        (_NEW.format("data pipeline"), "iam:passrole datapipeline:createpipeline"),
        (_NEW.format("App Runner service"), "iam:passrole apprunner:createservice"),
        (
            _NEW.format("Bedrock code interpreter"),
            "iam:passrole bedrock-agentcore:createcodeinterpreter bedrock-agentcore:startcodeinterpretersession "
            "bedrock-agentcore:invokecodeinterpreter",
        ),
        (_NEW.format("CodeBuild project"), "iam:passrole codebuild:createproject codebuild:startbuild"),
        (_NEW.format("CodeBuild project"), "iam:passrole codebuild:createproject codebuild:startbuildbatch"),
        (
            _NEW.format("ECS service"),
            "iam:passrole ecs:createcluster ecs:registertaskdefinition ecs:createservice",
        ),
        (_NEW.format("ECS task"), "iam:passrole ecs:createcluster ecs:registertaskdefinition ecs:runtask"),
        (_NEW.format("ECS service"), "iam:passrole ecs:registertaskdefinition ecs:createservice"),
        (_NEW.format("ECS task"), "iam:passrole ecs:registertaskdefinition ecs:runtask"),
        (_NEW.format("ECS task"), "iam:passrole ecs:registertaskdefinition ecs:starttask"),
        (_NEW.format("SageMaker notebook"), "iam:passrole sagemaker:createnotebookinstance"),
        (_NEW.format("SageMaker training job"), "iam:passrole sagemaker:createtrainingjob"),
        (_NEW.format("SageMaker processing job"), "iam:passrole sagemaker:createprocessingjob"),
        (
            _RUNNING.format("a Bedrock code interpreter"),
            "bedrock-agentcore:startcodeinterpretersession bedrock-agentcore:invokecodeinterpreter",
        ),
        (_RUNNING.format("a stack"), "cloudformation:createchangeset cloudformation:executechangeset"),
        (_RUNNING.format("an instance"), "ec2:modifyinstanceattribute ec2:stopinstances ec2:startinstances"),
        (_RUNNING.format("new instances"), "ec2:createlaunchtemplateversion ec2:modifylaunchtemplate"),
        (_RUNNING.format("an instance"), "ec2-instance-connect:sendsshpublickey ec2:describeinstances"),
        (_RUNNING.format("a container"), "ecs:executecommand ecs:describetasks"),
        (_RUNNING.format("a function"), "lambda:updatefunctioncode lambda:invokefunction"),
        (_RUNNING.format("a function"), "lambda:updatefunctioncode lambda:addpermission"),
        (
            _RUNNING.format("a notebook"),
            "sagemaker:createnotebookinstancelifecycleconfig sagemaker:stopnotebookinstance "
            "sagemaker:updatenotebookinstance sagemaker:startnotebookinstance",
        ),
        (_IAM, "iam:createaccesskey iam:deleteaccesskey"),
        (_IAM, "iam:attachuserpolicy iam:createaccesskey"),
        (_IAM, "iam:createpolicyversion sts:assumerole"),
        (_IAM, "iam:putuserpolicy iam:createaccesskey"),
        (_IAM, "iam:attachrolepolicy iam:updateassumerolepolicy"),
        (_IAM, "iam:createpolicyversion iam:updateassumerolepolicy"),
        (_IAM, "iam:putrolepolicy iam:updateassumerolepolicy"),
    ]
)
"""Ways to more rights that need several actions, and what they do together."""

_ACT = "hands out credentials, with which its holder acts as somebody else"
_PASSWORD = "hands out a password"  # noqa: S105  # a sentence
_TOKEN = "hands out a token that opens the service"  # noqa: S105  # a sentence
CREDENTIALS = {
    "sts:assumerole": "can take on a role, and act with that role's permissions",
    "sts:assumerolewithsaml": "can take on a role, and act with that role's permissions",
    "sts:assumerolewithwebidentity": "can take on a role, and act with that role's permissions",
    "sts:getfederationtoken": "hands out credentials that go on working after the key is gone",
    "sts:getsessiontoken": "hands out credentials that go on working after the key is gone",
    "sso:getrolecredentials": _ACT,
    "iam:createaccesskey": ALONE["iam:createaccesskey"],
    "iam:createloginprofile": ALONE["iam:createloginprofile"],
    "iam:createservicespecificcredential": "can make a password of any user for CodeCommit, Keyspaces or Bedrock",
    "iam:resetservicespecificcredential": "can read a new password of any user for CodeCommit, Keyspaces or Bedrock",
    "iam:updateaccesskey": "can switch an old key on again, or a key in use off",
    **dict.fromkeys(
        [
            "cognito-identity:getcredentialsforidentity",
            "cognito-identity:getopenidtoken",
            "cognito-identity:getopenidtokenfordeveloperidentity",
            "codepipeline:pollforjobs",
            "connect:getfederationtoken",
            "connect:getfederationtokens",
            "emr-containers:getmanagedendpointsessioncredentials",
            "finspace-api:getprogrammaticaccesscredentials",
            "gamelift:getcomputeaccess",
            "gamelift:getinstanceaccess",
            "gamelift:requestuploadcredentials",
            "lightsail:createbucketaccesskey",
            "lightsail:downloaddefaultkeypair",
            "lightsail:getinstanceaccessdetails",
            "mediapackage:rotatechannelcredentials",
            "mediapackage:rotateingestendpointcredentials",
        ],
        _ACT,
    ),
    **dict.fromkeys(
        [
            "ec2:getpassworddata",
            "lightsail:getrelationaldatabasemasteruserpassword",
            "rds-db:connect",
            "redshift:getclustercredentials",
            "redshift:getclustercredentialswithiam",
            "redshift-serverless:getcredentials",
        ],
        _PASSWORD,
    ),
    **dict.fromkeys(
        [
            "airflow:createclitoken",
            "airflow:createweblogintoken",
            "appsync:createapikey",
            "chime:createapikey",
            "cloud9:createenvironmenttoken",
            "codeartifact:getauthorizationtoken",
            "cognito-idp:getsigningcertificate",
            "ecr:getauthorizationtoken",
            "ecr-public:getauthorizationtoken",
            "gamelift:getcomputeauthtoken",
            "grafana:createworkspaceapikey",
            "license-manager:getaccesstoken",
        ],
        _TOKEN,
    ),
    "rds-db:connect": "can log in to a database",
    # These cloudsplaining does not list.
    **dict.fromkeys(
        [
            "datazone:getdomainexecutionrolecredentials",
            "datazone:getenvironmentcredentials",
            "eks-auth:assumeroleforpodidentity",
            "lakeformation:gettemporarygluepartitioncredentials",
            "lakeformation:gettemporarygluetablecredentials",
            "signin:createoauth2token",
            "ssm:getaccesstoken",
        ],
        _ACT,
    ),
    **dict.fromkeys(["pca-connector-scep:getchallengepassword", "storagegateway:describechapcredentials"], _PASSWORD),
    **dict.fromkeys(
        [
            "bedrock-agentcore:getresourceoauth2token",
            "codeconnections:getconnectiontoken",
            "codeconnections:getindividualaccesstoken",
            "codestar-connections:getconnectiontoken",
            "codestar-connections:getindividualaccesstoken",
            "redshift:getidentitycenterauthtoken",
            "redshift-serverless:getidentitycenterauthtoken",
            "route53globalresolver:getaccesstoken",
            "sts:getservicebearertoken",
        ],
        _TOKEN,
    ),
}
"""Actions whose answer is, or makes, a credential."""

EXFILTRATION = {
    "ssm:getparameter": "reads parameters, which often are passwords",
    "ssm:getparameters": "reads parameters, which often are passwords",
    "ssm:getparametersbypath": "reads parameters, which often are passwords",
    "ssm:getparameterhistory": "reads parameters, which often are passwords",
    "acm:exportcertificate": "reads a certificate's private key",
    "secretsmanager:getsecretvalue": "reads secrets",
    "secretsmanager:batchgetsecretvalue": "reads secrets",
    "s3:getobject": "reads every object of every bucket: name the buckets",
}
"""Actions that only read, and what they read is worth a theft."""

_NEXT = "; if the user's own key is stored there, a leaked key also reads the next one"
ON_ONE = {
    "iam:createaccesskey": "can make another key of this user, which keeps working when the first one is replaced",
    "iam:deleteaccesskey": "can delete a key of this user, also the one in use",
    "iam:updateaccesskey": "can switch an old key of this user on again, or the one in use off",
    "secretsmanager:getsecretvalue": f"reads this secret{_NEXT}",
    **dict.fromkeys(
        ["ssm:getparameter", "ssm:getparameters", "ssm:getparameterhistory"], f"reads this parameter{_NEXT}"
    ),
}
"""What an action does where it is allowed on one user, secret or parameter alone, as ``self_service`` allows it."""

CHANGES = {
    "Write": "makes, changes or deletes something outside S3, which a website's key never needs",
    "Tagging": "changes tags outside S3, which may decide who has access",
    "Permissions management": "changes who may do what",
}
"""What any other action that changes something does, by its access level."""

EVERYWHERE = {
    "s3:putobject": "overwrites any object of any bucket: name the buckets",
    "kms:decrypt": "can read all that any key encrypts: name the keys",
}
"""S3's and KMS's own, where they are allowed on every resource."""


_BY_NAME = {
    "privilege-escalation": ALONE,
    "credentials-exposure": CREDENTIALS,
    "data-exfiltration": EXFILTRATION,
    "infrastructure-modification": EXFILTRATION,
}
_BY_LEVEL = {
    "Write": ("infrastructure-modification",),
    "Tagging": ("infrastructure-modification",),
    "Permissions management": ("resource-exposure", "infrastructure-modification"),
}
_NAMED = frozenset({*ALONE, *CREDENTIALS, *EXFILTRATION})


def categories(action: str, level: str, escalating: Container[str] = ()) -> tuple[str, ...]:
    """cloudsplaining's categories that an action falls into; ``escalating`` are those that do so only together."""
    name, of_level = action.lower(), _BY_LEVEL.get(level, ())
    escalates = name in escalating
    if name not in _NAMED and not escalates:
        return of_level
    found = {category for category, names in _BY_NAME.items() if name in names}
    found.update(of_level, ["privilege-escalation"] if escalates else [])
    return tuple(category for category in CATEGORIES if category in found)
