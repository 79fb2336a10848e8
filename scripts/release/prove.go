package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// prove publishes the tags to a proxy in the file system and does what users
// do: install the programs, build a program on the core, build the stores.
func (r *release) prove(ctx context.Context) error {
	if err := r.publish(ctx); err != nil {
		return err
	}
	for _, dir := range r.modules {
		proof := r.proveStore
		if strings.HasPrefix(dir, "cmd/") {
			proof = r.proveProgram
		}
		if err := proof(ctx, dir); err != nil {
			return err
		}
	}
	return r.proveCore(ctx)
}

// publish lets the go command make the modules' zips from the tags. The part
// of its module cache that keeps them is a proxy's file tree.
func (r *release) publish(ctx context.Context) error {
	args := []string{"mod", "download"}
	for _, dir := range append([]string{"."}, r.modules...) {
		args = append(args, r.modulePath(dir)+"@"+r.version)
	}
	_, err := output(ctx, r.temp, r.fromClone(), "go", args...)
	return err
}

// fromProxy returns the environment of a user who has never seen us before:
// an empty module cache, and our modules from the proxy, which the clone's
// tags no longer reach.
func (r *release) fromProxy(ctx context.Context, name string) ([]string, error) {
	vars, err := output(ctx, r.temp, nil, "go", "env", "GOPROXY", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	upstream, cache, _ := strings.Cut(vars, "\n")
	home := filepath.Join(r.temp, name)
	proxies := []string{
		fileURL(filepath.Join(r.temp, "published", "cache", "download")),
		fileURL(filepath.Join(cache, "cache", "download")),
		upstream,
	}
	return append(r.clean(),
		"GOPATH="+home,
		"GOMODCACHE="+filepath.Join(home, "mod"),
		"GOPROXY="+strings.Join(proxies, ","),
		"GONOSUMDB="+r.house,
		"GOPRIVATE=", "GONOPROXY=none",
	), nil
}

// proveProgram installs a program and runs it.
func (r *release) proveProgram(ctx context.Context, dir string) error {
	env, err := r.fromProxy(ctx, "installed")
	if err != nil {
		return err
	}
	target := r.modulePath(dir) + "@" + r.version
	if _, err := output(ctx, r.temp, env, "go", "install", target); err != nil {
		return err
	}
	name := filepath.Base(dir)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	said, err := output(ctx, r.temp, nil, filepath.Join(r.temp, "installed", "bin", name), "version")
	if err != nil {
		return err
	}
	if !strings.Contains(said, strings.TrimPrefix(r.version, "v")) {
		return fmt.Errorf("%s says that its version is %q", target, said)
	}
	fmt.Fprintf(r.out, "go install %s: it runs\n", target)
	return nil
}

// proveStore builds a program that imports a store.
func (r *release) proveStore(ctx context.Context, dir string) error {
	_, err := r.consume(ctx, r.modulePath(dir))
	return err
}

// proveCore builds a program that imports the core alone, and looks into its
// go.sum: our users answer for no module but this one.
func (r *release) proveCore(ctx context.Context) error {
	sum, err := r.consume(ctx, r.house)
	if err != nil {
		return err
	}
	for line := range strings.Lines(sum) {
		if !strings.HasPrefix(line, r.house+" ") {
			return fmt.Errorf("a program that imports %s alone has in its go.sum: %s", r.house, line)
		}
	}
	fmt.Fprintf(r.out, "a program on %s: builds, and its go.sum names nothing else\n", r.house)
	return nil
}

// consume builds a new program that imports a package of ours, and returns the
// text of its go.sum.
func (r *release) consume(ctx context.Context, importPath string) (string, error) {
	dir, err := os.MkdirTemp(r.temp, "consumer-")
	if err != nil {
		return "", err
	}
	env, err := r.fromProxy(ctx, filepath.Base(dir)+"-path")
	if err != nil {
		return "", err
	}
	program := fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", importPath)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o666); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"mod", "init", "example.com/consumer"},
		{"mod", "edit", "-require=" + importPath + "@" + r.version},
		{"mod", "tidy"},
		{"build", "-o", os.DevNull, "."},
	} {
		if _, err := output(ctx, dir, env, "go", args...); err != nil {
			return "", err
		}
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	return string(sum), err
}

// deliver leaves the tags in the repository at dir and says what comes next.
func (r *release) deliver(ctx context.Context, dir string, o options) error {
	if !o.tag {
		fmt.Fprintln(r.out, "rehearsed: nothing was changed")
		return nil
	}
	args := []string{"fetch", "-q", "--no-tags", r.dir}
	for _, tag := range r.tags {
		args = append(args, "refs/tags/"+tag+":refs/tags/"+tag)
	}
	if _, err := output(ctx, dir, nil, "git", args...); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "publish with: git push --atomic origin %s\n", strings.Join(r.tags, " "))
	return nil
}
