package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/config"
	"github.com/coatcheck/coatcheck/storeurl"
)

// TestDocumentsAreRight: the JSON in the README, the documents and the packages'
// documentation is what it says it is.
func TestDocumentsAreRight(t *testing.T) {
	mux, err := storeurl.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{"../README.md": 1, "../docs/SETTINGS.md": 3} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```json\n")[1:]
		if len(blocks) < want {
			t.Errorf("%s has %d blocks of JSON", file, len(blocks))
		}
		for _, block := range blocks {
			block, _, _ = strings.Cut(block, "```")
			if strings.Contains(block, "timeout\":") {
				_, err = config.Parse(file, []byte(block), mux)
			} else {
				_, err = mux.ParseJSON([]byte(block))
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", file, err, block)
			}
		}
	}
}

// TestPackageDocumentationIsRight: so is the file in the package's documentation.
func TestPackageDocumentationIsRight(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(source), "\n//\t", "\n")
	_, text, _ = strings.Cut(text, "{\n")
	text, _, _ = strings.Cut(text, "\n}\n")
	parse(t, "{"+text+"}")
}

// TestDocumentedErrorsAreReal: what docs/SETTINGS.md shows as errors, such files
// get.
func TestDocumentedErrorsAreReal(t *testing.T) {
	document, err := os.ReadFile("../docs/SETTINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{"store": "hash:a.ht", "idle_timout": "60m"}`,
		`{"store": "hash:a.ht", "idle_timeout": "24h"}`,
		`{"store": {"url": "hash:a.ht", "durability": "allways"}}`,
	} {
		_, err := config.Parse("app.json", []byte(text), nil)
		if err == nil || !strings.Contains(string(document), "\n    "+err.Error()+"\n") {
			t.Errorf("%s: docs/SETTINGS.md has no line %v", text, err)
		}
	}
}
