// Package authhelpers stands in for Google Cloud's credentials, which this engine leaves out.
package authhelpers

import (
	"context"
	"errors"

	"gocloud.dev/blob"
	"golang.org/x/oauth2"
)

var errLeftOut = errors.New("this engine is for the embedded AWS alone and leaves Google Cloud out: use Pulumi's own")

type GoogleCredentials struct{ TokenSource oauth2.TokenSource }

func ResolveGoogleCredentials(context.Context, string) (*GoogleCredentials, error) {
	return nil, errLeftOut
}

func GoogleCredentialsMux(context.Context) (*blob.URLMux, error) {
	return nil, errLeftOut
}
