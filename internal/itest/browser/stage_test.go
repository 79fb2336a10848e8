//go:build unix

package browser_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/coatcheck/coatcheck/internal/itest/servers"
)

// A stage is what all tests share.
type stage struct {
	folder *servers.Folder
	shop   *site           // the demo as it is
	form   *site           // without cookies, which the browser blocks for its host
	chrome context.Context // of the browser
	close  []func()        // in this order, from the last

	devices []context.Context // that no test has at the moment
}

// theStage sets up the stage, once.
var theStage = sync.OnceValues(func() (*stage, error) {
	s := new(stage)
	if err := s.raise(); err != nil {
		s.strike()
		return nil, err
	}
	return s, nil
})

// TestMain ends what the tests have started, and removes what it left.
func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := theStage(); err == nil {
		s.strike()
	}
	os.Exit(code)
}

func (s *stage) raise() (err error) {
	if s.folder, err = servers.NewFolder("browser"); err != nil {
		return err
	}
	s.close = append(s.close, func() { os.RemoveAll(s.folder.Path()) })
	program := filepath.Join(s.folder.Path(), "coatcheck")
	if err := buildProgram(program); err != nil {
		return err
	}
	if s.shop, err = openSite(program, "localhost"); err != nil {
		return err
	}
	s.close = append(s.close, s.shop.close)
	if s.form, err = openSite(program, "127.0.0.1", "--carrier", "form"); err != nil {
		return err
	}
	s.close = append(s.close, s.form.close)
	if err := s.block(s.form); err != nil {
		return err
	}
	return s.browse(s.shop, s.form)
}

// strike ends everything.
func (s *stage) strike() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

// profile is the folder of the browser's profile.
func (s *stage) profile() string { return filepath.Join(s.folder.Path(), "profile") }

// block makes the browser that is about to start block cookies of a site's host,
// as its user could by its settings.
func (s *stage) block(site *site) error {
	host, _, _ := strings.Cut(strings.TrimPrefix(site.url, "https://"), ":")
	settings := `{"profile": {"content_settings": {"exceptions": {"cookies": {"` + host + `,*": {"setting": 2}}}}}}`
	folder := filepath.Join(s.profile(), "Default")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "Preferences"), []byte(settings), 0o600)
}

// browse starts the browser, with a profile that nobody has used. Of all the
// certificates that no authority has signed it trusts those of the sites.
func (s *stage) browse(sites ...*site) error {
	var pins []string
	for _, site := range sites {
		pins = append(pins, site.pin())
	}
	var browser *exec.Cmd
	allocator, ended := chromedp.NewExecAllocator(context.Background(),
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("ignore-certificate-errors-spki-list", strings.Join(pins, ",")),
		// What a browser does besides showing pages, we have no use for.
		chromedp.Flag("disable-back-forward-cache", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-features", "SpareRendererForSitePerProcess"), // nor for processes held ready
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("password-store", "basic"),
		// Its own buttons and tabs are drawn, too, though nobody sees them.
		chromedp.Flag("force-prefers-reduced-motion", true),
		chromedp.Flag("wm-window-animations-disabled", true),
		// A tab in the background is as awake as the others.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.WindowSize(1280, 900),
		chromedp.UserDataDir(s.profile()),
		chromedp.Env("HOME="+s.folder.Path(), "TMPDIR="+s.folder.Path(), "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "LC_ALL=C.UTF-8"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) { leash(cmd); browser = cmd }),
	)
	ctx, _ := chromedp.NewContext(allocator) // which ended ends, too
	s.close = append(s.close, func() {
		chromedp.Cancel(ctx)
		ended()
		if browser != nil && browser.Process != nil {
			syscall.Kill(-browser.Process.Pid, syscall.SIGKILL) // children that are late
		}
	})
	s.chrome = ctx
	if err := chromedp.Do(ctx); err != nil {
		return errors.Join(errors.New("no browser: run scripts/deps.sh"), err)
	}
	return nil
}

// device returns the tab of a device for a test. It comes from an earlier test if
// that went well: to begin with a device takes longer than most tests do.
func (s *stage) device(t *testing.T) context.Context {
	t.Helper()
	var ctx context.Context
	if last := len(s.devices) - 1; last >= 0 {
		ctx, s.devices = s.devices[last], s.devices[:last]
	} else {
		ctx, _ = chromedp.NewContext(s.chrome, chromedp.WithNewBrowserContext()) // which ends with the browser
		if err := chromedp.Do(ctx); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if !t.Failed() {
			s.devices = append(s.devices, ctx)
		}
	})
	return ctx
}
