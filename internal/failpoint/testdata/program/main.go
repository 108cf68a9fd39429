// Command program comes to every point three times and prints each that it survives.
package main

import (
	"fmt"

	"seventh/internal/failpoint"
)

func main() {
	for i := range 3 {
		for _, name := range failpoint.Names {
			failpoint.Hit(name)
			fmt.Println(name, i+1)
		}
	}
}
