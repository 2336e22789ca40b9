// Package trace stands in for `pulumi view-trace` and `pulumi convert-trace`, which this engine leaves out.
package trace

import (
	"errors"

	"github.com/spf13/cobra"
)

func NewViewTraceCmd() *cobra.Command { return leftOut("view-trace") }

func NewConvertTraceCmd() *cobra.Command { return leftOut("convert-trace") }

func leftOut(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this engine is for the embedded AWS alone and leaves 'pulumi " + name + "' out: use Pulumi's own")
		},
	}
}
