package main

import (
	"fmt"
	"io"

	"github.com/coatcheck/coatcheck/bench/report"
)

const sizeText = `
## Size on disk

What the files occupy, in MB: after %d records were created; after as many
more were created and as many deleted, one by one; after nine of ten records
were deleted; and after whatever the engine has to give back space. The records
that are left are all verified then. Pebble's figures hold the logs that it makes
room for in advance. One run.

`

// sizeSteps are the columns and what leads to them.
func sizeSteps(records int) []struct {
	title string
	order order
} {
	return []struct {
		title string
		order order
	}{
		{"loaded", order{Size: true}},
		{"churned", order{Op: "churn", Threads: 2, Times: records}},
		{"90 % deleted", order{Op: "remove", Threads: 2, Times: records * 9 / 10}},
		{"compacted", order{Compact: true}},
	}
}

// sizeTable prints what files become.
func sizeTable(conf config, out io.Writer) error {
	rs, stop, err := startRows(conf.engines(func(k kind) bool { return !k.ram && !k.only }), conf, 1, conf.records, false)
	if err != nil {
		return err
	}
	defer stop()
	steps := sizeSteps(conf.records)
	head := []string{""}
	for _, step := range steps {
		head = append(head, step.title)
		for _, r := range rs {
			r.do(step.order)
			r.note(step.title, float64(r.do(order{Size: true}).Bytes))
		}
	}
	for _, r := range rs {
		r.do(order{Op: "verify", Threads: 1, Times: conf.records / 10})
	}
	fmt.Fprintf(out, sizeText, conf.records)
	t := report.NewTable(append(head, "how it is compacted")...)
	for _, r := range rs {
		line := []string{r.kind.name}
		for _, step := range steps {
			line = append(line, r.sizeCell(step.title))
		}
		t.Add(append(line, r.kind.compaction)...)
	}
	t.Print(out)
	rs.printVoids(out)
	return nil
}

func (r *row) sizeCell(title string) string {
	if r.void != nil {
		return "void"
	}
	return fmt.Sprintf("%.0f", r.median(title)/1e6)
}
