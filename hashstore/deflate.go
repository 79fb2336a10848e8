package hashstore

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"sync"

	"github.com/coatcheck/coatcheck"
)

// deflaters are for use again, since each takes much memory.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails for unknown levels only
	return w
}}

// deflate returns data in fewer bytes, nil if that cannot be done.
func deflate(data []byte) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, err := w.Write(data)
	if err == nil {
		err = w.Close()
	}
	if err != nil || out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// inflate brings data of the given length back, and no more than that: a
// damaged length must not cost memory that the data cannot fill.
func inflate(small []byte, size int) ([]byte, error) {
	if size > maxRecord {
		return nil, corrupt("the length of its data is out of bounds")
	}
	var out bytes.Buffer
	in := flate.NewReader(bytes.NewReader(small))
	n, err := io.Copy(&out, io.LimitReader(in, int64(size)+1))
	if err != nil || n != int64(size) {
		return nil, corrupt("its data does not decompress")
	}
	return out.Bytes(), nil
}

// corrupt is the error of a record that is not what was written.
func corrupt(why string) error {
	return fmt.Errorf("hashstore: %w: %s", coatcheck.ErrCorrupt, why)
}

// tooLarge is the error of a record that has n bytes.
func tooLarge(n int64) error {
	return fmt.Errorf("hashstore: the record takes %d bytes of at most %d: %w", n, maxRecord, coatcheck.ErrTooLarge)
}
