"""Generates the component's SDK for Go, Python and TypeScript from Pulumi's own generators, without a language host."""
