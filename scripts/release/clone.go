package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A release is one in the making, in a throw-away clone of the repository.
type release struct {
	version string
	temp    string   // holds everything
	dir     string   // the clone
	house   string   // path of the root module
	modules []string // directories of the modules to release after the root, in order
	tags    []string // so far, in order
	out     io.Writer
}

// clone copies the repository at dir into temp and finds out what to release.
func clone(ctx context.Context, dir, temp string, o options, out io.Writer) (*release, error) {
	r := &release{version: o.version, temp: temp, dir: filepath.Join(temp, "clone"), out: out}
	copied := r.copyHead
	if o.tree {
		copied = r.copyTree
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := copied(ctx, dir); err != nil {
		return nil, err
	}
	if r.house, err = output(ctx, r.dir, []string{"GOWORK=off"}, "go", "list", "-m"); err != nil {
		return nil, err
	}
	files, err := r.git(ctx, "ls-files", "go.mod", "*/go.mod")
	if err != nil {
		return nil, err
	}
	r.modules = released(strings.Fields(files))
	return r, nil
}

// copyHead clones the last commit.
func (r *release) copyHead(ctx context.Context, dir string) error {
	if _, err := output(ctx, dir, nil, "git", "clone", "-q", "--no-hardlinks", dir, r.dir); err != nil {
		return err
	}
	_, err := r.git(ctx, "checkout", "-q", "--detach")
	return err
}

// copyTree makes a repository of the files that git would add.
func (r *release) copyTree(ctx context.Context, dir string) error {
	list, err := output(ctx, dir, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimRight(list, "\x00"), "\x00") {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-q", "-m", "The working tree"}} {
		if _, err := r.git(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies one file. A file that has been deleted since the last commit
// is no part of the tree.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode())
}

// released chooses the modules that have users and puts them in order: stores
// before the programs that require them. The root module is not among them.
func released(gomods []string) []string {
	var stores, programs []string
	for _, file := range gomods {
		switch dir := path.Dir(file); {
		case dir == "." || dir == "bench" || strings.HasPrefix(dir, "bench/") || strings.HasPrefix(dir, "internal/"):
		case strings.HasPrefix(dir, "cmd/"):
			programs = append(programs, dir)
		default:
			stores = append(stores, dir)
		}
	}
	slices.Sort(stores)
	slices.Sort(programs)
	return append(stores, programs...)
}

// git runs git in the clone, under a name of its own if the user has none.
func (r *release) git(ctx context.Context, args ...string) (string, error) {
	var env []string
	if _, err := output(ctx, r.dir, nil, "git", "var", "GIT_COMMITTER_IDENT"); err != nil {
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			env = append(env, "GIT_"+who+"_NAME=release", fmt.Sprintf("GIT_%s_EMAIL=release@localhost", who))
		}
	}
	return output(ctx, r.dir, env, "git", args...)
}
