package demo

import "strings"

// maxAgent is how much of a User-Agent header is looked at, in bytes.
const maxAgent = 512

// A sign is a piece of a User-Agent header and what it is a sign of.
type sign struct{ piece, of string }

// browsers and systems are the signs, the telling ones first: most browsers
// claim to be others as well.
func browsers() []sign {
	return []sign{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},
		{"Safari/", "Safari"}, {"curl/", "curl"}, {"Wget/", "Wget"}, {"Go-http-client/", "a Go program"}, {"python-", "a Python program"},
		{"Python-", "a Python program"},
	}
}

func systems() []sign {
	return []sign{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}, {"BSD", "BSD"},
	}
}

// device names the device behind a User-Agent header, as in "Firefox on
// Linux". The name is made of words of ours only, none of the header's.
func device(agent string) string {
	agent = agent[:min(len(agent), maxAgent)]
	browser, system := first(browsers(), agent), first(systems(), agent)
	switch {
	case browser == "" && system == "":
		return "Unknown device"
	case browser == "":
		return "Unknown browser on " + system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// first returns what the first sign found in text is of.
func first(signs []sign, text string) string {
	for _, s := range signs {
		if strings.Contains(text, s.piece) {
			return s.of
		}
	}
	return ""
}
