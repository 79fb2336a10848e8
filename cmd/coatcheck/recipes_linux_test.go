package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A recipe is a line of the README.
type recipe struct{ line, purpose string }

// recipes reads them.
func recipes(t *testing.T) (all []recipe) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n## Ten recipes\n")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, _, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the README has no block of recipes")
	}
	for line := range strings.Lines(block) {
		line, purpose, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  # ")
		if !ok {
			t.Fatalf("the recipe %q does not say what it is for", line)
		}
		all = append(all, recipe{strings.TrimSpace(line), purpose})
	}
	return all
}

// outcomes are what shows that a recipe does what it is for: what it prints, and
// what another command prints after it.
var outcomes = map[string]struct{ prints, then, shows string }{
	"see a user's sessions":     {prints: `(?s)^ID .*\n[0-9a-f]{12} +ada .*\n[0-9a-f]{12} +ada `},
	"log a user out everywhere": {`^2 sessions of ada ended`, "coatcheck ls --owner ada", `^$`},
	"find who fills the store":  {prints: `(?m)^bob +1 `},
	"back up":                   {`^4 sessions exported`, "tail -n 1 backup.ndjson", `"end":true,"sessions":4`},
	"restore":                   {`4 sessions imported`, "coatcheck stat --quick -s hash:new.ht", `(?m)^Records +4 `},
	"move from RAM to Redis, nobody is logged out": {`^4 records of .* verified in redis:`, "coatcheck ls -s redis://localhost --owner ada --json | wc -l", `^2\n$`},
	"sweep, at night": {prints: `expired records? deleted`},
	"check a file":    {prints: `^\d+ records sound, 0 damaged`},
	"rotate the keys of sealed cookies, a step at a time": {`^Step 1 of 3`, "coatcheck keys ls cookie.keys 2>&1", `(?s)seals.*opens`},
	"measure a store": {`(?m)^load +[\d,]+ `, "coatcheck stat --quick -s redis://localhost", `(?m)^Records +4 `},
}

// TestRecipes runs the recipes of the README, one after the other in one folder.
// The server that they name is one of this test's own.
func TestRecipes(t *testing.T) {
	dir, redis := fastDir(t), redisServer(t)
	env := append(os.Environ(), "PATH="+filepath.Dir(build(t))+":"+os.Getenv("PATH"), "COATCHECK_STORE=hash:sessions.ht", "NO_COLOR=1")
	run := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(line, "redis://localhost", redis))
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	for _, line := range []string{
		"printf '%s' '" + visitors + "' > visitors.txt",
		"coatcheck create", "coatcheck put --foreign --owner-key user < visitors.txt",
		"coatcheck create -s 'mem:?snapshot=ram.snapshot'", "coatcheck put -s 'mem:?snapshot=ram.snapshot' --foreign --owner-key user < visitors.txt",
		"coatcheck keys new cookie.keys",
	} {
		run(line)
	}
	all := recipes(t)
	if len(all) != 10 || len(outcomes) != len(all) {
		t.Errorf("there are %d recipes, and %d are tested", len(all), len(outcomes))
	}
	for _, r := range all {
		want, known := outcomes[r.purpose]
		if !known {
			t.Errorf("nothing shows that %q does what it is for: %s", r.line, r.purpose)
			continue
		}
		matches(t, r.line, run(r.line), want.prints)
		if want.then != "" {
			matches(t, r.line+"; "+want.then, run(want.then), want.shows)
		}
	}
}

// matches fails the test unless what a command has printed is as expected.
func matches(t *testing.T, line, out, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(out) {
		t.Errorf("%s prints\n%s\nwhich does not match %s", line, out, pattern)
	}
}
