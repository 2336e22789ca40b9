// Writes the SDK of a Pulumi package for a language: generator LANGUAGE FOLDER < schema.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-s3io-user"

// Our schema refers to no other package's.
var noOther = schema.NewCachedLoader(nil)

// A process writes one SDK: the generators change the package that they are given.
func generate(language string, spec schema.PackageSpec) (map[string][]byte, error) {
	bound, faults, err := schema.BindSpec(spec, noOther, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if faults.HasErrors() {
		return nil, faults
	}
	bound.SupportPack = true // as `pulumi package add` has it
	switch language {
	case "go":
		return golang.GeneratePackage(tool, bound, nil)
	case "python":
		return python.GeneratePackage(tool, bound, nil, noOther)
	case "typescript":
		return nodejs.GeneratePackage(tool, bound, nil, nil, true, noOther)
	}
	return nil, fmt.Errorf("the language must be go, python or typescript (got %q)", language)
}

func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func run(language, folder string) error {
	var spec schema.PackageSpec
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		return fmt.Errorf("the schema can't be read: %w", err)
	}
	files, err := generate(language, spec)
	if err != nil {
		return err
	}
	return write(folder, files)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generator LANGUAGE FOLDER < schema.json")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
