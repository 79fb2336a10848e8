package hashstore_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/coatcheck/coatcheck/hashstore"
)

// Whatever stands in the words of the control page by which the store goes on where
// it was, whoever looks at the file and changes it comes to an end, without a panic.
func TestDamagedWordsOfTheControlPage(t *testing.T) {
	x := newSpecimen(t)
	for name, at := range hashstore.Words() {
		was := binary.LittleEndian.Uint64(x.bytes[at:])
		for _, v := range []uint64{was ^ 1, was ^ 1<<63, was | 1<<40, ^uint64(0), 1, 3, 1 << 20} {
			what := fmt.Sprintf("%s is %#x", name, v)
			for _, look := range []func(){
				func() { _, _ = hashstore.Check(x.path) },
				func() {
					if s := x.open(t); s != nil {
						x.harmless(t, s, what)
						x.change(t, s, what)
						_ = s.Close()
					}
				},
				func() { _ = hashstore.Compact(x.path) },
				func() { x.mended(t, what) },
			} {
				x.put(t, int(at), binary.LittleEndian.AppendUint64(nil, v))
				look()
				x.restore(t)
			}
		}
	}
}
