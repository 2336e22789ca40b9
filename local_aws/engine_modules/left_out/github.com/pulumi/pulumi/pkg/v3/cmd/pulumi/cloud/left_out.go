// Package cloud stands in for `pulumi api` and what others use of it, which this engine leaves out.
package cloud

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/backend/httpstate/client"
	"github.com/spf13/cobra"
)

var errLeftOut = errors.New("this engine is for the embedded AWS alone and leaves 'pulumi api' out: use Pulumi's own")

// APIError is asked for by those who choose an exit code, and never made here.
type APIError struct {
	ExitCode int
	Silent   bool
}

func (*APIError) Error() string { return errLeftOut.Error() }

type ResolvedContext struct {
	Client   *client.Client
	OrgName  string
	LoggedIn bool
}

func ResolveContext(context.Context) (*ResolvedContext, error) { return nil, errLeftOut }

func NewAPICmd() *cobra.Command {
	return &cobra.Command{
		Use:                "api",
		Short:              "(left out of this engine, which is for the embedded AWS alone)",
		DisableFlagParsing: true,
		RunE:               func(*cobra.Command, []string) error { return errLeftOut },
	}
}
