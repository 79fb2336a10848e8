package storeurl

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// maxSecret is how long a file with a secret may be, in bytes.
const maxSecret = 64 << 10

// request returns what the scheme's Open gets, with all secrets in their
// places, and those secrets.
func (s *Source) request() (r *Request, secrets []string, err error) {
	r = s.plainRequest()
	for i := range s.scheme.Params {
		p := &s.scheme.Params[i]
		if p.Kind != Secret {
			continue
		}
		found, err := s.fetch(p.Name)
		if err != nil {
			return nil, nil, err
		}
		if found != "" {
			r.values[p.Name] = found
		}
		secrets = append(secrets, r.values[p.Name])
	}
	if s.scheme.Password {
		found, err := s.fetch(password)
		if err != nil {
			return nil, nil, err
		}
		if found != "" {
			r.Rest = withPassword(r.Rest, found)
		}
		secrets = append(secrets, found)
	}
	return r, append(secrets, s.written()...), nil
}

// plainRequest is a request without the secrets that are elsewhere.
func (s *Source) plainRequest() *Request {
	return &Request{
		Scheme: s.name, Rest: s.rest, Others: s.others, MustExist: s.mux.mustExist, Now: s.mux.now, Logger: s.mux.logger,
		mux: s.mux, scheme: s.scheme, values: maps.Clone(s.params),
	}
}

// fetch returns the secret whose place is given, "" if none is.
func (s *Source) fetch(name string) (string, error) {
	if file := s.params[name+"_file"]; file != "" {
		secret, err := readSecret(file)
		if err != nil {
			return "", s.fault(name+"_file", err)
		}
		return secret, nil
	}
	if env := s.params[name+"_env"]; env != "" {
		secret := strings.TrimRight(os.Getenv(env), "\r\n") // it may come from a file
		switch {
		case secret == "":
			return "", s.fault(name+"_env", fmt.Errorf("%s is not set, or empty", variable(env)))
		case strings.ContainsAny(secret, "\r\n"):
			return "", s.fault(name+"_env", fmt.Errorf("the variable %s has more than one line, so it is no password", env))
		}
		return secret, nil
	}
	return "", nil
}

// variable is how an error names a variable. What is not in capitals, as nearly all
// names are, may be the secret itself, in the place of the name: it is left out.
func variable(env string) string {
	if strings.Trim(env, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return "a variable of the name that it gives"
	}
	return "the variable " + env
}

// readSecret returns what a file holds, without the end of its line.
func readSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch secret := strings.TrimRight(string(b), "\r\n"); {
	case err != nil:
		return "", err
	case len(b) > maxSecret:
		return "", fmt.Errorf("%s is longer than %d bytes, so it is no password", file, maxSecret)
	case secret == "":
		return "", fmt.Errorf("%s is empty", file)
	case strings.ContainsAny(secret, "\r\n"):
		return "", fmt.Errorf("%s has more than one line, so it is no password", file)
	default:
		return secret, nil
	}
}

// written are the secrets that stand in the URL, as they stand and decoded.
func (s *Source) written() (secrets []string) {
	u, _ := splitUser(s.rest)
	secrets = append(secrets, u.password)
	if plain, err := url.PathUnescape(u.password); err == nil {
		secrets = append(secrets, plain)
	}
	for _, other := range s.others {
		name, value, _ := strings.Cut(other, "=")
		if !isSecret(decoded(name)) {
			continue
		}
		secrets = append(secrets, value)
		if plain, err := url.QueryUnescape(value); err == nil {
			secrets = append(secrets, plain)
		}
	}
	return secrets
}

// hide returns an error whose text has none of the secrets.
func hide(err error, secrets []string) error {
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			quoted := strconv.Quote(secret)
			for _, form := range []string{url.QueryEscape(secret), url.PathEscape(secret), userinfo(secret), quoted[1 : len(quoted)-1], secret} {
				text = strings.ReplaceAll(text, form, mask)
			}
		}
	}
	if text == err.Error() {
		return err
	}
	return &hidden{text, err}
}

// hidden is an error whose text is another one. What it is, it stays.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string        { return h.text }
func (h *hidden) Is(target error) bool { return errors.Is(h.err, target) }

// As finds what the error is made of, whose own text may tell a secret.
func (h *hidden) As(target any) bool { return errors.As(h.err, target) }
