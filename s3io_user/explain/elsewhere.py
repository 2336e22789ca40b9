"""What a website's key could do outside S3 that is dangerous: our own words for what others have found out.

Pure. The categories are cloudsplaining's. The ways to more permissions are those of Rhino Security Labs and
pathfinding.cloud, as cloudsplaining lists them; tests/unit/explain/test_dangers.py compares the two. Names of actions
are in lower case.
"""

CATEGORIES = (
    *("privilege-escalation", "resource-exposure", "credentials-exposure"),
    *("data-exfiltration", "infrastructure-modification"),
)
"""cloudsplaining's categories of a single action. A whole service is a category of its own."""

MORE_PERMISSIONS = "can give itself, or others, more permissions"
ALONE = {
    "iam:createaccesskey": "can make a key of any user, and act as that user",
    "iam:createloginprofile": "can set any user's console password, and act as that user",
    "iam:updateloginprofile": "can change any user's console password, and act as that user",
    "iam:addusertogroup": "can put itself into a group that has more permissions",
    "iam:createpolicyversion": "can change what a policy allows, its own policy too",
    "iam:setdefaultpolicyversion": "can bring back a version of a policy that allows more",
    "iam:attachuserpolicy": MORE_PERMISSIONS,
    "iam:attachgrouppolicy": MORE_PERMISSIONS,
    "iam:attachrolepolicy": MORE_PERMISSIONS,
    "iam:putuserpolicy": MORE_PERMISSIONS,
    "iam:putgrouppolicy": MORE_PERMISSIONS,
    "iam:putrolepolicy": MORE_PERMISSIONS,
    "iam:updateassumerolepolicy": "can let itself assume a role, and act with that role's permissions",
    "iam:passrole": "can give a role to a service, and act with that role's permissions",
    "lambda:updatefunctioncode": "can put its own code into a function, and act with the function's role",
    "glue:updatedevendpoint": "can put its own SSH key on a development endpoint, and act with the endpoint's role",
    "sagemaker:createpresignednotebookinstanceurl": "can open a notebook, and act with the notebook's role",
}
"""Ways to more permissions that take one action."""

_WITH_A_ROLE = {
    "EC2 instance": ["ec2:runinstances"],
    "EC2 spot instance": ["ec2:requestspotinstances"],
    "Lambda function": [
        "lambda:createfunction lambda:invokefunction",
        "lambda:createfunction lambda:createeventsourcemapping",
        "lambda:createfunction lambda:createeventsourcemapping dynamodb:createtable dynamodb:putitem",
        "lambda:createfunction lambda:addpermission",
    ],
    "Glue development endpoint": ["glue:createdevendpoint"],
    "Glue job": ["glue:createjob glue:startjobrun", "glue:createjob glue:createtrigger"],
    "run of a Glue job": ["glue:updatejob glue:startjobrun", "glue:updatejob glue:createtrigger"],
    "CloudFormation stack": ["cloudformation:createstack"],
    "CloudFormation stack set": ["cloudformation:createstackset cloudformation:createstackinstances"],
    "version of a stack set": ["cloudformation:updatestackset"],
    "data pipeline": ["datapipeline:createpipeline"],
    "App Runner service": ["apprunner:createservice"],
    "Bedrock code interpreter": [
        "bedrock-agentcore:createcodeinterpreter bedrock-agentcore:startcodeinterpretersession "
        "bedrock-agentcore:invokecodeinterpreter"
    ],
    "CodeBuild project": [
        "codebuild:createproject codebuild:startbuild",
        "codebuild:createproject codebuild:startbuildbatch",
    ],
    "ECS service": [
        "ecs:createcluster ecs:registertaskdefinition ecs:createservice",
        "ecs:registertaskdefinition ecs:createservice",
    ],
    "ECS task": [
        "ecs:createcluster ecs:registertaskdefinition ecs:runtask",
        "ecs:registertaskdefinition ecs:runtask",
        "ecs:registertaskdefinition ecs:starttask",
    ],
    "SageMaker notebook": ["sagemaker:createnotebookinstance"],
    "SageMaker training job": ["sagemaker:createtrainingjob"],
    "SageMaker processing job": ["sagemaker:createprocessingjob"],
}
"""What iam:PassRole can give a role to, and the other actions that this takes."""

_OWN_CODE = {
    "a Bedrock code interpreter": [
        "bedrock-agentcore:startcodeinterpretersession bedrock-agentcore:invokecodeinterpreter"
    ],
    "a stack": ["cloudformation:createchangeset cloudformation:executechangeset"],
    "an instance": [
        "ec2:modifyinstanceattribute ec2:stopinstances ec2:startinstances",
        "ec2-instance-connect:sendsshpublickey ec2:describeinstances",
    ],
    "new instances": ["ec2:createlaunchtemplateversion ec2:modifylaunchtemplate"],
    "a container": ["ecs:executecommand ecs:describetasks"],
    "a function": ["lambda:updatefunctioncode lambda:invokefunction", "lambda:updatefunctioncode lambda:addpermission"],
    "a notebook": [
        "sagemaker:createnotebookinstancelifecycleconfig sagemaker:stopnotebookinstance "
        "sagemaker:updatenotebookinstance sagemaker:startnotebookinstance"
    ],
}
"""What already runs with permissions of its own, and the actions that put other code into it."""

_IN_IAM = [
    "iam:createaccesskey iam:deleteaccesskey",
    "iam:attachuserpolicy iam:createaccesskey",
    "iam:createpolicyversion sts:assumerole",
    "iam:putuserpolicy iam:createaccesskey",
    "iam:attachrolepolicy iam:updateassumerolepolicy",
    "iam:createpolicyversion iam:updateassumerolepolicy",
    "iam:putrolepolicy iam:updateassumerolepolicy",
]
TOGETHER = [
    *(
        (
            f"together can give a role to a new {what}, and act with that role's permissions",
            {"iam:passrole", *way.split()},
        )
        for what, ways in _WITH_A_ROLE.items()
        for way in ways
    ),
    *(
        (f"together can run its own code in {what}, and act with the permissions that it has", set(way.split()))
        for what, ways in _OWN_CODE.items()
        for way in ways
    ),
    *(("together can give itself more permissions, and use them", set(way.split())) for way in _IN_IAM),
]
"""Ways to more permissions that take several actions: what these can do together, and their names."""

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
"""Actions that hand out a credential, or make one."""

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
"""Actions that only read, but read what is worth stealing."""

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
"""What every other action that changes something does, by its access level."""

EVERYWHERE = {
    "s3:putobject": "overwrites any object of any bucket: name the buckets",
    "kms:decrypt": "can read all that any key encrypts: name the keys",
}
"""Actions of S3 and KMS that are dangerous if they are allowed on every resource."""

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


def categories(action: str, level: str, *, escalates: bool = False) -> tuple[str, ...]:
    """cloudsplaining's categories of an action. ``escalates``: it leads to more permissions together with others."""
    name = action.lower()
    own = {category for category, names in _BY_NAME.items() if name in names}
    own.update(_BY_LEVEL.get(level, ()), ["privilege-escalation"] if escalates else [])
    return tuple(category for category in CATEGORIES if category in own)
