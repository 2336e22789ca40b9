// Package cli stands in for Pulumi ESC, which this engine leaves out.
package cli

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/esc"
)

type PrepareOptions struct{ Quote, Pretend, Redact bool }

func PrepareEnvironment(*esc.Environment, *PrepareOptions) (
	files, environ, secrets []string, filesByKey map[string]string, err error,
) {
	err = errors.New("this engine is for the embedded AWS alone and leaves Pulumi ESC out: use Pulumi's own")
	return
}
