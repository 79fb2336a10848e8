package demo_test

import (
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

func TestDevice(t *testing.T) {
	const webkit = "AppleWebKit/537.36 (KHTML, like Gecko) "
	for agent, want := range map[string]string{
		linuxFirefox: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + "Chrome/141.0.0.0 Safari/537.36":                                                     "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit + "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":                                       "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 10; K) " + webkit + "Chrome/141.0.0.0 Mobile Safari/537.36":                                                     "Chrome on Android",
		"Mozilla/5.0 (Linux; Android 10; K) " + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":                                 "Samsung Internet on Android",
		"Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0":                                                                       "Firefox on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":    "Safari on iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.0.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/604.1":              "Firefox on iPad",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                      "Safari on macOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + webkit + "Chrome/141.0.0.0 Safari/537.36 OPR/122.0.0.0":                                 "Opera on macOS",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + webkit + "Chrome/141.0.0.0 Safari/537.36":                                                      "Chrome on ChromeOS",
		"Mozilla/5.0 (X11; Linux x86_64) " + webkit + "HeadlessChrome/141.0.0.0 Safari/537.36":                                                       "Chrome on Linux",
		"curl/8.5.0":                "curl",
		"Go-http-client/1.1":        "a Go program",
		"python-requests/2.32":      "a Python program",
		"Mozilla/5.0 (X11; Linux)":  "Unknown browser on Linux",
		"<script>alert(1)</script>": "Unknown device",
		"":                          "Unknown device",
		strings.Repeat("x", 512) + "Firefox/1 Linux": "Unknown device",
	} {
		if got := demo.Device(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}

// Whatever a client sends, the label is a few words of ours.
func FuzzDevice(f *testing.F) {
	f.Add(linuxFirefox)
	f.Add("\x00\xff<b>Linux")
	f.Fuzz(func(t *testing.T, agent string) {
		label := demo.Device(agent)
		if label == "" || len(label) > 64 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ") != "" {
			t.Errorf("%q: %q", agent, label)
		}
	})
}
