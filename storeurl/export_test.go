package storeurl

// OptionsOf returns the options with which a built-in scheme opens its store.
func OptionsOf(s *Source) any {
	r := s.plainRequest()
	switch s.name {
	case "mem":
		return memOptions(r)
	case "hash":
		return hashOptions(r)
	}
	return fileOptions(r)
}

// RingFields are the fields of a ring's JSON.
func RingFields() []string {
	scheme := Scheme{Params: ringParams()}
	return append(scheme.paramNames(), "former", "members")
}
