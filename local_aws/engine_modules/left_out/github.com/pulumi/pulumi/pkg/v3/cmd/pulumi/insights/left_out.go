// Package insights stands in for `pulumi insights`, which this engine leaves out.
package insights

import (
	"errors"

	"github.com/spf13/cobra"
)

func NewInsightsCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "insights",
		Short:              "(left out of this engine, which is for the embedded AWS alone)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this engine is for the embedded AWS alone and leaves 'pulumi insights' out: use Pulumi's own")
		},
	}
}
