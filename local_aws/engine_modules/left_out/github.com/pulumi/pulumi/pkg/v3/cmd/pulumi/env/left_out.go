// Package env stands in for `pulumi env`, which this engine leaves out.
package env

import (
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/auth/credentialhelper"
	"github.com/spf13/cobra"
)

func NewEnvCmd(*credentialhelper.Session) *cobra.Command {
	return &cobra.Command{
		Use:                "env",
		Short:              "(left out of this engine, which is for the embedded AWS alone)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this engine is for the embedded AWS alone and leaves 'pulumi env' out: use Pulumi's own")
		},
	}
}
