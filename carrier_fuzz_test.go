package coatcheck_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck"
)

// The header parser finds in a Bearer header what a plain reading of RFC 9110
// finds, and never more than the lines have.
func FuzzHeaderCarrier(f *testing.F) {
	f.Add("Bearer " + fuzzToken)
	f.Add("bearer  " + fuzzToken + "\nBasic x")
	f.Add("Bearer\nBearer \t")
	f.Add("Bearer\t" + fuzzToken)
	f.Add(" Bearer x, Bearer y")
	f.Fuzz(func(t *testing.T, header string) {
		lines := strings.Split(header, "\n")
		value, times := coatcheck.ScanHeader("Authorization", lines)
		want, last := 0, ""
		for _, line := range lines {
			line = strings.Trim(line, " \t")
			if len(line) >= 6 && strings.EqualFold(line[:6], "bearer") && (len(line) == 6 || line[6] == ' ') {
				want, last = want+1, strings.Trim(line[6:], " \t")
			}
		}
		if times != want || value != last {
			t.Fatalf("%q: %q, %d times; want %q, %d times", header, value, times, last, want)
		}
		bare, all := coatcheck.ScanHeader("X-Session", lines)
		if all != len(lines) || bare != strings.Trim(lines[len(lines)-1], " \t") {
			t.Fatalf("%q: %q, %d times", header, bare, all)
		}
	})
}

// The form parser finds what net/http finds in either kind of form.
func FuzzFormCarrier(f *testing.F) {
	f.Add("sid="+fuzzToken, "")
	f.Add("a=b&sid="+fuzzToken+"&sid", "")
	f.Add("%73%69%64=x&s+id=y&sid=%zz&%zz=1&&=&sid;x=1", "")
	f.Add("--B\r\nContent-Disposition: form-data; name=\"sid\"\r\n\r\nx\r\n--B--\r\n", "B")
	f.Add("--B\r\nContent-Disposition: form-data; name=\"sid\"; filename=\"x\"\r\n\r\nx\r\n--B\r\n\r\n--B--", "B")
	f.Add("--B\r\nContent-Disposition: form-data; name=sid\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=78\r\n--B--\r\n", "B")
	f.Fuzz(func(t *testing.T, body, boundary string) {
		value, times := coatcheck.ScanForm("sid", []byte(body), boundary)
		if boundary != "" {
			theirs, err := multipart.NewReader(bytes.NewReader([]byte(body)), boundary).ReadForm(1 << 20)
			switch {
			case err != nil: // who cannot read it all knows nothing of it
			case len(theirs.Value["sid"])+len(theirs.File["sid"]) != times && times != 0:
				// net/http takes a file without a name for a value, too
				t.Fatalf("%q: %d times, net/http has %v", body, times, theirs)
			case times == 1 && len(theirs.Value["sid"]) == 1 && len(value) < 4000 && value != "%" && value != theirs.Value["sid"][0]:
				t.Fatalf("%q: %q, net/http has %q", body, value, theirs.Value["sid"])
			}
			return
		}
		theirs, _ := url.ParseQuery(body)
		// A blank that is no part of any token, and pairs with a semicolon,
		// which net/http drops, are where both may differ.
		if strings.Contains(body, ";") {
			return
		}
		good := 0
		for _, v := range theirs["sid"] {
			if times == 1 && v != value {
				t.Fatalf("%q: %q, net/http has %q", body, value, v)
			}
			good++
		}
		if good > times || good < times && !strings.Contains(body, "%") {
			t.Fatalf("%q: %d times, net/http has %d", body, times, good)
		}
	})
}

// Whatever stands around a token in a URL, a log does not show it.
func FuzzRedactURL(f *testing.F) {
	m, err := coatcheck.New(discard{}, &coatcheck.Options{Carrier: coatcheck.InsecureURLCarrier("sid"), SweepInterval: coatcheck.NoSweep})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("/a?", "&b=c")
	f.Add("https://x.test/?a=%2Fb%3F&", "#c")
	f.Add("?%zz=%&", "%")
	f.Add("/?u=%253F&", "?sid=x")
	f.Fuzz(func(t *testing.T, before, after string) {
		target := before + "?sid=" + fuzzToken + after
		if got := m.RedactURL(target); strings.Contains(got, fuzzToken) {
			t.Fatalf("%q becomes %q", target, got)
		}
		next := "/?next=" + url.QueryEscape(target)
		if got := m.RedactURL(next); strings.Contains(got, fuzzToken) {
			t.Fatalf("%q becomes %q", next, got)
		}
		if plain := "/" + strings.NewReplacer("sid", "", "%", "", "+", "").Replace(after); m.RedactURL(plain) != plain {
			t.Fatalf("%q becomes %q", plain, m.RedactURL(plain))
		}
	})
}

// discard is a store that nobody calls.
type discard struct{ coatcheck.Store }

// What URL gives a token stays on the site, keeps its path, and has the token
// once.
func FuzzURL(f *testing.F) {
	for _, target := range offSite {
		f.Add(target)
	}
	f.Add("/a?sid=x&b#c")
	f.Add("?%73id=1&a:b")
	f.Add("./a:b//c?d")
	base, err := url.Parse("https://site.test/dir/page?sid=old")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, local := coatcheck.WithToken("sid", target, fuzzToken)
		if !local {
			return
		}
		was, err := base.Parse(target)
		if err != nil {
			return // what no browser's URL is, net/http refuses to redirect to
		}
		is, err := base.Parse(got)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", target, got, err)
		}
		if is.Scheme != "https" || is.Host != "site.test" || is.User != nil || is.Fragment != was.Fragment || target != "" && target[0] != '?' && is.Path != was.Path {
			t.Fatalf("%q becomes %q, which leads to %v", target, got, is)
		}
		if _, times := coatcheck.ScanForm("sid", []byte(is.RawQuery), ""); times != 1 || strings.Count(got, fuzzToken) < 1 {
			t.Fatalf("%q becomes %q", target, got)
		}
	})
}
