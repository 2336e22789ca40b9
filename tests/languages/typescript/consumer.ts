// Deploys a program with the Automation API, and prints the outcome as JSON: node consumer.js sites|page|accounts|invalid.
import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";
import * as s3io from "@pulumi/s3io-user";

// An input of every type: enum, boolean, whole number, text, lists, map, object, JSON; plain and as an Output.
async function sites(): Promise<Record<string, unknown>> {
    const site = new s3io.S3IOUser("site", {
        access: s3io.Access.Optimizer,
        allowDelete: true,
        buckets: [pulumi.output("my-photos/wp-content/uploads")],
        extraStatements: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::my-photos/shared/*" }],
        path: pulumi.output("/typescript/"),
        tags: { site: pulumi.output("example") },
        keyGeneration: 2,
        previousKey: s3io.PreviousKey.Inactive,
        secretsManager: { name: "sites/typescript", recoveryWindowInDays: 7 },
    });
    const reader = new s3io.S3IOUser("reader", {
        userName: pulumi.interpolate`${site.userName}-reader`,
        access: s3io.Access.ReadOnly,
        policyType: s3io.PolicyType.Managed,
        sourceIps: ["198.51.100.0/24"],
        rotateEveryDays: 90,
        rotateFrom: "2026-01-01",
        parameterStore: { path: pulumi.output("/sites/typescript") },
        selfService: [s3io.SelfService.ReadSecret],
    });
    const accessKeyId: pulumi.Output<string | undefined> = site.accessKeyId;
    return {
        accessKeyId,
        secretAccessKey: site.secretAccessKey,
        credentials: site.credentials,
        userName: site.userName,
        previousAccessKeyId: site.previousAccessKeyId,
        policyDocument: site.policyDocument,
        secretArn: site.secretArn,
        reader: reader.userName,
        parameterNames: reader.parameterNames,
    };
}

async function page(): Promise<Record<string, unknown>> {
    const { accessKeyId, secretAccessKey } = await import("./page.js");
    return { accessKeyId, secretAccessKey };
}

// What @pulumi/aws makes, without the 100 MB of it.
class AwsProvider extends pulumi.ProviderResource {
    constructor(name: string, key: pulumi.Inputs) {
        super("aws", name, key);
    }
}

// A user of one name in each account, by the two ways to hand on a provider.
async function accounts(): Promise<Record<string, unknown>> {
    const keys: { ours: pulumi.Inputs; theirs: pulumi.Inputs } = JSON.parse(process.env.KEYS ?? "");
    const ours = new AwsProvider("ours", keys.ours);
    const theirs = new AwsProvider("theirs", keys.theirs);
    const userName = "twin-typescript";
    const first = new s3io.S3IOUser("ours", { userName }, { providers: [ours] });
    const second = new s3io.S3IOUser("theirs", { userName }, { provider: theirs });
    return { ours: first.userArn, theirs: second.userArn };
}

async function invalid(): Promise<void> {
    new s3io.S3IOUser("site", { userName: "bad name", secretsManager: { name: "a b" } });
}

async function main(name: string): Promise<unknown> {
    const program = { sites, page, accounts, invalid }[name];
    if (!program) {
        throw new Error(`the program must be sites, page, accounts or invalid (got '${name}')`);
    }
    const stack = await automation.LocalWorkspace.createOrSelectStack({
        projectName: `typescript-${name}`,
        stackName: "test",
        program,
    });
    await stack.setConfig("aws:region", { value: "eu-west-1" });
    try {
        const done = await stack.up();
        return { outputs: done.outputs, next: (await stack.preview()).changeSummary };
    } catch (error) {
        if (error instanceof automation.CommandError) {
            return { error: error.message };
        }
        throw error;
    }
}

main(process.argv[2] ?? "").then((outcome) => console.log(JSON.stringify(outcome)));
