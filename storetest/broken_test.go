package storetest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/storetest"
	"github.com/coatcheck/coatcheck/storetest/internal/broken"
)

// childTask is the environment variable that says what TestChild is to do: the
// name of a wrong store or of a wrong suite.
const childTask = "STORETEST_CHILD_TASK"

// TestChild is what the other tests run in processes of its own, since a test
// that must fail cannot be part of one that must pass. Without a task it does
// nothing.
func TestChild(t *testing.T) {
	task := os.Getenv(childTask)
	if task == "" {
		return
	}
	if suite, ok := badSuites[task]; ok {
		suite.Run(t)
		return
	}
	for _, store := range broken.Stores() {
		if store.Name == task {
			suiteOf(store.New).Run(t)
			return
		}
	}
	t.Fatalf("no such task: %q", task)
}

// TestBroken puts every wrong store through those parts of the suite that must
// find it out. Exactly the subtests must fail that its verdict names.
func TestBroken(t *testing.T) {
	t.Parallel()
	stores := broken.Stores()
	outputs := make([]chan string, len(stores))
	// Many of them wait rather than work, for what never comes.
	turns := make(chan struct{}, 8)
	for i, store := range slices.Backward(stores) { // the slowest are the last
		outputs[i] = make(chan string, 1)
		go func() {
			turns <- struct{}{}
			outputs[i] <- runChild(t.Context(), store.Name, verdicts[store.Name].groups())
			<-turns
		}()
	}
	for i, store := range stores {
		t.Run(store.Name, func(t *testing.T) {
			out := <-outputs[i]
			verdicts[store.Name].check(t, out)
			if t.Failed() {
				t.Logf("the suite said:\n%s", out)
			}
		})
	}
}

// TestVerdicts checks that the table of verdicts is about the stores that there
// are, and that most of them are wrong only now and then.
func TestVerdicts(t *testing.T) {
	subtle := 0
	for _, store := range broken.Stores() {
		v, ok := verdicts[store.Name]
		if !ok || len(v.must) == 0 {
			t.Errorf("%s has no verdict", store.Name)
		}
		if v.when != always {
			subtle++
		}
	}
	if n := len(broken.Stores()); n != len(verdicts) {
		t.Errorf("there are %d stores and %d verdicts", n, len(verdicts))
	}
	if subtle < len(verdicts)/2 {
		t.Errorf("only %d of %d stores are wrong only in a race, at the end of a record or at some edge", subtle, len(verdicts))
	}
}

// badSuites are suites that cannot pass, by the field that is to blame.
var badSuites = map[string]storetest.Suite{
	"Suite.Open and Suite.OpenAt": {},
	"Suite.MaxData": {
		Open:    func(*testing.T) coatcheck.Store { return broken.New(time.Now, 0) },
		MaxData: -1,
	},
	"Suite.MaxData is 1048576, set it": {
		Open: func(*testing.T) coatcheck.Store { return narrow{broken.New(time.Now, 0)} },
	},
}

// narrow takes less than a Suite asks of a store unless it is told otherwise.
type narrow struct{ coatcheck.Store }

func (n narrow) Create(ctx context.Context, rec *coatcheck.Record) error {
	if len(rec.Data) > 1<<19 {
		return coatcheck.ErrTooLarge
	}
	return n.Store.Create(ctx, rec)
}

func TestBadSuite(t *testing.T) {
	for field := range badSuites {
		out := runChild(t.Context(), field, "^Verbatim$")
		if !strings.Contains(out, "--- FAIL: TestChild") || !strings.Contains(out, "storetest: "+field) {
			t.Errorf("a suite with a bad %s says:\n%s", field, out)
		}
	}
}

// runChild runs TestChild in another process and returns what it printed.
func runChild(ctx context.Context, task, groups string) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.timeout=100s", "-test.run=^TestChild$/"+groups)
	// The race detector would have each of them sleep a second at its end.
	cmd.Env = append(os.Environ(), childTask+"="+task, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out) + "\n" + err.Error()
	}
	return string(out)
}

// groups is a pattern of the suite's groups that the verdict is about.
func (v verdict) groups() string {
	var names []string
	for _, name := range v.must {
		group, _, _ := strings.Cut(name, "/")
		if !slices.Contains(names, group) {
			names = append(names, group)
		}
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// check compares the verdict with what a child printed.
func (v verdict) check(t *testing.T, out string) {
	if strings.Contains(out, "DATA RACE") {
		t.Error("the store went wrong by a data race and not by what it answers")
	}
	failed := failures(out)
	for _, name := range v.must {
		if !slices.ContainsFunc(failed, func(f string) bool { return strings.HasPrefix(f, name) }) {
			t.Errorf("the suite passes %q", name)
		}
	}
	allowed := append(slices.Clone(v.must), v.may...)
	for _, f := range failed {
		if !slices.ContainsFunc(allowed, func(name string) bool { return strings.HasPrefix(f, name) }) {
			t.Errorf("the suite fails %q", f)
		}
	}
}

var failure = regexp.MustCompile(`(?m)^\s*--- FAIL: TestChild/([^/\s]+/\S+)`)

// failures returns the checks that failed, with their group.
func failures(out string) (names []string) {
	for _, m := range failure.FindAllStringSubmatch(out, -1) {
		names = append(names, strings.ReplaceAll(m[1], "_", " "))
	}
	return names
}
