package coatcheck

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// FormOptions limit what [InsecureFormCarrier] reads. The zero value stands for
// the defaults.
type FormOptions struct {
	// MaxBytes limits the body of a form. All of it is held in memory, since a
	// handler may read it again. Default 1 MiB, at most 64 MiB.
	MaxBytes int

	// Multipart makes forms of type multipart/form-data count, which upload
	// files; MaxBytes limits these, too.
	Multipart bool
}

const (
	defaultFormBytes  = 1 << 20
	greatestFormBytes = 64 << 20
)

func (o *FormOptions) fill() error {
	if o.MaxBytes < 0 || o.MaxBytes > greatestFormBytes {
		return optionError("Form.MaxBytes", "is %d; it must be between 1 and %d, or 0 for the default", o.MaxBytes, greatestFormBytes)
	}
	set(&o.MaxBytes, defaultFormBytes)
	return nil
}

// A formWay carries tokens in a field of forms.
type formWay struct{ field string }

func (w formWay) look(v *visit) (found candidates, asks bool, err error) {
	body, ok := v.Context.(*formBody)
	if !ok {
		return found, false, nil
	}
	content, err := body.whole()
	if err != nil {
		return found, false, err
	}
	value, times := w.scan(content, body.boundary)
	found, asks = v.alone(value, times)
	return found, asks, nil
}

// scan returns the field's value, and how many times the form has it.
func (w formWay) scan(content []byte, boundary string) (value string, times int) {
	if boundary == "" {
		return scanPairs(string(content), w.field)
	}
	return scanParts(content, boundary, w.field)
}

func (formWay) put(http.Header, Token) {}
func (formWay) clear(http.Header)      {}
func (formWay) varies() string         { return "" }
func (formWay) inPage() bool           { return true }

// notToken stands for a value that cannot be read.
const notToken = "%"

// scanPairs finds a name among the pairs of a query, or of a form of the same
// encoding.
func scanPairs(query, name string) (value string, times int) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, raw, _ := strings.Cut(pair, "=")
		if key != name {
			if !strings.Contains(key, "%") { // no name of ours has a blank
				continue
			}
			if key, err := url.QueryUnescape(key); err != nil || key != name {
				continue
			}
		}
		var err error
		if value, err = url.QueryUnescape(raw); err != nil {
			value = notToken
		}
		times++
	}
	return value, times
}

// scanParts finds a name among the parts of a multipart form. A form that
// breaks off may have had the name twice.
func scanParts(content []byte, boundary, name string) (value string, times int) {
	r := multipart.NewReader(bytes.NewReader(content), boundary)
	for {
		part, err := r.NextPart()
		switch {
		case err == io.EOF:
			return value, times
		case err != nil:
			return notToken, max(times, 1)
		case part.FormName() != name:
			continue
		}
		times++
		b, err := io.ReadAll(io.LimitReader(part, maxCookie+1))
		if value = string(b); err != nil || part.FileName() != "" {
			value = notToken
		}
	}
}

// formKind returns whether a request has a form that counts, and what parts
// it if it is a multipart one.
func (o *FormOptions) formKind(r *http.Request) (boundary string, ok bool) {
	if r.Method != http.MethodPost || r.Body == nil || r.Body == http.NoBody {
		return "", false
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return "", false
	case kind == "application/x-www-form-urlencoded":
		return "", true
	case kind == "multipart/form-data" && o.Multipart:
		return params["boundary"], params["boundary"] != ""
	}
	return "", false
}

// A formKeeper keeps the body of forms for the carrier.
type formKeeper struct {
	m    *Manager
	next http.Handler
}

// ServeHTTP implements http.Handler. It runs before the handler that may use
// the request, which is the visit's own.
func (k *formKeeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r.Context(), k.m)
	if _, kept := v.Context.(*formBody); !kept {
		o := &k.m.opts.Form
		if boundary, ok := o.formKind(r); ok {
			body := &formBody{Context: v.Context, src: r.Body, boundary: boundary, limit: o.MaxBytes, over: r.ContentLength > int64(o.MaxBytes)}
			v.Context, r.Body = body, body
		}
	}
	k.next.ServeHTTP(w, r)
}

// A bodyError is a form that could not be read to its end.
type bodyError struct{ err error }

func (e *bodyError) Error() string {
	return "coatcheck: the form that may carry a session could not be read: " + e.err.Error()
}

func (e *bodyError) Unwrap() error { return e.err }

// bodyStatus returns how an error about the request's body is answered, 0 if
// it is none.
func bodyStatus(err error) (status int, text string) {
	var large *http.MaxBytesError
	var broken *bodyError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "The form is too large."
	case errors.As(err, &broken):
		return http.StatusBadRequest, "The form could not be read."
	}
	return 0, ""
}
