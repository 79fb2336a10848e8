// Package browser holds the tests that visit the demo site with a real browser,
// Chromium, over HTTPS. It exports nothing.
//
// One browser serves all tests. Each visitor in it is a profile of its own, as
// another device would be. COATCHECK_SCREENSHOTS=DIR asks for pictures of the
// pages.
package browser
