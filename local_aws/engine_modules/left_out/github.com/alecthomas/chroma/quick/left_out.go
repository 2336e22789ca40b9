// Package quick stands in for the colouring of code in help texts, which this engine leaves out.
package quick

import "io"

func Highlight(w io.Writer, source, _, _, _ string) error {
	_, err := io.WriteString(w, source)
	return err
}
