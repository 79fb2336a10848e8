package coatcheck

// ScanHeader reads a header's lines for the carrier of that name.
func ScanHeader(name string, lines []string) (value string, times int) {
	w, err := HeaderCarrier(name).work(nil)
	if err != nil {
		panic(err)
	}
	return w.(headerWay).scan(lines)
}

// ScanForm reads a form's body, which is a multipart one if it has a boundary.
func ScanForm(field string, body []byte, boundary string) (value string, times int) {
	return formWay{field}.scan(body, boundary)
}

// WithToken is what Session.URL makes of a target, and whether it does.
func WithToken(param, target string, token Token) (string, bool) {
	return urlWay{param}.with(target, token), isLocal(target)
}
