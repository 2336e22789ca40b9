// Package npm stands in for the packing of policy packs in JavaScript, which this engine leaves out.
package npm

import (
	"context"
	"errors"
	"io"
)

type PackageManagerType string

const AutoPackageManager PackageManagerType = "auto"

func Pack(context.Context, PackageManagerType, string, io.Writer) ([]byte, error) {
	return nil, errors.New("this engine is for the embedded AWS alone and packs no policies in JavaScript: use Pulumi's own")
}
