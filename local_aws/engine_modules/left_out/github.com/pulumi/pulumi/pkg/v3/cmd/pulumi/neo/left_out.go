// Package neo stands in for `pulumi neo`, which this engine leaves out.
package neo

import (
	"errors"

	"github.com/spf13/cobra"
)

func NewNeoCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "neo",
		Short:              "(left out of this engine, which is for the embedded AWS alone)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this engine is for the embedded AWS alone and leaves 'pulumi neo' out: use Pulumi's own")
		},
	}
}
