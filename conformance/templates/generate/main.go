// Command generate writes the data behind the template engine's tests and tables.
//
//	go run . table >../../../src/source/template/kinds/table.txt
//	go run . cases >../cases.jsonl
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	switch {
	case len(os.Args) == 2 && os.Args[1] == "table":
		writeTable(out)
	case len(os.Args) == 2 && os.Args[1] == "cases":
		if err := writeCases(out, ".."); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: generate table|cases")
		os.Exit(2)
	}
}
