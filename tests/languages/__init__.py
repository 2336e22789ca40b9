"""The component from Go, Python and TypeScript, each with its generated SDK: `make languages`."""
