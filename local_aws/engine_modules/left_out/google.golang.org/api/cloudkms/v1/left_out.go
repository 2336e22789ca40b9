// Package cloudkms stands in for the client of Google's KMS, of which only a name is used.
package cloudkms

const CloudkmsScope = "https://www.googleapis.com/auth/cloudkms"
