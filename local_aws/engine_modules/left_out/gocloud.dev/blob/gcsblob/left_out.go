// Package gcsblob stands in for state in Google Cloud Storage, which this engine leaves out.
package gcsblob

const Scheme = "gs"
