// Package openpgp stands in for the check of signed git commits, which this engine leaves out: nothing of it asks.
package openpgp

import (
	"errors"
	"io"
)

var errLeftOut = errors.New("this engine is for the embedded AWS alone and checks no signature: use Pulumi's own")

type Entity struct{}

type EntityList []*Entity

func ReadArmoredKeyRing(io.Reader) (EntityList, error) { return nil, errLeftOut }

func CheckArmoredDetachedSignature(EntityList, io.Reader, io.Reader, any) (*Entity, error) {
	return nil, errLeftOut
}
