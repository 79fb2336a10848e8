package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/coatcheck/coatcheck"
)

// A lineReader reads an export.
type lineReader struct {
	lines   *bufio.Scanner
	all     hash.Hash // of the lines before the present one
	line    int
	n       int64
	scratch []byte
}

// newLineReader returns a reader that has read the first line.
func newLineReader(r io.Reader) (*lineReader, error) {
	l := &lineReader{lines: bufio.NewScanner(r), all: sha256.New()}
	l.lines.Buffer(make([]byte, 64<<10), maxExportLine)
	l.lines.Split(wholeLines)
	line, err := l.next()
	if err == io.EOF {
		return nil, fmt.Errorf("%w: it is empty", ErrExport)
	}
	if err != nil {
		return nil, err
	}
	var head exportHead
	if json.Unmarshal(line, &head) != nil || head.Coatcheck != "sessions" {
		return nil, fmt.Errorf("%w: line 1: it is no export of sessions", ErrExport)
	}
	if head.Format != exportFormat {
		return nil, fmt.Errorf("%w: its format has the version %d; this program reads %d", ErrExport, head.Format, exportFormat)
	}
	l.all.Write(line)
	return l, nil
}

// wholeLines splits at line ends. What has none at the end of the file was cut
// off.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// next returns the next line, with its end, until the call after it.
func (l *lineReader) next() ([]byte, error) {
	l.line++
	if !l.lines.Scan() {
		switch err := l.lines.Err(); {
		case err == nil:
			return nil, io.EOF
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, l.damaged("it is cut off")
		case errors.Is(err, bufio.ErrTooLong):
			return nil, l.damaged(fmt.Sprintf("it is longer than %d MiB", maxExportLine>>20))
		default:
			return nil, err
		}
	}
	return l.lines.Bytes(), nil
}

// damaged says what is wrong with the present line.
func (l *lineReader) damaged(what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrExport, l.line, what)
}

// record returns the next record. At the end, when the last line says that all
// is well, it returns [io.EOF].
func (l *lineReader) record() (*coatcheck.Record, error) {
	line, err := l.next()
	if err == io.EOF {
		return nil, fmt.Errorf("%w: it is cut off behind line %d: its last line is missing", ErrExport, l.line-1)
	}
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(line, []byte(`{"end":`)) {
		return nil, l.end(line)
	}
	rec, scratch, err := parseLine(line, l.scratch)
	if err != nil {
		return nil, l.damaged(err.Error())
	}
	l.scratch = scratch
	l.all.Write(line)
	l.n++
	return rec, nil
}

// end checks the last line.
func (l *lineReader) end(line []byte) error {
	var end exportEnd
	if err := json.Unmarshal(line, &end); err != nil {
		return l.damaged("it is no line of an export")
	}
	if end.Sessions != l.n {
		return l.damaged(fmt.Sprintf("there are %d sessions before it, where there should be %d", l.n, end.Sessions))
	}
	if end.SHA256 != fmt.Sprintf("%x", l.all.Sum(nil)) {
		return l.damaged("the checksum over all lines is wrong: something was changed")
	}
	switch _, err := l.next(); {
	case err == nil:
		return l.damaged("something stands behind the end")
	case err != io.EOF:
		return err
	}
	return io.EOF
}

// Check reads an export to its end and returns how many sessions it has. What is
// wrong with it is [ErrExport].
func Check(r io.Reader) (n int64, err error) {
	l, err := newLineReader(r)
	if err != nil {
		return 0, err
	}
	for {
		if _, err := l.record(); err == io.EOF {
			return l.n, nil
		} else if err != nil {
			return l.n, err
		}
	}
}
