//go:build unix

package browser_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// Every page fits on a phone and on a desk, by day and by night, can be read,
// and has nothing that the browser complains of.
func TestLook(t *testing.T) {
	b := newDevice(t, shop)
	complaints := b.complaints()
	b.open("/cart")
	b.add("hat")
	b.login(longName)
	newDevice(t, shop).login(longName)
	for _, path := range []string{"/", "/cart", "/login", "/sessions", "/goodbye"} {
		b.open(path)
		b.follows()
		b.looks("shop-" + path[1:])
	}
	b.do(chromedp.EmulateViewport(320, 844)) // which is also what a zoom of 200 % leaves of a small window
	if n := run(b, chromedp.Evaluate[float64](`document.querySelector(".who .name").getBoundingClientRect().width`)); n < 40 {
		b.t.Errorf("on the narrowest screen %v px are left for the name", n)
	}
	b.do(chromedp.EmulateReset())
	for _, c := range complaints() {
		t.Errorf("the browser says: %s", c)
	}
}

// So does every page that does without cookies.
func TestLookWithoutCookies(t *testing.T) {
	b := newDevice(t, form)
	complaints := b.complaints()
	b.open("/login")
	b.enter(longName)
	for _, path := range []string{"/", "/sessions"} {
		b.turn(path)
		b.looks("form-" + path[1:])
	}
	for _, c := range complaints() {
		t.Errorf("the browser says: %s", c)
	}
}

// longName is as long as a name can be.
const longName = "A name that is as long as a name can be, which is 64 bytes, so."

// A sight is how somebody may look at a page.
type sight struct {
	width  int64
	scheme string
}

// sights are the two that have the least in common, and all four for pictures.
func sights() []sight {
	two := []sight{{1280, "light"}, {360, "dark"}}
	if pictures() == "" {
		return two
	}
	return append(two, sight{1280, "dark"}, sight{360, "light"})
}

// pictures is the folder for pictures, "" for none.
func pictures() string { return os.Getenv("COATCHECK_SCREENSHOTS") }

// looks looks at the page in every way.
func (b *tab) looks(name string) {
	b.t.Helper()
	paper := map[string]string{}
	for _, s := range sights() {
		b.do(chromedp.EmulateViewport(s.width, 844))
		b.scheme(s.scheme)
		paper[s.scheme] = b.look(fmt.Sprintf("%s-%s-%d", name, s.scheme, s.width))
	}
	if paper["light"] == paper["dark"] {
		b.t.Errorf("%s: by day and by night the paper is %s", name, paper["dark"])
	}
	b.scheme("")
	b.do(chromedp.EmulateReset())
}

// A view is what a script measures of a page.
type view struct {
	Wide, Window int
	Paper, Ink   string
	Low          []string // buttons that no finger hits
	Covered      []string // texts that the sign of a live page lies on, or would when they are scrolled
}

const measure = `(() => {
	const style = getComputedStyle(document.body);
	const low = Array.from(document.querySelectorAll("button:not(.link), a.button"))
		.map(e => [e, e.getBoundingClientRect()])
		.filter(([e, r]) => r.left >= 0 && r.height < 40)
		.map(([e, r]) => e.innerText + " is " + r.height + " high");
	const covered = [], live = document.querySelector('#live[data-state="open"]');
	if (live) {
		const l = live.getBoundingClientRect(), floats = getComputedStyle(live).position === "fixed";
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let n; n = texts.nextNode();) {
			const range = document.createRange();
			range.selectNodeContents(n);
			if (!n.data.trim() || live.contains(n)) continue;
			const box = n.parentElement.getBoundingClientRect(); // of a long name, what is out of it is not shown
			if (Array.from(range.getClientRects()).some(r => Math.max(r.left, box.left) < l.right && Math.min(r.right, box.right) > l.left && (floats || r.top < l.bottom - 1 && r.bottom > l.top + 1)))
				covered.push(n.data.trim());
		}
	}
	return {
		Covered: covered, Wide: document.documentElement.scrollWidth, Window: innerWidth,
		Paper: style.backgroundColor, Ink: style.color, Low: low,
	};
})()`

// look measures the page, takes its picture if pictures are asked for, and
// returns the colour of the paper.
func (b *tab) look(name string) string {
	b.t.Helper()
	v := run(b, chromedp.Evaluate[view](measure))
	if v.Wide > v.Window {
		b.t.Errorf("%s: the page is %d wide in a window of %d", name, v.Wide, v.Window)
	}
	if c := contrast(v.Paper, v.Ink); c < 7 {
		b.t.Errorf("%s: %s on %s has a contrast of %.1f", name, v.Ink, v.Paper, c)
	}
	if len(v.Covered) > 0 {
		b.t.Errorf("%s: the sign of a live page covers %q", name, v.Covered)
	}
	if len(v.Low) > 0 {
		b.t.Errorf("%s: %q", name, v.Low)
	}
	if dir := pictures(); dir != "" {
		picture := run(b, chromedp.FullScreenshot(100))
		if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
			b.t.Error(err)
		}
	}
	return v.Paper
}

// contrast returns how well one colour stands out against another, by the
// formula of WCAG: from 1 to 21.
func contrast(one, two string) float64 {
	x, y := luminance(one), luminance(two)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(colour string) float64 {
	var rgb [3]float64
	fmt.Sscanf(colour, "rgb(%f, %f, %f)", &rgb[0], &rgb[1], &rgb[2])
	sum := 0.0
	for i, part := range []float64{.2126, .7152, .0722} {
		c := rgb[i] / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += part * c
	}
	return sum
}

// scheme sets whether it is day or night, "" for what it is by itself.
func (b *tab) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// withoutScripts switches scripts off until the test ends.
func (b *tab) withoutScripts() {
	b.t.Helper()
	b.t.Cleanup(func() {
		call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// complaints listens to what the browser has to say of the pages, and returns
// what returns it.
func (b *tab) complaints() func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var all []string
	if err := chromedp.Listen(b.ctx, func(ev any) {
		if e, ok := ev.(*log.EventEntryAdded); ok {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, e.Entry.Text+" "+e.Entry.URL)
		}
	}); err != nil {
		b.t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}
