// Deploys a program with the Automation API, and prints the outcome as JSON: consumer sites|invalid.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"example.com/pulumi-s3io-user/sdk/go/s3iouser"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// An input of every type: enum, boolean, whole number, text, lists, map, object, JSON; plain and as an Output.
func sites(ctx *pulumi.Context) error {
	site, err := s3iouser.NewS3IOUser(ctx, "site", &s3iouser.S3IOUserArgs{
		Access:      pointer(s3iouser.AccessOptimizer),
		AllowDelete: pointer(true),
		Buckets:     []pulumi.StringInput{pulumi.String("my-photos/wp-content/uploads").ToStringOutput()},
		ExtraStatements: pulumi.Array{pulumi.Map{
			"Effect":   pulumi.String("Allow"),
			"Action":   pulumi.String("s3:GetObject"),
			"Resource": pulumi.String("arn:aws:s3:::my-photos/shared/*"),
		}},
		Path:          pulumi.String("/go/").ToStringOutput(),
		Tags:          pulumi.StringMap{"site": pulumi.String("example").ToStringOutput()},
		KeyGeneration: pointer(2),
		PreviousKey:   pointer(s3iouser.PreviousKeyInactive),
		SecretsManager: &s3iouser.SecretsManagerArgs{
			Name:                 pulumi.String("sites/go"),
			RecoveryWindowInDays: pointer(7),
		},
	})
	if err != nil {
		return err
	}
	reader, err := s3iouser.NewS3IOUser(ctx, "reader", &s3iouser.S3IOUserArgs{
		UserName:        pulumi.Sprintf("%s-reader", site.UserName),
		Access:          pointer(s3iouser.AccessReadOnly),
		PolicyType:      pointer(s3iouser.PolicyTypeManaged),
		SourceIps:       []pulumi.StringInput{pulumi.String("198.51.100.0/24")},
		RotateEveryDays: pointer(90),
		RotateFrom:      pointer("2026-01-01"),
		ParameterStore:  &s3iouser.ParameterStoreArgs{Path: pulumi.String("/sites/go").ToStringOutput()},
		SelfService:     []s3iouser.SelfService{s3iouser.SelfServiceReadSecret},
	})
	if err != nil {
		return err
	}
	ctx.Export("accessKeyId", site.AccessKeyId)
	ctx.Export("secretAccessKey", site.SecretAccessKey)
	ctx.Export("credentials", site.Credentials)
	ctx.Export("userName", site.UserName)
	ctx.Export("previousAccessKeyId", site.PreviousAccessKeyId)
	ctx.Export("policyDocument", site.PolicyDocument)
	ctx.Export("secretArn", site.SecretArn)
	ctx.Export("reader", reader.UserName)
	ctx.Export("parameterNames", reader.ParameterNames)
	return nil
}

// Two inputs that no user can have.
func invalid(ctx *pulumi.Context) error {
	_, err := s3iouser.NewS3IOUser(ctx, "site", &s3iouser.S3IOUserArgs{
		UserName:       pulumi.String("bad name"),
		SecretsManager: &s3iouser.SecretsManagerArgs{Name: pulumi.String("a b")},
	})
	return err
}

func pointer[T any](value T) *T {
	return &value
}

// deploy's outcome is the outputs and what a preview would change next, or why the program failed.
func deploy(ctx context.Context, name string) (map[string]any, error) {
	program := map[string]pulumi.RunFunc{"sites": sites, "invalid": invalid}[name]
	stack, err := auto.UpsertStackInlineSource(ctx, "test", "go-"+name, program)
	if err != nil {
		return nil, err
	}
	if err := stack.SetConfig(ctx, "aws:region", auto.ConfigValue{Value: "eu-west-1"}); err != nil {
		return nil, err
	}
	done, err := stack.Up(ctx)
	if err != nil {
		return map[string]any{"error": err.Error()}, nil
	}
	next, err := stack.Preview(ctx)
	if err != nil {
		return nil, err
	}
	outputs := map[string]any{}
	for key, output := range done.Outputs {
		outputs[key] = map[string]any{"value": output.Value, "secret": output.Secret}
	}
	return map[string]any{"outputs": outputs, "next": next.ChangeSummary}, nil
}

func main() {
	outcome, err := deploy(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcome); err != nil {
		panic(err)
	}
}
