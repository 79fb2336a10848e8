package itest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coatcheck/coatcheck"
)

// What a process of TestSQLiteProcesses is told by its environment.
const (
	workerDir   = "COATCHECK_SQLITE_WORKER"
	workerCount = "COATCHECK_SQLITE_COUNT"
)

// TestSQLiteProcesses: several processes on one file lose no change of a session
// that all of them change, and each finds what it has just written.
func TestSQLiteProcesses(t *testing.T) {
	const processes = 4
	changes := scale(100, 3000)
	if dir := os.Getenv(workerDir); dir != "" {
		n, err := strconv.Atoi(os.Getenv(workerCount))
		must(t, err)
		must(t, sqliteWorker(dir, n))
		return
	}
	dir := t.TempDir()
	store, err := openSQLite(dir, time.Now)
	must(t, err)
	defer store.(sqlTarget).Close()
	rec := sharedRecord()
	must(t, store.Create(t.Context(), rec))
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(background, 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSQLiteProcesses$", "-test.timeout=2m")
			cmd.Env = append(os.Environ(), workerDir+"="+dir, workerCount+"="+strconv.Itoa(changes))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("a process: %v\n%s", err, out)
			}
		})
	}
	all.Wait()
	got, err := store.Load(t.Context(), rec.ID)
	must(t, err)
	if want := fmt.Sprint(processes * changes); string(got.Data) != want {
		t.Errorf("after %s changes the number is %s", want, got.Data)
	}
}

// sharedRecord is the record that all processes change.
func sharedRecord() *coatcheck.Record {
	rec := sqlRecord(0, theEpoch)
	rec.Deadline = theEpoch.AddDate(1000, 0, 0)
	rec.Expires, rec.Data = rec.Deadline, []byte("0")
	return rec
}

// sqliteWorker adds one to a number so many times, each time on what is stored.
func sqliteWorker(dir string, n int) error {
	store, err := openSQLite(dir, time.Now)
	if err != nil {
		return err
	}
	defer store.(sqlTarget).Close()
	ctx, cancel := context.WithTimeout(background, 90*time.Second)
	defer cancel()
	for n > 0 {
		rec, err := store.Load(ctx, sharedRecord().ID)
		if err != nil {
			return err
		}
		number, err := strconv.Atoi(string(rec.Data))
		if err != nil {
			return err
		}
		next := *rec
		next.Version, next.Data = rec.Version+1, []byte(strconv.Itoa(number+1))
		switch err := store.Replace(ctx, &next, rec.Version); {
		case err == nil:
			n--
		case !errors.Is(err, coatcheck.ErrConflict):
			return err
		}
	}
	return nil
}
