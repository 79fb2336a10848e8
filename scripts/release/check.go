package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// releasable is what a version looks like. From v2 on the module path would
// have to end in the major version, which is no script's business.
var releasable = regexp.MustCompile(`^v[01]\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)

// check refuses a release that should not be made.
func check(ctx context.Context, dir string, o options) error {
	if !releasable.MatchString(o.version) {
		return fmt.Errorf("version %q: want v0.Y.Z or v1.Y.Z, perhaps with -rc.1 after it", o.version)
	}
	if o.tag && o.tree {
		return errors.New("-tag with -tree: only what is committed can be released")
	}
	if o.tree {
		return nil
	}
	dirt, err := output(ctx, dir, nil, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if dirt != "" {
		return fmt.Errorf("there are uncommitted changes:\n%s", dirt)
	}
	taken, err := output(ctx, dir, nil, "git", "tag", "--list", o.version, "*/"+o.version)
	if err != nil {
		return err
	}
	if taken != "" {
		return fmt.Errorf("%s exists already, and what is published never changes: %s", o.version, strings.Join(strings.Fields(taken), ", "))
	}
	return checkChangelog(dir, o.version)
}

// checkChangelog wants a section about the version, except for a preview.
func checkChangelog(dir, version string) error {
	if strings.Contains(version, "-") {
		return nil
	}
	log, err := os.ReadFile(filepath.Join(dir, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	if heading := "\n## [" + version[1:] + "]"; !strings.Contains(string(log), heading) {
		return fmt.Errorf("CHANGELOG.md has no section %q", strings.TrimSpace(heading))
	}
	return nil
}
