package sealed

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// ReadKeys reads a file of keys: one on each line, as [Key.Reveal] writes it.
// Empty lines, and those that begin with '#', are skipped. The first key is the
// one that seals. A line that is no key is [coatcheck.ErrInvalid]; the error has its
// number and does not repeat it.
func ReadKeys(r io.Reader) ([]Key, error) {
	var keys []Key
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := ParseKey(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		keys = append(keys, key)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("sealed: read keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, invalid("there is no key: write one there, as NewKey().Reveal() returns it")
	}
	return keys, nil
}
