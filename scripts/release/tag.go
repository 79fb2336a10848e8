package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// tagAll makes all tags, the root module's first: the go.mod and go.sum files
// of the others name it and what its tag holds.
func (r *release) tagAll(ctx context.Context) error {
	if err := r.tag(ctx, "."); err != nil {
		return err
	}
	for _, dir := range r.modules {
		if err := r.pin(ctx, dir); err != nil {
			return err
		}
		if err := r.tag(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

// tag tags the module in dir at the clone's HEAD, by the name that the go
// command looks for.
func (r *release) tag(ctx context.Context, dir string) error {
	name := r.version
	if dir != "." {
		name = dir + "/" + r.version
	}
	if _, err := r.git(ctx, "tag", "-a", "-m", r.modulePath(dir)+" "+r.version, name); err != nil {
		return err
	}
	r.tags = append(r.tags, name)
	fmt.Fprintln(r.out, "tagged", name)
	return nil
}

// modulePath returns the path of the module in dir.
func (r *release) modulePath(dir string) string {
	if dir == "." {
		return r.house
	}
	return r.house + "/" + dir
}

// pin makes the module in dir require the new versions of ours, and commits.
func (r *release) pin(ctx context.Context, dir string) error {
	full := filepath.Join(r.dir, filepath.FromSlash(dir))
	ours, err := r.requires(ctx, full)
	if err != nil {
		return err
	}
	edit := []string{"mod", "edit"}
	for _, path := range ours {
		edit = append(edit, "-require="+path+"@"+r.version, "-dropreplace="+path)
	}
	if _, err := output(ctx, full, nil, "go", edit...); err != nil {
		return err
	}
	if _, err := output(ctx, full, r.fromClone(), "go", "mod", "tidy"); err != nil {
		return err
	}
	if _, err := r.git(ctx, "add", dir); err != nil {
		return err
	}
	_, err = r.git(ctx, "commit", "-q", "--allow-empty", "-m", "Release "+dir+" "+r.version)
	return err
}

// requires returns the modules of ours that a go.mod file names.
func (r *release) requires(ctx context.Context, dir string) ([]string, error) {
	text, err := output(ctx, dir, nil, "go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal([]byte(text), &mod); err != nil {
		return nil, fmt.Errorf("go.mod of %s: %w", dir, err)
	}
	var ours []string
	for _, m := range mod.Require {
		if m.Path == r.house || strings.HasPrefix(m.Path, r.house+"/") {
			ours = append(ours, m.Path)
		}
	}
	return ours, nil
}

// fromClone returns the environment in which the go command takes our modules
// from the tags of the clone, as if they were published, and keeps them in a
// module cache of this release.
func (r *release) fromClone() []string {
	return append(r.clean(),
		"GOMODCACHE="+filepath.Join(r.temp, "published"),
		"GOPRIVATE="+r.house,
		"GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=url."+fileURL(r.dir)+".insteadOf",
		"GIT_CONFIG_VALUE_0=https://"+r.house,
	)
}

// clean returns an environment without the settings of this machine that
// would change what the go command builds.
func (r *release) clean() []string {
	return []string{"GOWORK=off", "GOFLAGS=-modcacherw", "GOBIN="}
}

// fileURL turns a path into a URL, on Windows too.
func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + path
}
