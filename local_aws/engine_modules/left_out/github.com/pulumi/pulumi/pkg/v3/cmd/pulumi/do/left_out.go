// Package do stands in for `pulumi do`, which this engine leaves out.
package do

import (
	"errors"

	"github.com/spf13/cobra"
)

func DefaultRunStatefulUpdate() {}

func NewDoCmd(_, _, _, _, _, _ any) *cobra.Command {
	return &cobra.Command{
		Use:                "do",
		Short:              "(left out of this engine, which is for the embedded AWS alone)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this engine is for the embedded AWS alone and leaves 'pulumi do' out: use Pulumi's own")
		},
	}
}
