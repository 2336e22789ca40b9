// Package gcpkms stands in for the secrets provider gcpkms://, which this engine leaves out.
package gcpkms

import (
	"context"
	"errors"
	"net/url"

	"gocloud.dev/secrets"
	"golang.org/x/oauth2"
)

const Scheme = "gcpkms"

var errLeftOut = errors.New("this engine is for the embedded AWS alone and leaves gcpkms:// out: use Pulumi's own")

type Client struct{}

type URLOpener struct{ Client *Client }

func Dial(context.Context, oauth2.TokenSource) (*Client, func(), error) {
	return nil, nil, errLeftOut
}

func (*URLOpener) OpenKeeperURL(context.Context, *url.URL) (*secrets.Keeper, error) {
	return nil, errLeftOut
}
