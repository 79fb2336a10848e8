//go:build linux

// Victim is a process that works on a store until somebody kills it. Package
// crash starts it. Built with the tag faultpoint, it can be told to die at a
// certain step of a store's work.
//
//	victim TARGET LEVEL PATH JOURNAL SLOT PROFILE
//	victim points TARGET
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"

	"github.com/coatcheck/coatcheck/internal/itest/crash"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "points" {
		return printPoints(args[1])
	}
	if len(args) != 6 {
		return errors.New("want TARGET LEVEL PATH JOURNAL SLOT PROFILE, or points TARGET")
	}
	target, err := crash.TargetOf(args[0])
	if err != nil {
		return err
	}
	profile, err := crash.ProfileOf(args[5])
	if err != nil {
		return err
	}
	slot, err := strconv.Atoi(args[4])
	if err != nil || slot < 0 || slot >= crash.MaxSlots {
		return fmt.Errorf("no slot is called %q", args[4])
	}
	j, err := crash.OpenJournal(args[3])
	if err != nil {
		return err
	}
	err = work(target, crash.Level(args[1]), args[2], &crash.Worker{Journal: j, Number: slot, Profile: profile})
	if err != nil {
		j.Slots[slot].Report(err)
	}
	return err
}

// printPoints prints the steps at which the store can be told to die.
func printPoints(name string) error {
	target, err := crash.TargetOf(name)
	if err != nil {
		return err
	}
	for _, p := range target.Points {
		fmt.Println(p)
	}
	return nil
}

// work opens the store and works on it, again and again if the profile says so.
// It returns only if something is wrong.
func work(target crash.Target, level crash.Level, path string, w *crash.Worker) error {
	w.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	for {
		store, err := target.Open(path, level)
		if err != nil {
			return fmt.Errorf("open: %w", err)
		}
		w.Store = store
		if err := w.Run(context.Background()); err != nil {
			return err
		}
		if c, ok := store.(io.Closer); ok {
			if err := c.Close(); err != nil {
				return fmt.Errorf("close: %w", err)
			}
		}
	}
}
